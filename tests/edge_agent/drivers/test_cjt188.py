"""The CJ/T 188 driver on a real pseudo-terminal."""

from __future__ import annotations

import pytest

from edge_agent.drivers.cjt188 import Cjt188, check_at
from edge_agent.drivers.cjt188_frame import encode, read_request, scan
from edge_agent.drivers.contract import LineCounters, PermanentError, Point, Reply, Target, TransientError
from edge_agent.line.serial_port import SerialPort
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
        with pytest.raises(PermanentError, match="is of type 20, its profile of 10") as caught:
            await _poll(port)
        assert caught.value.reason == "malformed"
    short = encode(0x10, METER, 0x81, b"\x1f\x90\x00" + bytes(20))
    refused = pytest.raises(PermanentError, match="no water, gas or heat meter's")
    with device_on_port(short) as (_, port), refused:
        await _poll(port)


HEAT = [
    Point("heat_energy", {"field": "current_heat"}, 0.001),
    Point("heat_power", {"field": "heat_power"}),
    Point("water_flow", {"field": "flow"}, 1000),
    Point("flow_temperature", {"field": "supply_temperature"}),
    Point("return_temperature", {"field": "return_temperature"}),
    Point("valve_open", {"field": "valve"}),
]
#: 123456.78 kWh, 4.5 kW, 0.1234 m³/h, 45.67 °C, 38.21 °C, valve closed.
HEAT_DATA = "0000000005 7856341205 5004000017 3412000035 000010002C 674500 213800 561200 30201012032020 0100"


@pytest.mark.parametrize(
    ("changed", "values"),
    [
        ({}, (123_456.78, 4_500, 123.4, 45.67, 38.21, 0)),
        ({"7856341205": "785634120E"}, (34_293.55, 4_500, 123.4, 45.67, 38.21, 0)),
        ({"7856341205": "785634122C"}, (None, 4_500, 123.4, 45.67, 38.21, 0)),
        ({"7856341205": "FFFFFFFF05"}, (None, 4_500, 123.4, 45.67, 38.21, 0)),
        ({"674500": "A74500"}, (123_456.78, 4_500, 123.4, None, 38.21, 0)),
        ({" 0100": " 0000"}, (123_456.78, 4_500, 123.4, 45.67, 38.21, 1)),
        ({" 0100": " 0300"}, (123_456.78, 4_500, 123.4, 45.67, 38.21, None)),
    ],
)
async def test_a_heat_meter_says_heat_power_flow_and_temperatures(
    changed: dict[str, str], values: tuple[float | None, ...]
) -> None:
    text = HEAT_DATA
    for old, new in changed.items():
        text = text.replace(old, new)
    answer = encode(0x20, METER, 0x81, b"\x90\x1f\x00" + bytes.fromhex(text.replace(" ", "")))
    with device_on_port(answer) as (device, port):
        target = Target("meter", METER, tuple(HEAT), {"meter_type": "20"})
        reply = await Cjt188().poll(port, target, LineCounters(), TIMEOUT_S)
        assert device.heard == [read_request(0x20, METER, high_first=True)]
    assert list(reply.values.values()) == [None if one is None else pytest.approx(one) for one in values]
    assert reply.doubt == ("device_error" if changed == {" 0100": " 0300"} else None)


@pytest.mark.parametrize(
    ("unit", "litres"),
    [("29", 1), ("2A", 10), ("2B", 100), ("2C", 1_000), ("2D", 10_000), ("2E", 100_000), ("32", None)],
)
async def test_a_total_may_be_in_any_tenfold_of_a_litre(unit: str, litres: float | None) -> None:
    with device_on_port(_reply("00010000", unit)) as (_, port):
        assert (await _poll(port)).values == {"water_volume": litres}


async def test_a_meter_asked_by_the_wildcard_answers_with_its_own_address() -> None:
    with device_on_port(CAPTURED) as (_, port):
        reply = await Cjt188().poll(port, Target("meter", "A" * 14, (VOLUME,)), LineCounters(), TIMEOUT_S)
    assert reply.values == {"water_volume": 556_677_000}


def test_a_frame_inside_another_protocols_packet_is_found() -> None:
    packet = b"\x68\x4b\x00\x4b\x00\x68\x68\x10\x00" + CAPTURED + b"\x00\x16"
    assert [frame.address for frame in scan(packet).frames] == [METER]


@pytest.mark.parametrize(
    "where",
    [{}, {"field": "power"}, {"obis": "1.8.0"}, {"field": "settlement_total"}, {"field": "settlement_heat"}],
)
def test_a_profile_names_a_field_of_now(where: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="current_total"):
        check_at(where)
