"""The M-Bus driver on a real pseudo-terminal, against meters of the simulator and captured telegrams."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.drivers import mbus_decode, mbus_frame
from edge_agent.drivers.contract import (
    LineCounters,
    PermanentError,
    Point,
    PortSettings,
    Reply,
    Target,
    TransientError,
)
from edge_agent.drivers.mbus import MBus
from edge_agent.drivers.mbus_records import Record, parse
from edge_agent.line.serial_port import SerialPort, open_port
from simulator.devices.mbus import MBusBus, MBusMeter, integer_record, long_frame
from simulator.line import SimulatedLine
from tests.edge_agent.drivers.scripted_device import device_on_port

TIMEOUT_S = 0.2
VOLUME = Point("water_volume", {"quantity": "Volume"}, 1000)
FLOW = Point("water_flow", {"quantity": "Volume flow"}, 1000)
#: Captured: GWF-MTKcoder, 269 m³, at primary address 1.
CAPTURED = bytes.fromhex("681B1B6808017207201800E61E35074C0000000C78072018000C166902000096 16")


@pytest.fixture
async def line(tmp_path: Path) -> Iterator[SimulatedLine]:  # type: ignore[misc]
    meters = [
        MBusMeter(
            address,
            number,
            lambda _, litres=litres: (  # type: ignore[misc]
                integer_record(b"\x04", b"\x13", litres),
                integer_record(b"\x04", b"\x3b", 1_500),
            ),
        )
        for address, number, litres in ((1, "11490378", 54_321), (2, "00182007", 269_000))
    ]
    line = SimulatedLine(tmp_path / "mbus", MBusBus(meters), lambda: time.time_ns() // 1_000_000)
    line.plug()
    yield line
    line.unplug()


async def _poll(
    port: SerialPort, address: str, *points: Point, counters: LineCounters | None = None
) -> Reply:
    target = Target("meter", address, points)
    return await MBus().poll(port, target, counters or LineCounters(), TIMEOUT_S)


async def test_a_captured_telegram_gives_litres() -> None:
    with device_on_port(b"\xe5", CAPTURED) as (device, port):
        assert (await _poll(port, "1", VOLUME)).values == {"water_volume": 269_000}
    assert device.heard == [bytes.fromhex("1040014116"), bytes.fromhex("107B017C16")]


async def test_meters_are_told_apart_by_primary_and_by_secondary_address(line: SimulatedLine) -> None:
    port = open_port(PortSettings(str(line.link)))
    try:
        for address, litres in (("1", 54_321), ("2", 269_000), ("11490378", 54_321), ("00182007", 269_000)):
            assert (await _poll(port, address, VOLUME)).values == {"water_volume": litres}
        assert (await _poll(port, "FFF82007", VOLUME)).values == {"water_volume": 269_000}
        assert (await _poll(port, "0018200777040107", VOLUME)).values == {"water_volume": 269_000}
        assert (await _poll(port, "FFF820077704FFFF", VOLUME)).values == {"water_volume": 269_000}
        with pytest.raises(TransientError, match="no reply"):
            await _poll(port, "00182007EE4D0107", VOLUME)
    finally:
        port.close()


async def test_further_telegrams_are_fetched_only_for_a_value_that_is_missing(line: SimulatedLine) -> None:
    port = open_port(PortSettings(str(line.link)))
    try:
        one, both = LineCounters(), LineCounters()
        await _poll(port, "1", VOLUME, counters=one)
        reply = await _poll(port, "1", VOLUME, FLOW, counters=both)
        assert reply.values == {"water_volume": 54_321, "water_flow": 1_500}
        assert (one.requests, both.requests) == (2, 3)
        # And the next poll begins with the first telegram again.
        assert (await _poll(port, "1", VOLUME)).values == {"water_volume": 54_321}
    finally:
        port.close()


async def test_a_secondary_address_nobody_has_is_no_reply(line: SimulatedLine) -> None:
    port = open_port(PortSettings(str(line.link)))
    try:
        with pytest.raises(TransientError, match="99999999: no reply"):
            await _poll(port, "99999999", VOLUME)
    finally:
        port.close()


@pytest.mark.parametrize(
    ("code", "kind", "word"),
    [(8, TransientError, "application_busy"), (1, PermanentError, "unimplemented_ci")],
)
async def test_an_application_error_is_told_in_its_word(code: int, kind: type[Exception], word: str) -> None:
    script = (b"\xe5", long_frame(8, 1, 0x70, bytes([code])))
    with device_on_port(*script) as (_, port), pytest.raises(kind, match=word):
        await _poll(port, "1", VOLUME)


@pytest.mark.parametrize(
    ("ci", "data", "message"),
    [
        (0x73, bytes(20), "fixed data structure"),
        (0x74, bytes(20), "CI 74"),
        (0x72, bytes(10) + b"\x00\x05", "encrypted"),
        (0x72, bytes(5), "header"),
        (0x72, bytes(12) + b"\x04\x13\x01", "end in the middle of a data"),
    ],
)
async def test_a_telegram_that_is_not_understood_whole_is_refused_by_name(
    ci: int, data: bytes, message: str
) -> None:
    with device_on_port(b"\xe5", long_frame(8, 1, ci, data)) as (_, port):
        with pytest.raises(PermanentError, match=message) as caught:
            await _poll(port, "1", VOLUME)
        assert caught.value.reason == "malformed"


async def test_a_meter_without_the_value_fails_for_it() -> None:
    missing = pytest.raises(PermanentError, match="none of what its profile names")
    with device_on_port(b"\xe5", CAPTURED) as (_, port), missing:
        await _poll(port, "1", FLOW)


async def test_an_echo_that_holds_e5_is_no_acknowledgement() -> None:
    """10 40 A5 E5 16: the checksum of the reset of meter 165 is the byte that means yes."""
    reset = mbus_frame.short(mbus_frame.SND_NKE, 165)
    assert mbus_frame.ACK in reset
    with device_on_port(reset) as (_, port), pytest.raises(TransientError, match="no reply"):
        await _poll(port, "165", VOLUME)


def _records(data: str) -> tuple[Record, ...]:
    return parse(bytes(12) + bytes.fromhex(data)).records


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("0C13 34120000", 1.234),
        ("0C13 341200F0", -1.234),
        ("0C13 0A000000", None),
        ("0413 00000080", None),
        ("0413 FFFFFFFF", -0.001),
        ("0513 0000C07F", None),
        ("0513 CDCCCC3D", 0.0001),
        ("0D13 C23412", 1.234),
        ("0D13 D23412", -1.234),
        ("0D13 E23412", 4.66),
        ("0D78 03434241", "ABC"),
        ("0013", None),
        ("0493 74 01000000", 0.00001),
        ("0493 7D 01000000", 1.0),
        ("04FB 01 01000000", 1_000_000.0),
        ("0493 FF 74 01000000", 0.001),
        ("026C BF1C", "2013-12-31"),
        ("046D 0B0BCD13", "2014-03-13T11:11:00Z"),
        ("046D 8B0BCD13", None),
        ("066D 2A0B0BCD1300", "2014-03-13T11:11:42Z"),
    ],
)
def test_every_coding_of_a_value(data: str, value: float | str | None) -> None:
    (record,) = _records(data)
    assert record.value == value


def test_records_are_told_apart_by_storage_tariff_subunit_function_and_place() -> None:
    records = _records(
        "0413 01000000 4413 02000000 8410 13 03000000 8440 13 04000000 1413 05000000 0413 06000000"
    )
    wanted: tuple[tuple[dict[str, object], float], ...] = (
        ({"index": 0}, 0.001),
        ({"storage": 1}, 0.002),
        ({"tariff": 1}, 0.003),
        ({"subunit": 1}, 0.004),
        ({"function": "Maximum value"}, 0.005),
        ({"index": 1}, 0.006),
    )
    for where, value in wanted:
        found = mbus_decode.pick(records, {"quantity": "Volume", **where})
        assert found is not None
        assert found.value == value
    assert mbus_decode.pick(records, {"quantity": "Volume", "index": 2}) is None
    assert mbus_decode.pick(records, {"quantity": "Volume"}) is None, "two say different things"


@pytest.mark.parametrize(
    ("record", "value"),
    [
        ("0403 E8030000", 1.0),
        ("0483 00 E8030000", 1.0),
        ("0483 7D 01000000", 1.0),
        ("0486 73 E8030000", 1.0),
        ("040E 36000000", 15.0),
        ("04FB0C 10000000", 1.8608),
        ("0483 FF8100 E8030000", None),
        ("0483 FF01 E8030000", None),
        ("0483 7F E8030000", None),
        ("0483 3B E8030000", None),
        ("0483 28 E8030000", None),
        ("0483 15 E8030000", None),
        ("3403 E8030000", None),
        ("4403 E8030000", None),
        ("8410 03 E8030000", None),
    ],
)
def test_a_record_is_the_meters_energy_where_nothing_in_it_says_otherwise(
    record: str, value: float | None
) -> None:
    """Another's modifiers, an error, a past date, a tariff: each leaves the point without a value."""
    found = mbus_decode.pick(_records(record), {"quantity": "Energy"})
    got = None if found is None else mbus_decode.scaled_value(found, 0.001)
    assert got == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("record", "quantity", "unit", "value"),
    [
        ("04FB03 02000000", "Reactive energy", "varh", 20_000),
        ("04FB04 02000000", "Apparent energy", "VAh", 2_000),
        ("04FB14 02000000", "Reactive power", "var", 2),
        ("04FB17 02000000", "Reactive power", "var", 2_000),
        ("04FB34 02000000", "Apparent power", "VA", 2),
        ("04FB2C 88130000", "Frequency", "Hz", 5),
        ("02FB2F 3200", "Frequency", "Hz", 50),
        ("04FB0D 01000000", "Energy", "cal", 1_000_000),
        ("01FD71 B0", "RF level", "dBm", -80),
    ],
)
def test_an_extended_unit_has_its_name_its_unit_and_its_power_of_ten(
    record: str, quantity: str, unit: str, value: float
) -> None:
    found = _records(record)[0]
    assert (found.quantity, found.unit, found.value) == (quantity, unit, value)


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ("026C FFFF", None),
        ("026C BF1C", "2013-12-31"),
        ("026C 1FF3", None),
        ("026C BF1F", None),
        ("046D 3F1FFFFF", None),
        ("046D 3F1FBF1C", None),
        ("046D 8A0CBF1C", None),
        ("046D 0A0CBF1C", "2013-12-31T12:10:00Z"),
        ("066D 1E8A0CBF1C00", None),
    ],
)
def test_a_date_that_is_none_is_none(record: str, text: str | None) -> None:
    assert _records(record)[0].value == text


