"""What users of other programs reported of their meters: the same bytes, read as they should have been.

`reports/*.json`: facts of public reports, each with its source. A value of null must not be given; "absent"
must not even be named.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge_agent import profile
from edge_agent.drivers.contract import LineCounters
from edge_agent.drivers.decoding import VALUES, Asked
from edge_agent.drivers.registry import POLLED, decoded
from tests.edge_agent.drivers.scripted_device import device_on_port

REPORTS: list[dict[str, Any]] = [
    report
    for file in sorted((Path(__file__).parent / "reports").glob("*.json"))
    for report in json.loads(file.read_text(encoding="utf-8"))
]


def _differences(report: dict[str, Any], got: dict[str, float | None]) -> list[str]:
    found = []
    for quantity, wanted in report["expect_by_quantity"].items():
        value = got.get(quantity, "absent")
        good = (None, "absent") if wanted is None else (wanted,)
        if value not in good and value != pytest.approx(wanted):
            found.append(f"{quantity}: {value}, must be {wanted}")
    return found


def _by_beginning(pairs: list[tuple[bytes, bytes]]) -> Callable[[bytes], bytes | None]:
    """The device: the answer of the first pair that the request begins with."""
    return lambda heard: next((answer for asked, answer in pairs if heard.startswith(asked)), None)


def _named(one: dict[str, Any]) -> str:
    return str(one["name"])


@pytest.mark.parametrize("report", [one for one in REPORTS if "exchange" not in one], ids=_named)
def test_its_bytes_give_what_they_mean(report: dict[str, Any]) -> None:
    used = profile.load(report["profile"])
    request = bytes.fromhex(report["request_hex"]) if "request_hex" in report else None
    data = bytes.fromhex(report["hex"]) if "hex" in report else report["payload"].encode()
    fields = decoded(report["protocol"], data, Asked(request, points=used.contract_points()))
    assert _differences(report, fields[VALUES]) == []


@pytest.mark.parametrize("report", [one for one in REPORTS if "exchange" in one], ids=_named)
async def test_asked_on_a_line_it_gives_what_it_means(report: dict[str, Any]) -> None:
    target = profile.load(report["profile"]).target("device", report["address"])
    with device_on_port() as (device, port):
        device.answer = _by_beginning(
            [(bytes.fromhex(asked), bytes.fromhex(answer)) for asked, answer in report["exchange"]]
        )
        reply = await POLLED[report["protocol"]]().poll(port, target, LineCounters(), 0.1)
    assert _differences(report, reply.values) == []
