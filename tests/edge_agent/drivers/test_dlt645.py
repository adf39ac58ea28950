"""The DL/T 645 driver on a real pseudo-terminal: what a line can do to it, and what it makes of it."""

from __future__ import annotations

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
from edge_agent.drivers.decoding import Asked
from edge_agent.drivers.dlt645 import Dlt645
from edge_agent.drivers.dlt645_decode import decode
from edge_agent.drivers.dlt645_frame import di_bytes, encode, read_request
from edge_agent.line.serial_port import SerialPort
from tests.edge_agent.drivers.scripted_device import device_on_port

METER = "000000000161"
#: Long enough for a busy machine; a device that is silent on purpose costs it twice.
TIMEOUT_S = 0.25
VOLTAGE = Point("voltage", {"di": "02010100"})
POWER = Point("active_power", {"di": "02030000"}, scale=1000)
ENERGY = Point("active_energy_import", {"di": "00010000"})
PHASES = tuple(Point(f"voltage_l{n}", {"di": f"02010{n}00"}) for n in (1, 2, 3))
#: Captured: 100.1 V and 0.2512 kW of meter 161.
VOLTAGE_REPLY = bytes.fromhex("6861010000000068910633343435344310 16")
POWER_REPLY = bytes.fromhex("68610100000000689107333336354558336B16")
REFUSAL = encode(METER, 0xD1, b"\x02")


def _reply(di: str, data: str, address: str = METER, control: int = 0x91) -> bytes:
    return encode(address, control, di_bytes(di) + bytes.fromhex(data))


async def _poll(
    port: SerialPort, *points: Point, driver: Dlt645 | None = None, counters: LineCounters | None = None
) -> Reply:
    target = Target("meter", "161", points)
    return await (driver or Dlt645()).poll(port, target, counters or LineCounters(), TIMEOUT_S)


async def test_a_captured_reply_gives_its_value_in_the_tables_unit() -> None:
    counters = LineCounters()
    with device_on_port(VOLTAGE_REPLY, POWER_REPLY) as (device, port):
        reply = await _poll(port, VOLTAGE, POWER, counters=counters)
    assert reply == Reply({"voltage": 100.1, "active_power": 251.2})
    assert device.heard == [read_request(METER, "02010100"), read_request(METER, "02030000")]
    assert counters == LineCounters(requests=2, replies=2)


async def test_phases_are_asked_in_one_block() -> None:
    with device_on_port(_reply("0201FF00", "0523 FFFF 4122")) as (device, port):
        reply = await _poll(port, *PHASES)
    assert reply.values == {"voltage_l1": 230.5, "voltage_l2": None, "voltage_l3": 224.1}
    assert reply.faults == {"voltage_l2": "not_a_number"}, "a phase that is not connected comes as FFFF"
    assert len(device.heard) == 1


async def test_a_meter_that_refuses_a_block_is_asked_one_by_one_from_then_on() -> None:
    singles = [_reply(f"02010{n}00", "0523") for n in (1, 2, 3)]
    driver = Dlt645()
    with device_on_port(REFUSAL, *singles, *singles) as (device, port):
        assert (await _poll(port, *PHASES, driver=driver)).faults == {}
        assert (await _poll(port, *PHASES, driver=driver)).faults == {}
    assert len(device.heard) == 7


async def test_an_item_the_meter_does_not_have_fails_alone() -> None:
    with device_on_port(REFUSAL, POWER_REPLY) as (_, port):
        reply = await _poll(port, VOLTAGE, POWER)
    assert reply == Reply({"voltage": None, "active_power": 251.2}, {"voltage": "device_error"})


async def test_a_meter_that_refuses_everything_is_a_permanent_error() -> None:
    with device_on_port(REFUSAL) as (_, port):
        with pytest.raises(PermanentError, match="no requested data") as caught:
            await _poll(port, VOLTAGE)
        assert caught.value.reason == "device_error"


async def test_a_silent_meter_is_asked_twice_for_one_item_only() -> None:
    counters = LineCounters()
    with device_on_port() as (device, port):
        with pytest.raises(TransientError, match="no reply") as caught:
            await _poll(port, VOLTAGE, POWER, ENERGY, counters=counters)
        assert caught.value.reason == "no_reply"
    assert len(device.heard) == 2
    assert counters == LineCounters(requests=2, retries=1, timeouts=2)


async def test_a_meter_that_falls_silent_keeps_what_it_said() -> None:
    with device_on_port(VOLTAGE_REPLY) as (_, port):
        reply = await _poll(port, VOLTAGE, POWER, ENERGY)
    assert reply.values == {"voltage": 100.1, "active_power": None, "active_energy_import": None}
    assert reply.faults == {"active_power": "no_reply", "active_energy_import": "no_reply"}


