"""The simulator's metering devices give, for the same values, the bytes that real ones sent.

Frames: tests/edge_agent/frames/{cjt188,mbus,iec62056_21,dsmr_p1}.json, where each names its source.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from simulator.devices.cjt188 import Cjt188Bus, Cjt188Meter
from simulator.devices.cjt188 import frame as cjt188_frame
from simulator.devices.dsmr_p1 import P1Meter, telegram
from simulator.devices.iec62056_21 import IecMeter, readout
from simulator.devices.mbus import MBusBus, MBusMeter

NOW = 1_764_000_000_000
FRAMES = Path(__file__).parents[2] / "edge_agent" / "frames"


def _captured(protocol: str, name: str) -> bytes:
    for vector in json.loads((FRAMES / f"{protocol}.json").read_text()):
        if vector["name"] == name:
            hexadecimal = vector.get("hex")
            return bytes.fromhex(hexadecimal) if hexadecimal else str(vector["payload"]).encode()
    raise KeyError(name)


def test_a_water_meter_of_cjt188_answers_as_captured() -> None:
    meter = Cjt188Meter("00924040000018", lambda _: 29, identifier=b"\x90\x1f")
    asked = cjt188_frame(0x10, bytes.fromhex("00924040000018")[::-1], 0x01, b"\x90\x1f\x00")
    (answer,) = Cjt188Bus([meter]).hear(asked, NOW)
    captured = _captured("cjt188", "cold_water_0_29")
    # All but the last byte of the status word, which says something of that meter's valve, and the sum.
    assert answer[:-3] == captured[:-3]


def test_a_water_meter_does_not_answer_the_other_order_of_the_identifier() -> None:
    bus = Cjt188Bus([Cjt188Meter("00924040000018", lambda _: 29, identifier=b"\x90\x1f")])
    assert bus.hear(cjt188_frame(0x10, b"\xaa" * 7, 0x01, b"\x1f\x90\x00"), NOW) == []


def test_an_m_bus_meter_answers_as_captured() -> None:
    records = bytes.fromhex("0C78072018000C1669020000")
    meter = MBusMeter(1, "00182007", lambda _: [records], maker=b"\xe6\x1e", medium=0x07)
    bus = MBusBus([meter])
    assert bus.hear(bytes.fromhex("1040014116"), NOW) == [b"\xe5"]
    (answer,) = bus.hear(bytes.fromhex("107B017C16"), NOW)
    captured = _captured("mbus", "GWF-MTKcoder")
    # All but version and access number, which count on that meter's side, and the sum.
    assert (answer[:13], answer[14:15], answer[16:-2]) == (captured[:13], captured[14:15], captured[16:-2])


def test_a_selected_meter_answers_until_the_selection_is_taken_back() -> None:
    meters = [MBusMeter(n, f"0000000{n}", lambda _: [b""]) for n in (1, 2)]
    bus = MBusBus(meters)
    select = bytes.fromhex("680B0B6853FD5202000000FFFFFFFF")
    select += bytes([sum(select[4:]) & 0xFF, 0x16])
    assert bus.hear(select, NOW) == [b"\xe5"]
    (answer,) = bus.hear(bytes.fromhex("107BFD7816"), NOW)
    assert answer[5] == 2
    bus.hear(bytes.fromhex("1040FD3D16"), NOW)
    assert bus.hear(bytes.fromhex("107BFD7816"), NOW) == []


def test_an_optical_head_reads_as_captured() -> None:
    captured = _captured("iec62056_21", "readout_landis_e350_zmf100")
    who, _, block = captured.partition(b"\r\n\x02")
    values = dict(re.findall(r"([^\r\n()]+)\(([^()]*)\)", block.decode("latin-1")))
    meter = IecMeter("13647123", lambda _: values, identification=who[1:].decode())
    assert readout(values) == b"\x02" + block
    assert meter.hear(b"/?13647123!\r\n", NOW) == [who + b"\r\n"]
    assert meter.hear(b"\x06040\r\n", NOW) == [b"\x02" + block]


@pytest.mark.parametrize("name", ["v5", "v4_2", "fluvius_v171", "sagemcom_t210_d_r", "v5_eon_hu"])
def test_a_p1_port_says_the_telegram_as_captured(name: str) -> None:
    captured = _captured("dsmr_p1", name).decode()
    head, _, body = captured.partition("\r\n\r\n")
    lines = dict(re.findall(r"([^\r\n(]+)(\(.*\))\r\n", body))
    assert telegram(head[1:], lines) == captured.encode()


def test_a_p1_port_speaks_every_period() -> None:
    meter = P1Meter(lambda _: {"1-0:1.7.0": "(00.244*kW)"}, period_ms=1000)
    first = meter.next_transmission(NOW + 300)
    assert first is not None
    assert first.time_ms == NOW + 1000
    assert meter.hear(b"?", NOW) == []
