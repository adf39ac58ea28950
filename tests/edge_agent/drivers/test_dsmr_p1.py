"""The P1 driver on a real pseudo-terminal: telegrams come of themselves."""

from __future__ import annotations

import time

import pytest

from edge_agent.drivers.contract import (
    LineCounters,
    PermanentError,
    Point,
    Reply,
    Target,
    TransientError,
)
from edge_agent.drivers.dsmr_p1 import DsmrP1, check_at
from edge_agent.drivers.dsmr_p1_frame import crc16, scan
from edge_agent.line.serial_port import SerialPort
from simulator.devices.dsmr_p1 import telegram
from tests.edge_agent.drivers.scripted_device import device_on_port

POWER = Point("active_power", {"obis": "1-0:1.7.0 - 1-0:2.7.0"})
GAS = Point("gas_volume", {"sub_meter": "gas"})
WATER = Point("water_volume", {"sub_meter": "water"}, 1000)


def _telegram(power: str = "00.244", equipment: str = "4B38") -> bytes:
    return telegram(
        r"ISk5\2MT382-1000",
        {
            "1-3:0.2.8": "(50)",
            "0-0:96.1.1": f"({equipment})",
            "1-0:1.7.0": f"({power}*kW)",
            "1-0:2.7.0": "(00.000*kW)",
            "0-1:24.1.0": "(007)",
            "0-1:24.2.1": "(200512134558S)(00872.234*m3)",
            "0-2:24.1.0": "(003)",
            "0-2:24.2.3": "(200512134558S)(00112.384*m3)",
        },
    )


async def _poll(
    port: SerialPort,
    *points: Point,
    address: str = "any",
    driver: DsmrP1 | None = None,
    counters: LineCounters | None = None,
    checksum: bool = True,
) -> Reply:
    target = Target("meter", address, points or (POWER,), {"checksum": checksum})
    return await (driver or DsmrP1(period_s=0.3)).poll(port, target, counters or LineCounters(), 0.1)


async def test_nothing_is_written_and_the_telegram_is_read() -> None:
    counters = LineCounters()
    with device_on_port() as (device, port):
        driver = DsmrP1(period_s=5.0)
        device.say([_telegram()[:100], _telegram()[100:]])
        reply = await _poll(port, POWER, GAS, WATER, driver=driver, counters=counters)
        assert reply.values == {"active_power": 244, "gas_volume": 112.384, "water_volume": 872_234}
        assert device.heard == []
    assert counters == LineCounters(replies=1)


async def test_of_several_telegrams_that_wait_the_newest_counts() -> None:
    with device_on_port() as (device, port):
        driver = DsmrP1(period_s=5.0)
        device.say([_telegram("00.100")])
        await _poll(port, driver=driver)
        device.say(_telegram("00.200") + _telegram("00.300") + _telegram("00.400")[:50])
        assert (await _poll(port, driver=driver)).values == {"active_power": 300}
        device.say(_telegram("00.400")[50:])
        assert (await _poll(port, driver=driver)).values == {"active_power": 400}


async def test_what_came_before_anybody_listened_is_not_given_out_as_new() -> None:
    with device_on_port() as (device, port):
        device.say(_telegram("99.000"))
        await port.read(1.0)
        device.say(_telegram("99.000"))
        driver = DsmrP1(period_s=0.2)
        with pytest.raises(TransientError, match="no telegram"):
            await _poll(port, driver=driver)


async def test_a_reader_switched_on_in_the_middle_takes_the_next_one() -> None:
    with device_on_port() as (device, port):
        driver = DsmrP1(period_s=5.0)
        device.say([_telegram("00.100")[60:] + _telegram("00.200")])
        assert (await _poll(port, driver=driver)).values == {"active_power": 200}


async def test_a_bad_crc_is_never_taken_and_counted() -> None:
    counters = LineCounters()
    broken = _telegram().replace(b"00.244", b"00.245")
    with device_on_port() as (device, port):
        driver = DsmrP1(period_s=0.3)
        device.say([broken])
        with pytest.raises(TransientError) as caught:
            await _poll(port, driver=driver, counters=counters)
        assert caught.value.reason == "bad_checksum"
    assert counters.checksum_errors == 1


