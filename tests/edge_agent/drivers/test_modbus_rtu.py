"""The Modbus RTU driver on a real pseudo-terminal: what a line can do to it, and what it makes of it."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from edge_agent.drivers.contract import (
    LineCounters,
    LineLost,
    PermanentError,
    Point,
    Reply,
    Target,
    TransientError,
)
from edge_agent.drivers.modbus_frame import read_request, wrap
from edge_agent.drivers.modbus_rtu import ModbusRtu
from edge_agent.drivers.refusals import BELIEVED_POLLS
from edge_agent.line.serial_port import SerialPort
from simulator.devices.modbus_rtu import ModbusBus, ModbusSlave
from tests.edge_agent.drivers.scripted_device import device_on_port

#: Long enough for a busy machine; a device that is silent on purpose costs it twice.
TIMEOUT_S = 0.25
#: Captured: XY-MD02, 30.5 °C and 54.6 %.
BOTH_REPLY = bytes.fromhex("01040401310222 2ACE")
ILLEGAL_ADDRESS = wrap(1, b"\x84\x02")


def _point(quantity: str, address: int, decode: str = "uint16", scale: float = 1.0, **more: Any) -> Point:
    return Point(quantity, {"type": "input", "address": address, "decode": decode, **more}, scale)


TEMPERATURE = _point("temperature", 1, "int16", 0.1)
HUMIDITY = _point("relative_humidity", 2, "uint16", 0.1)


def _registers(*words: int, unit: int = 1, function: int = 4) -> bytes:
    return wrap(unit, bytes([function, 2 * len(words)]) + struct.pack(f">{len(words)}H", *words))


async def _poll(
    port: SerialPort, *points: Point, counters: LineCounters | None = None, **options: Any
) -> Reply:
    target = Target("sensor", "1", points, options)
    return await ModbusRtu().poll(port, target, counters or LineCounters(), TIMEOUT_S)


async def test_adjoining_registers_are_read_in_one_request() -> None:
    counters = LineCounters()
    with device_on_port(BOTH_REPLY) as (device, port):
        reply = await _poll(port, HUMIDITY, TEMPERATURE, counters=counters)
    assert reply == Reply({"temperature": 30.5, "relative_humidity": 54.6})
    assert device.heard == [bytes.fromhex("010400010002200B")]
    assert counters == LineCounters(requests=1, replies=1)


async def test_registers_apart_are_read_together_only_where_the_profile_says_so() -> None:
    apart = [_point("voltage", 0), _point("frequency", 7)]
    together = [_point("voltage", 0, read="all"), _point("frequency", 7, read="all")]
    with device_on_port(_registers(230), _registers(50)) as (device, port):
        assert (await _poll(port, *apart)).values == {"voltage": 230, "frequency": 50}
        assert len(device.heard) == 2
    with device_on_port(_registers(230, 0, 0, 0, 0, 0, 0, 50)) as (device, port):
        assert (await _poll(port, *together)).values == {"voltage": 230, "frequency": 50}
        assert device.heard == [read_request(1, "input", 0, 8)]


async def test_no_request_is_longer_than_the_device_allows() -> None:
    points = [_point(f"q{n}", n) for n in range(5)]
    with device_on_port(_registers(0, 1), _registers(2, 3), _registers(4)) as (device, port):
        reply = await _poll(port, *points, max_count=2)
    assert reply.values == {f"q{n}": n for n in range(5)}
    assert len(device.heard) == 3


async def test_no_request_is_longer_than_the_protocol_allows() -> None:
    points = [_point(f"q{n}", n) for n in range(126)]
    with device_on_port(_registers(*range(125)), _registers(125)) as (_, port):
        assert (await _poll(port, *points)).values["q125"] == 125


@pytest.mark.parametrize(
    ("kind", "order", "raw", "value"),
    [
        ("int16", "ABCD", "FFFB", -5),
        ("int16", "BADC", "FBFF", -5),
        ("uint32", "ABCD", "00010002", 65_538),
        ("uint32", "CDAB", "00020001", 65_538),
        ("uint32", "BADC", "01000200", 65_538),
        ("uint32", "DCBA", "02000100", 65_538),
        ("int32", "CDAB", "FFFEFFFF", -2),
        ("float32", "ABCD", "43663333", 230.2),
        ("float32", "DCBA", "33336643", 230.2),
        ("uint64", "ABCD", "0000000100000000", 4_294_967_296),
        ("uint64", "CDAB", "0000000000010000", 4_294_967_296),
        ("int64", "ABCD", "FFFFFFFFFFFFFFFE", -2),
        ("float64", "DCBA", "000000000000F83F", 1.5),
    ],
)
async def test_every_type_in_every_byte_order(kind: str, order: str, raw: str, value: float) -> None:
    words = struct.unpack(f">{len(raw) // 4}H", bytes.fromhex(raw))
    with device_on_port(_registers(*words)) as (_, port):
        reply = await _poll(port, _point("voltage", 0, kind, byte_order=order))
    assert reply.values["voltage"] == pytest.approx(value, rel=2**-23, abs=0)


@pytest.mark.parametrize("words", [(0x7FC0, 0), (0x7F80, 0), (0xFFFF, 0xFFFF)])
async def test_a_float_that_is_no_number_is_null_with_its_reason(words: tuple[int, int]) -> None:
    with device_on_port(_registers(*words)) as (_, port):
        reply = await _poll(port, _point("voltage", 0, "float32"))
    assert reply == Reply({"voltage": None}, {"voltage": "not_a_number"})


@pytest.mark.parametrize(
    ("kind", "order", "words", "value"),
    [
        ("sm16", "ABCD", (0x80FA,), -250),
        ("sm16", "BADC", (0xFA80,), -250),
        ("sm16", "ABCD", (0x8000,), 0),
        ("sm16", "ABCD", (0x7FFF,), 32_767),
        ("sm32", "CDAB", (0x04D2, 0x8000), -1_234),
        ("sm32", "ABCD", (0x8000, 0x04D2), -1_234),
        ("sm32", "ABCD", (0x0000, 0x04D2), 1_234),
        ("uint48", "ABCD", (0x0001, 0x0000, 0x0002), 4_294_967_298),
        ("uint48", "CDAB", (0x0002, 0x0000, 0x0001), 4_294_967_298),
        ("int48", "ABCD", (0xFFFF, 0xFFFF, 0xFF85), -123),
    ],
)
async def test_a_sign_beside_its_magnitude_and_three_registers(
    kind: str, order: str, words: tuple[int, ...], value: float
) -> None:
    """iGEN DTSD422 (github:kbialek/deye-inverter-mqtt#152) writes `sm`, low word first."""
    with device_on_port(_registers(*words)) as (_, port):
        assert (await _poll(port, _point("active_power", 0, kind, byte_order=order))).values == {
            "active_power": value
        }


def _beside(address: int, decode: str = "int16", **more: Any) -> dict[str, Any]:
    return {"type": "input", "address": address, "decode": decode, **more}


@pytest.mark.parametrize(
    ("words", "exponent", "value"),
    [
        ((18, 0xFFFF), {}, 1.8),
        ((23_360, 0xFFFE), {}, 233.6),
        ((5, 3), {}, 5_000),
        ((5, 0x8000), {"invalid": (-32_768,)}, None),
        ((5, 100), {}, None),
        ((0x8000, 0xFFFF), {}, None),
    ],
)
async def test_the_power_of_ten_may_stand_in_another_register(
    words: tuple[int, int], exponent: dict[str, Any], value: float | None
) -> None:
    """SunSpec models 201 to 204 (github:evcc-io/evcc#1267): 18 with -1, 23360 with -2."""
    point = _point("current_l1", 0, "int16", invalid=(-32_768,), exponent=_beside(1, **exponent))
    with device_on_port(_registers(*words)) as (device, port):
        reply = await _poll(port, point)
        assert len(device.heard) == 1
    assert reply.values == {"current_l1": value}
    assert reply.faults == ({} if value is not None else {"current_l1": "not_a_number"})


async def test_the_ratios_of_transformers_may_stand_in_other_registers() -> None:
    ratios = (_beside(50, "uint16", scale=0.1), _beside(51, "uint16"))
    point = _point("active_power", 0, "uint16", 0.5, factors=ratios)
    with device_on_port(_registers(100), _registers(10, 40)) as (_, port):
        assert (await _poll(port, point)).values == {"active_power": 2_000}
    with device_on_port(_registers(100), _registers(10, 0)) as (_, port):
        reply = await _poll(port, point)
    assert reply == Reply({"active_power": None}, {"active_power": "not_a_number"}), "no ratio is set"
    with device_on_port(_registers(100), ILLEGAL_ADDRESS, ILLEGAL_ADDRESS, ILLEGAL_ADDRESS) as (_, port):
        reply = await _poll(port, point)
    assert reply == Reply({"active_power": None}, {"active_power": "device_error"})


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        (_registers(7), _registers(9), 7),
        (_registers(0), _registers(9), 9),
        (_registers(0), _registers(0), 0),
        (_registers(0), ILLEGAL_ADDRESS, 0),
        (ILLEGAL_ADDRESS, _registers(9), 9),
        (ILLEGAL_ADDRESS, _registers(0), None),
    ],
)
async def test_another_register_counts_where_the_first_is_refused_or_nought(
    first: bytes, second: bytes, value: float | None
) -> None:
    """DTSU666 (github:lmatula/ha_chint_pm#16): energies at 401EH or at 101EH."""
    point = _point("active_energy_import", 0, otherwise=_beside(50, "uint16"))
    with device_on_port(first, second) as (_, port):
        reply = await _poll(port, point)
    assert reply.values == {"active_energy_import": value}


