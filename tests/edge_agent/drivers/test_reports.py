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
    for file in sorted((Path(__file__).parents[1] / "reports").glob("*.json"))
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


SUNSPEC = """\
schema: 1
profile: sunspec
transport: {protocol: modbus_rtu}
reads:
  - {id: ac, register: {type: holding, address: 40071, count: 17}}
points:
  - {key: current_l3, read: ac, offset: 3, decode: int16, exponent: {offset: 4, decode: int16}}
  - {key: voltage, read: ac, offset: 5, decode: int16, exponent: {offset: 13, decode: int16}}
  - {key: frequency, read: ac, offset: 14, decode: int16, exponent: {offset: 15, decode: int16}}
"""
DTSD422 = """\
schema: 1
profile: dtsd422
transport: {protocol: modbus_rtu}
reads:
  - {id: ct1, register: {type: holding, address: 7, count: 10}}
points:
  - {key: current_l1, read: ct1, decode: sm32, byte_order: CDAB, scale: 0.001}
  - {key: active_power_l1, read: ct1, offset: 8, decode: sm32, byte_order: CDAB}
"""


@pytest.mark.parametrize(
    ("text", "request_hex", "reply_hex", "values"),
    [
        (  # github:evcc-io/evcc#1267: models 201 to 204, AphC with A_SF -1, PhV with V_SF -2, Hz with -2
            SUNSPEC,
            "01 03 9C 87 00 11 1B BF",
            "0103220012000000000012FFFF5B405B405AEC5B7A0000000000000000FFFE138AFFFE0368EE10",
            {"current_l3": 1.8, "voltage": 233.6, "frequency": 50.02},
        ),
        (  # github:kbialek/deye-inverter-mqtt#152: the sign in the top bit, low word first
            DTSD422,
            "01 03 00 07 00 0A 74 0C",
            "01 03 14 10 72 80 00 00 00 00 00 00 00 00 00 00 00 00 00 04 D2 80 00 AB A6",
            {"current_l1": -4.21, "active_power_l1": -1234},
        ),
    ],
)
def test_a_profile_of_the_users_own_says_it(
    tmp_path: Path, text: str, request_hex: str, reply_hex: str, values: dict[str, float]
) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(text)
    points = profile.load(file).contract_points()
    fields = decoded("modbus_rtu", bytes.fromhex(reply_hex), Asked(bytes.fromhex(request_hex), points=points))
    assert fields[VALUES] == values