async def test_a_telegram_without_a_crc_is_taken_only_where_the_profile_says_so() -> None:
    bare = _telegram().rpartition(b"!")[0] + b"!\r\n"
    with device_on_port() as (device, port):
        device.say([bare])
        with pytest.raises(TransientError, match="checksum: false"):
            await _poll(port)
        device.say([bare])
        driver = DsmrP1(period_s=5.0)
        assert (await _poll(port, driver=driver, checksum=False)).values == {"active_power": 244}


async def test_another_meters_telegram_is_refused_by_its_number() -> None:
    with device_on_port() as (device, port):
        device.say([_telegram(equipment="4B39")])
        with pytest.raises(TransientError, match="meter 4B39 speaks, not 4B38") as caught:
            await _poll(port, address="4B38")
        assert caught.value.reason == "malformed"


async def test_a_value_the_meter_does_not_send_fails_alone() -> None:
    frequency = Point("frequency", {"obis": "1-0:14.7.0"})
    with device_on_port() as (device, port):
        device.say([_telegram()])
        reply = await _poll(port, POWER, frequency, driver=DsmrP1(period_s=5.0))
        assert reply == Reply({"active_power": 244, "frequency": None}, {"frequency": "device_error"})
        device.say([_telegram()])
        with pytest.raises(PermanentError, match="no such value"):
            await _poll(port, frequency, driver=DsmrP1(period_s=5.0))


async def test_a_silent_port_is_no_reply() -> None:
    counters = LineCounters()
    with device_on_port() as (_, port), pytest.raises(TransientError) as caught:
        await _poll(port, counters=counters)
    assert caught.value.reason == "no_reply"
    assert counters == LineCounters(timeouts=1)


def test_a_telegram_cut_anywhere_is_waited_for_and_then_found() -> None:
    whole = _telegram()
    for cut in range(1, len(whole)):
        first = scan(whole[:cut])
        assert not first.telegrams, cut
        assert not first.faults, cut
        assert len(scan(first.rest + whole[cut:]).telegrams) == 1, cut


def test_noise_full_of_beginnings_costs_no_second() -> None:
    began_s = time.process_time()
    assert scan(b"/aaa5" * 1_600 + b"!0000\r\n").telegrams == ()
    assert scan(b"\n/aaa5" * 1_300 + b"!0000\r\n" + _telegram()).telegrams
    assert time.process_time() - began_s < 1.0


LIVE = {"0-1:24.1.0": "(003)", "0-1:96.1.0": "(4730)", "0-1:24.2.1": "(210830122505S)(01501.449*m3)"}


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ({}, 1501.449),
        ({"0-1:24.2.1": "(210830122505)(01501449*dm3)"}, 1501.449),
        ({"0-1:24.2.1": "(210830122505S)(01501.449)"}, None),
        ({"0-1:24.2.1": "(210830122505S)(01501.449*GJ)"}, None),
        ({"0-1:24.2.1": "()(01501.449*m3)"}, None),
        ({"0-1:24.2.1": "(700101010000W)(00000.000*m3)"}, None),
        ({"0-1:24.2.1": "(000101010000W)(00000.000*m3)"}, None),
        ({"0-1:24.2.1": "(632525252525S)(00000.000*m3)"}, None),
        ({"0-1:24.2.1": "(210501000000S)(01501.449*m3)"}, None),
        ({"0-1:96.1.0": "()"}, None),
        ({"0-2:24.1.0": "(003)", "0-2:24.2.1": "(190830122505S)(09999.000*m3)"}, 1501.449),
        ({"0-2:24.1.0": "(003)", "0-2:24.2.1": "(210830122500S)(09999.000*m3)"}, None),
    ],
)
async def test_a_sub_meter_is_believed_where_it_is_alive_and_the_only_one(
    changed: dict[str, str], value: float | None
) -> None:
    lines = {"0-0:1.0.0": "(210830122505S)", **LIVE, **changed}
    with device_on_port() as (device, port):
        device.say([telegram("ISk5", lines)])
        reply = await _poll(port, GAS, driver=DsmrP1(period_s=5.0))
    assert reply.values == {"gas_volume": value}
    assert reply.faults == ({} if value is not None else {"gas_volume": "device_error"})