async def test_registers_elsewhere_are_another_firmware_only_where_all_of_them_are() -> None:
    """A dead phase is nought, too; what stands in the other firmware's place is no voltage of it."""
    points = [
        _point(f"voltage_l{n}", n, read="now", otherwise=_beside(9 + n, "uint16", read="now"))
        for n in (1, 2, 3)
    ]
    with device_on_port(_registers(0, 231, 232, *[0] * 6, 401, 402, 403)) as (_, port):
        assert list((await _poll(port, *points)).values.values()) == [0, 231, 232]
    with device_on_port(_registers(0, 0, 0, *[0] * 6, 230, 0, 232)) as (_, port):
        assert list((await _poll(port, *points)).values.values()) == [230, 0, 232]


async def test_two_parts_of_one_unit_are_read_each_by_its_own_plan() -> None:
    driver = ModbusRtu()
    targets = [
        Target(part, "1", (_point("voltage", address),)) for part, address in (("panel", 0), ("battery", 4))
    ]
    with device_on_port(*[_registers(n) for n in (18, 12, 19, 13)]) as (_, port):
        got = [
            (await driver.poll(port, target, LineCounters(), TIMEOUT_S)).values["voltage"]
            for target in targets * 2
        ]
    assert got == [18, 12, 19, 13]