async def test_a_bad_checksum_is_asked_again() -> None:
    counters = LineCounters()
    broken = VOLTAGE_REPLY[:-2] + bytes([VOLTAGE_REPLY[-2] ^ 1]) + VOLTAGE_REPLY[-1:]
    with device_on_port(broken, VOLTAGE_REPLY) as (_, port):
        assert (await _poll(port, VOLTAGE, counters=counters)).values == {"voltage": 100.1}
    assert counters == LineCounters(requests=2, retries=1, replies=1, checksum_errors=1)


async def test_a_checksum_that_stays_bad_is_said_so() -> None:
    broken = VOLTAGE_REPLY[:-2] + b"\x00\x16"
    with device_on_port(broken, broken) as (_, port), pytest.raises(TransientError) as caught:
        await _poll(port, VOLTAGE)
    assert caught.value.reason == "bad_checksum"


@pytest.mark.parametrize(
    "before",
    [
        b"\xfe\xfe\xfe\xfe",
        b"\x00",
        b"\xff\x68\x00",
        bytes.fromhex("6801020304050600"),
        bytes.fromhex("00049F1234560000") + b"\xfe\xfe",
        read_request(METER, "02010100"),
        _reply("02010100", "9999", address="000000000162"),
        _reply("02030000", "999999"),
        encode("000000000162", 0xD1, b"\x02"),
        bytes.fromhex("683200320068 4B 000102030405"),
    ],
    ids=["wake-up", "one byte", "half a start", "false start", "serial server's MAC", "own echo",
         "a neighbour's reply", "a stale reply", "a neighbour's refusal", "a Q/GDW 376.1 packet around"],
)  # fmt: skip
async def test_what_stands_before_the_reply_does_not_matter(before: bytes) -> None:
    with device_on_port(before + VOLTAGE_REPLY) as (device, port):
        assert (await _poll(port, VOLTAGE)).values == {"voltage": 100.1}
        assert len(device.heard) == 1


async def test_a_reply_may_come_byte_by_byte_with_anything_behind() -> None:
    pieces = [bytes([byte]) for byte in VOLTAGE_REPLY] + [b"\x68\x01\x02"]
    with device_on_port(pieces) as (_, port):
        assert (await _poll(port, VOLTAGE)).values == {"voltage": 100.1}


async def test_an_echoing_adapter_is_a_matter_of_the_port() -> None:
    request = read_request(METER, "02010100")
    with device_on_port(request + VOLTAGE_REPLY, local_echo=True) as (_, port):
        assert (await _poll(port, VOLTAGE)).values == {"voltage": 100.1}


async def test_a_digit_that_is_no_digit_is_null_with_its_reason() -> None:
    with device_on_port(_reply("02010100", "0E23")) as (_, port):
        reply = await _poll(port, VOLTAGE)
    assert reply == Reply({"voltage": None}, {"voltage": "not_a_number"})


async def test_a_reply_too_short_for_its_item_is_malformed_not_a_number() -> None:
    with device_on_port(_reply("02010100", "23")) as (_, port):
        assert (await _poll(port, VOLTAGE)) == Reply({"voltage": None}, {"voltage": "malformed"})


async def test_power_fed_back_is_negative() -> None:
    with device_on_port(_reply("02030000", "122580")) as (_, port):
        assert (await _poll(port, POWER)).values == {"active_power": -251.2}


async def test_follow_on_frames_are_put_together() -> None:
    first = _reply("0201FF00", "0523", control=0xB1)
    second = _reply("0201FF00", "0623 01", control=0xB2)
    third = _reply("0201FF00", "0723 02", control=0x92)
    with device_on_port(first, second, third) as (device, port):
        reply = await _poll(port, *PHASES)
    assert reply.values == {"voltage_l1": 230.5, "voltage_l2": 230.6, "voltage_l3": 230.7}
    assert [request[12] for request in device.heard[1:]] == [0x12, 0x12]


async def test_a_meter_asked_by_the_wildcard_answers_with_its_own_address() -> None:
    target = Target("meter", "AAAAAAAAAAAA", (VOLTAGE,))
    with device_on_port(VOLTAGE_REPLY) as (_, port):
        reply = await Dlt645().poll(port, target, LineCounters(), TIMEOUT_S)
    assert reply.values == {"voltage": 100.1}