async def test_of_two_live_meters_of_a_kind_the_profile_names_the_channel() -> None:
    second = {"0-2:24.1.0": "(003)", "0-2:24.2.1": "(210830122500S)(09999.000*m3)"}
    with device_on_port() as (device, port):
        device.say([telegram("ISk5", LIVE | second)])
        named = Point("gas_volume", {"sub_meter": "gas", "channel": 2})
        assert (await _poll(port, named, driver=DsmrP1(period_s=5.0))).values == {"gas_volume": 9999}


def test_a_line_that_is_no_data_set_costs_itself_where_a_crc_proves_the_rest() -> None:
    bad = _telegram().replace(b"1-3:0.2.8(50)", b"1-3:0.2.8(50")
    text = bad.rpartition(b"!")[0] + b"!"
    found = scan(text + f"{crc16(text):04X}\r\n".encode())
    assert found.telegrams[0].strange == ("1-3:0.2.8(50",)
    assert found.telegrams[0].readout().get("1-0:1.7.0") is not None
    assert not scan(text + b"\r\n").telegrams


def test_a_past_period_is_no_point_of_a_profile() -> None:
    check_at({"obis": "1-0:1.8.0*255"})
    with pytest.raises(ValueError, match="past period"):
        check_at({"obis": "1-0:1.8.0*1"})


@pytest.mark.parametrize("where", [{}, {"sub_meter": "oil"}, {"obis": "1.8.0", "sub_meter": "gas"}])
def test_a_profile_names_a_code_or_a_sub_meter(where: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="sub_meter"):
        check_at(where)


def _stamped(now: str, gas_at: str, gas: str = "00112.384") -> bytes:
    values = {
        "0-0:1.0.0": f"({now})",
        "1-0:1.7.0": "(00.244*kW)",
        "1-0:2.7.0": "(00.000*kW)",
        "0-2:24.1.0": "(003)",
        "0-2:24.2.3": f"({gas_at})({gas}*m3)",
    }
    return telegram(r"ISk5\2MT382-1000", values)


@pytest.mark.parametrize(
    ("now", "gas_at", "age_s"),
    [
        ("200512134501S", "200512130000S", 2_701),
        ("201025021000W", "201025025500S", 900),  # the hour that comes twice
        ("200512125958S", "200512130000S", 0),  # its clock is a little ahead
    ],
)
async def test_a_sub_meters_reading_has_the_age_that_the_meter_tells(
    now: str, gas_at: str, age_s: int
) -> None:
    with device_on_port() as (device, port):
        device.say([_stamped(now, gas_at)])
        reply = await _poll(port, POWER, GAS, driver=DsmrP1(period_s=5.0))
    assert reply.values == {"active_power": 244, "gas_volume": 112.384}
    assert reply.ages_ms == {"gas_volume": age_s * 1000}


async def test_a_sub_meters_reading_that_is_repeated_is_told_once() -> None:
    driver = DsmrP1(period_s=5.0)
    replies = []
    with device_on_port() as (device, port):
        for now, gas_at, gas in (
            ("200512134501S", "200512130000S", "00112.384"),
            ("200512134502S", "200512130000S", "00112.384"),
            ("200512140003S", "200512140000S", "00112.384"),
            ("200512140004S", "200512140000S", "00112.400"),
        ):
            device.say([_stamped(now, gas_at, gas)])
            replies.append(await _poll(port, POWER, GAS, driver=driver))
    assert [reply.values.get("gas_volume") for reply in replies] == [112.384, None, 112.384, 112.4]
    assert ["gas_volume" in reply.values for reply in replies] == [True, False, True, True]
    assert [reply.values["active_power"] for reply in replies] == [244] * 4


async def test_where_the_telegram_has_no_time_a_reading_is_of_now_each_time() -> None:
    driver = DsmrP1(period_s=5.0)
    with device_on_port() as (device, port):
        for _ in range(2):
            device.say([_telegram()])
            reply = await _poll(port, GAS, driver=driver)
            assert (reply.values, reply.ages_ms) == ({"gas_volume": 112.384}, {})