def test_a_record_of_unknown_length_costs_itself_and_what_is_behind() -> None:
    good, rest = _records("0413 01000000 0D7C 01 41 F8 0102 0413 02000000")
    assert good.value == 0.001
    assert (rest.function, rest.value) == ("Not understood", "0D 7C 01 41 F8 01 02 04 13 02 00 00 00")


def test_a_meter_of_the_fixed_structure_says_litres_of_now_and_of_the_past() -> None:
    """The worked example of the M-Bus documentation (m-bus.com, chapter 6.2)."""
    data = bytes.fromhex("78563412 0A 00 E97E 01000000 35010000")
    frame = mbus_frame.scan(long_frame(8, 5, 0x73, data)).frames[0]
    telegram = mbus_decode.telegram_of(frame)
    assert (telegram.header.id, telegram.header.medium) == ("12345678", "Water")
    now, past = telegram.records
    assert (now.quantity, now.unit, now.value, now.storage) == ("Volume", "m^3", 0.001, 0)
    assert (past.quantity, past.unit, past.value, past.storage) == ("Volume", "m^3", 0.135, 1)
    assert mbus_decode.pick(telegram.records, {"quantity": "Volume"}) == now


@pytest.mark.parametrize(("status", "doubt"), [(0x00, None), (0x04, None), (0x08, "device_error")])
async def test_a_meter_that_finds_an_error_in_itself_is_read_with_doubt(
    status: int, doubt: str | None
) -> None:
    header = bytes.fromhex("07201800E61E3507") + bytes([1, status, 0, 0])
    answer = long_frame(8, 1, 0x72, header + bytes.fromhex("041301000000"))
    with device_on_port(b"\xe5", answer) as (_, port):
        reply = await _poll(port, "1", VOLUME)
    assert (reply.values, reply.doubt) == ({"water_volume": 1}, doubt)


@pytest.mark.parametrize("where", [{}, {"storage": 1}, {"quantity": "Volume", "phase": 1}])
def test_a_profile_says_which_record(where: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="quantity"):
        mbus_decode.check_at(where)


def test_what_a_meter_kept_of_a_past_day_is_no_point_of_a_profile() -> None:
    mbus_decode.check_at({"quantity": "Volume", "storage": 0})
    with pytest.raises(ValueError, match="storage must be 0"):
        mbus_decode.check_at({"quantity": "Volume", "storage": 1})


@pytest.mark.parametrize("address", ["251", "255", "1234567", "x", "-1", "0x1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no M-Bus address"):
        mbus_frame.normal_address(address)