async def test_a_raw_number_the_profile_calls_invalid_is_null() -> None:
    with device_on_port(_registers(0xFFFF)) as (_, port):
        reply = await _poll(port, _point("voltage", 0, invalid=(65_535.0,)))
    assert reply == Reply({"voltage": None}, {"voltage": "not_a_number"})


async def test_coils_and_inputs_are_states() -> None:
    point = Point("relay_closed", {"type": "coil", "address": 3})
    with device_on_port(wrap(1, b"\x01\x01\x01")) as (device, port):
        assert (await _poll(port, point)).values == {"relay_closed": 1.0}
        assert device.heard == [read_request(1, "coil", 3, 1)]


async def test_a_register_the_device_does_not_have_fails_alone() -> None:
    with device_on_port(ILLEGAL_ADDRESS, _registers(305), ILLEGAL_ADDRESS) as (_, port):
        reply = await _poll(port, TEMPERATURE, HUMIDITY)
    assert reply.values == {"temperature": 30.5, "relative_humidity": None}
    assert reply.faults == {"relative_humidity": "device_error"}


async def test_a_device_that_refuses_everything_is_a_permanent_error() -> None:
    refused = pytest.raises(PermanentError, match="illegal data address")
    with device_on_port(ILLEGAL_ADDRESS) as (_, port), refused:
        await _poll(port, TEMPERATURE)


async def test_a_busy_device_is_a_passing_error() -> None:
    with device_on_port(wrap(1, b"\x84\x06")) as (_, port), pytest.raises(TransientError, match="busy"):
        await _poll(port, TEMPERATURE)


async def test_a_silent_device_is_asked_twice_for_one_request_only() -> None:
    counters = LineCounters()
    with device_on_port() as (device, port), pytest.raises(TransientError, match="no reply"):
        await _poll(port, TEMPERATURE, _point("voltage", 100), counters=counters)
    assert len(device.heard) == 2
    assert counters == LineCounters(requests=2, retries=1, timeouts=2)


async def test_a_bad_crc_is_asked_again() -> None:
    counters = LineCounters()
    broken = BOTH_REPLY[:-1] + b"\x00"
    with device_on_port(broken, BOTH_REPLY) as (_, port):
        reply = await _poll(port, TEMPERATURE, HUMIDITY, counters=counters)
    assert reply.values == {"temperature": 30.5, "relative_humidity": 54.6}
    assert counters == LineCounters(requests=2, retries=1, replies=1, checksum_errors=1)


async def test_a_crc_that_stays_bad_is_said_so() -> None:
    broken = BOTH_REPLY[:-1] + b"\x00"
    with device_on_port(broken, broken) as (_, port), pytest.raises(TransientError) as caught:
        await _poll(port, TEMPERATURE, HUMIDITY)
    assert caught.value.reason == "bad_checksum"


