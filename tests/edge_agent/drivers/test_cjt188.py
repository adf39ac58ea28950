"""The CJ/T 188 driver on a real pseudo-terminal."""

from __future__ import annotations

import pytest

from edge_agent.drivers.cjt188 import Cjt188, check_at
from edge_agent.drivers.cjt188_frame import encode, read_request, scan
from edge_agent.drivers.contract import LineCounters, PermanentError, Point, Reply, Target, TransientError
from edge_agent.serial_port import SerialPort
from tests.edge_agent.drivers.scripted_device import device_on_port

METER = "78330011223344"
TIMEOUT_S = 0.2
VOLUME = Point("water_volume", {"field": "current_total"}, 1000)
#: Captured: 556677.00 m³ in both totals, identifier `1F 90`.
CAPTURED = bytes.fromhex("68104433221100337881161F9000007766552C007766552C3101221105152021841316")


def _reply(total: str, unit: str = "2C", di: str = "1F90", control: int = 0x81) -> bytes:
    rest = bytes.fromhex(f"{total}{unit}FFFFFFFF2C") + bytes(9)
    return encode(0x10, METER, control, bytes.fromhex(di) + b"\x00" + rest)


async def _poll(port: SerialPort, *points: Point, driver: Cjt188 | None = None) -> Reply:
    target = Target("meter", METER, points or (VOLUME,))
    return await (driver or Cjt188()).poll(port, target, LineCounters(), TIMEOUT_S)


async def test_a_captured_reply_gives_litres() -> None:
    with device_on_port(CAPTURED) as (device, port):
        assert (await _poll(port)).values == {"water_volume": 556_677_000}
        assert device.heard == [read_request(0x10, METER, high_first=True)]


async def test_the_order_a_meter_answers_is_found_out_and_kept() -> None:
    driver = Cjt188()
    with device_on_port(None, CAPTURED, CAPTURED) as (device, port):
        for _ in range(2):
            assert (await _poll(port, driver=driver)).values == {"water_volume": 556_677_000}
    high, low = (read_request(0x10, METER, order) for order in (True, False))
    assert device.heard == [high, low, low]


async def test_a_meter_that_refuses_one_order_is_asked_in_the_other() -> None:
    refusal = encode(0x10, METER, 0xC1, b"\x00\x02\x00")
    with device_on_port(refusal, CAPTURED) as (_, port):
        assert (await _poll(port)).values == {"water_volume": 556_677_000}


async def test_a_meter_that_refuses_both_is_a_permanent_error() -> None:
    refusal = encode(0x10, METER, 0xC1, b"\x00\x02\x00")
    with device_on_port(refusal, refusal) as (_, port):
        with pytest.raises(PermanentError, match="refused, status 02 00") as caught:
            await _poll(port)
        assert caught.value.reason == "device_error"


async def test_a_silent_meter_costs_two_time_outs() -> None:
    with device_on_port() as (device, port), pytest.raises(TransientError, match="no reply"):
        await _poll(port)
    assert len(device.heard) == 2


@pytest.mark.parametrize(
    ("total", "unit", "litres"),
    [("29000000", "2C", 290), ("29000000", "29", 0.29), ("00000000", "2C", 0)],
)
async def test_totals_are_brought_to_one_unit(total: str, unit: str, litres: float) -> None:
    with device_on_port(_reply(total, unit)) as (_, port):
        assert (await _poll(port)).values == {"water_volume": litres}


@pytest.mark.parametrize(("total", "unit"), [("FFFFFFFF", "2C"), ("0A000000", "2C"), ("00000000", "05")])
async def test_what_is_no_volume_is_null_with_its_reason(total: str, unit: str) -> None:
    with device_on_port(_reply(total, unit)) as (_, port):
        assert await _poll(port) == Reply({"water_volume": None}, {"water_volume": "not_a_number"})


async def test_a_settlement_that_does_not_exist_yet_is_null() -> None:
    settled = Point("water_volume", {"field": "settlement_total"}, 1000)
    with device_on_port(_reply("29000000")) as (_, port):
        assert (await _poll(port, settled)).values == {"water_volume": None}


async def test_an_answer_of_another_kind_of_meter_is_malformed() -> None:
    heat = encode(0x20, METER, 0x81, b"\x1f\x90\x00" + bytes(43))
    with device_on_port(heat) as (_, port):
        with pytest.raises(PermanentError, match="no water or gas meter's") as caught:
            await _poll(port)
        assert caught.value.reason == "malformed"


async def test_a_meter_asked_by_the_wildcard_answers_with_its_own_address() -> None:
    with device_on_port(CAPTURED) as (_, port):
        reply = await Cjt188().poll(port, Target("meter", "A" * 14, (VOLUME,)), LineCounters(), TIMEOUT_S)
    assert reply.values == {"water_volume": 556_677_000}


def test_a_frame_inside_another_protocols_packet_is_found() -> None:
    packet = b"\x68\x4b\x00\x4b\x00\x68\x68\x10\x00" + CAPTURED + b"\x00\x16"
    assert [frame.address for frame in scan(packet).frames] == [METER]


@pytest.mark.parametrize("where", [{}, {"field": "power"}, {"obis": "1.8.0"}])
def test_a_profile_names_a_field_there_is(where: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="current_total"):
        check_at(where)