async def test_a_1997_meter_is_asked_with_two_bytes() -> None:
    target = Target("meter", "010003635927", (Point("active_energy_import", {"di": "9010"}),))
    answer = bytes.fromhex("FEFEFEFE68275963030001688106 43C3AC594733C316")
    with device_on_port(answer) as (device, port):
        reply = await Dlt645().poll(port, target, LineCounters(), TIMEOUT_S)
    assert reply.values == {"active_energy_import": 1426.79}
    assert device.heard[0].endswith(bytes.fromhex("68275963030001680102 43C3C016"))


async def test_a_line_lost_while_asking_is_not_hidden() -> None:
    with device_on_port() as (device, port):
        device.unplug()
        with pytest.raises(LineLost, match=device.path):
            await _poll(port, VOLTAGE)


async def test_a_babbling_line_does_not_hold_the_driver() -> None:
    script = ([b"\x68" * 40] * 400, [b"\x00" * 40] * 400)
    with device_on_port(*script) as (_, port), pytest.raises(TransientError, match="item 02010100"):
        await _poll(port, VOLTAGE)


async def test_an_item_the_meter_does_not_have_is_not_asked_in_every_poll() -> None:
    driver, counters = Dlt645(), LineCounters()
    with device_on_port(REFUSAL, POWER_REPLY, POWER_REPLY) as (_, port):
        for _ in range(2):
            reply = await _poll(port, VOLTAGE, POWER, driver=driver, counters=counters)
            assert reply == Reply({"voltage": None, "active_power": 251.2}, {"voltage": "device_error"})
    assert counters.requests == 3


async def test_the_address_of_a_lone_meter_is_asked_of_whoever_is_there() -> None:
    answer = b"\xfe\xfe" + encode(METER, 0x93, bytes.fromhex(METER)[::-1])
    with device_on_port(answer) as (device, port):
        assert await Dlt645().read_address(port, LineCounters(), TIMEOUT_S) == METER
        assert device.heard == [bytes.fromhex("FEFEFEFE68AAAAAAAAAAAA681300DF16")]


async def test_nobody_on_the_line_is_no_address() -> None:
    with device_on_port() as (_, port), pytest.raises(TransientError, match="no reply"):
        await Dlt645().read_address(port, LineCounters(), 0.05)


async def test_follow_on_frames_of_1997_are_fetched_without_a_count() -> None:
    block = Point("active_energy_import", {"di": "901F"})
    first = encode(METER, 0xA1, di_bytes("901F") + bytes.fromhex("79261400"))
    second = encode(METER, 0x82, di_bytes("901F") + bytes.fromhex("01000000"))
    with device_on_port(first, second) as (device, port):
        assert (await _poll(port, block)).values == {"active_energy_import": 1426.79}
    assert device.heard[1] == encode(METER, 0x02, di_bytes("901F"))


async def test_an_error_word_of_1997_has_its_own_meanings() -> None:
    old = Point("active_energy_import", {"di": "9010"})
    refused = pytest.raises(PermanentError, match="no such data identifier")
    with device_on_port(encode(METER, 0xC1, b"\x02")) as (_, port), refused:
        await _poll(port, old)


@pytest.mark.parametrize(
    ("di", "data", "field", "value"),
    [
        ("04000404", "000056303833", "text", "380V"),
        ("04000405", "293036283531", "text", "15(60)"),
        ("04000405", "FFFFFFFFFFFF", "text", ""),
        ("04000407", "00302E31", "text", "1.0"),
        ("04000407", "00302E81", "text", None),
        ("0400040B", "00000000363638353344", "text", "D35866"),
        ("04000409", "001600", "value", 1600),
        ("0400040A", "001600", "unit", "imp/kvarh"),
    ],
)
def test_the_nameplate_is_read(di: str, data: str, field: str, value: object) -> None:
    """DL/T 645-2007 Table A.5: texts stand last character first and are filled up with NUL."""
    frame = encode("201000000012", 0x91, bytes.fromhex(di)[::-1] + bytes.fromhex(data))
    assert decode(frame, Asked())[field] == value


def test_every_frame_of_a_capture_means_something_and_what_is_broken_is_named() -> None:
    voltage = encode("201000000012", 0x91, bytes.fromhex("00010102") + bytes.fromhex("1523"))
    refusal = encode("201000000012", 0xD1, b"\x02")
    broken = voltage[:-2] + bytes([voltage[-2] ^ 1, 0x16])
    fields = decode(voltage + broken + refusal, Asked())
    assert fields["frames"] == 2
    assert [one.get("value", one.get("error_word")) for one in fields["items"]] == [231.5, "02"]
    assert fields["refused"][0]["error"] == "checksum_mismatch"