@pytest.mark.parametrize(
    "before",
    [
        b"\x00",
        b"\xff",
        b"RELAY READY\r\n",
        b"\x01\x04\x04",
        bytes.fromhex("010400010002200B"),
        _registers(999, 999, unit=2),
        _registers(999),
        _registers(999, 999, function=3),
        wrap(2, b"\x84\x02"),
    ],
    ids=["00", "FF", "a greeting", "half a head", "own echo", "a neighbour's reply", "a stale reply",
         "another function's reply", "a neighbour's refusal"],
)  # fmt: skip
async def test_what_stands_before_the_reply_does_not_matter(before: bytes) -> None:
    with device_on_port(before + BOTH_REPLY) as (device, port):
        reply = await _poll(port, TEMPERATURE, HUMIDITY)
        assert reply.values == {"temperature": 30.5, "relative_humidity": 54.6}
        assert len(device.heard) == 1


async def test_a_reply_may_come_byte_by_byte_with_anything_behind() -> None:
    pieces = [bytes([byte]) for byte in BOTH_REPLY] + [b"\xff\x00"]
    with device_on_port(pieces) as (_, port):
        assert (await _poll(port, TEMPERATURE, HUMIDITY)).values["temperature"] == 30.5


async def test_an_echoing_adapter_is_a_matter_of_the_port() -> None:
    with device_on_port(bytes.fromhex("010400010002200B") + BOTH_REPLY, local_echo=True) as (_, port):
        assert (await _poll(port, TEMPERATURE, HUMIDITY)).values["temperature"] == 30.5


async def test_a_line_lost_while_asking_is_not_hidden() -> None:
    with device_on_port() as (device, port):
        device.unplug()
        with pytest.raises(LineLost, match=device.path):
            await _poll(port, TEMPERATURE)


class Registers:
    """A device that has these input registers and refuses every request that touches another."""

    def __init__(self, *present: int) -> None:
        self.bus = ModbusBus([ModbusSlave(1, lambda table, _: {n: n for n in present if table == "input"})])

    def answer(self, request: bytes) -> bytes:
        """The reply to one request."""
        return self.bus.hear(request, 0)[0]


async def _ask_device(registers: Registers, driver: ModbusRtu, *points: Point) -> tuple[Reply, int]:
    """What a poll gives and how many requests it took."""
    with device_on_port() as (device, port):
        counters = LineCounters()
        device.answer = registers.answer
        reply = await driver.poll(port, Target("sensor", "1", points), counters, TIMEOUT_S)
        return reply, counters.requests


async def test_a_missing_register_is_found_by_halving_and_its_blocks_are_not_asked_again() -> None:
    points = [_point(f"q{n}", n) for n in range(16)]
    device, driver = Registers(*(n for n in range(16) if n != 5)), ModbusRtu()
    first, asked = await _ask_device(device, driver, *points)
    assert asked == 9, "the whole, then the half with the missing register and the half without, down to one"
    again, asked_again = await _ask_device(device, driver, *points)
    assert asked_again == 4, "the halves that were answered: 8-15, 0-3, 6-7, 4"
    assert first == again
    assert first.values == {f"q{n}": None if n == 5 else n for n in range(16)}
    assert first.faults == {"q5": "device_error"}


async def test_a_refusal_is_believed_for_a_hundred_polls() -> None:
    points = (_point("q0", 0), _point("q1", 1))
    driver = ModbusRtu()
    asked = [(await _ask_device(Registers(0), driver, *points))[1] for _ in range(BELIEVED_POLLS + 1)]
    assert asked == [3, *[1] * (BELIEVED_POLLS - 1), 3]
    reply, _ = await _ask_device(Registers(0, 1), driver, *points)
    assert reply.values == {"q0": 0, "q1": None}


async def test_a_device_that_refused_everything_is_asked_for_everything_again() -> None:
    """It was starting up, or has been exchanged for the right one."""
    points = (_point("q0", 0), _point("q1", 1))
    driver = ModbusRtu()
    with pytest.raises(PermanentError):
        await _ask_device(Registers(), driver, *points)
    reply, asked = await _ask_device(Registers(0, 1), driver, *points)
    assert (reply.values, asked) == ({"q0": 0, "q1": 1}, 1)


async def test_another_device_on_the_line_is_not_taken_for_the_one_that_refused() -> None:
    driver = ModbusRtu()
    other = wrap(2, bytes.fromhex("04020131"))
    with device_on_port(ILLEGAL_ADDRESS, other) as (_, port):
        with pytest.raises(PermanentError):
            await driver.poll(port, Target("a", "1", (TEMPERATURE,)), LineCounters(), TIMEOUT_S)
        reply = await driver.poll(port, Target("b", "2", (TEMPERATURE,)), LineCounters(), TIMEOUT_S)
    assert reply.values == {"temperature": 30.5}
