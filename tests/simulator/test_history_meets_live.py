"""The past and the present of a site are one: same counters, same people, gaps as gaps."""

from __future__ import annotations

import csv
import gzip
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from simulator.devices.dlt645 import Dlt645Bus, Dlt645Meter, three_phase_items
from simulator.history import HistoryChunk, history
from simulator.model.plan import STAGES
from simulator.recording import write_recording
from simulator.site import METER, METER_ADDRESS, Gap, SimulatedSite, demo_site
from wire.quantities import QUANTITIES

ZONE = "Asia/Shanghai"
HOUR_MS = 3_600_000
#: 2025-11-24 14:00 in Shanghai.
NOW_MS = 1_763_964_000_000
DEVICES = {"meter-main", "water-main", "th-living", "th-bath", "th-bedroom"}


def column(chunks: list[HistoryChunk], device: str, quantity: str) -> list[tuple[int, float | None]]:
    return [
        reading
        for chunk in chunks
        for frame in chunk.frames
        if frame.device == device
        for reading in zip(frame.time, frame.values[quantity], strict=True)
    ]


@pytest.fixture(scope="module")
def site() -> SimulatedSite:
    return demo_site(18, ZONE)


@pytest.fixture(scope="module")
def past(site: SimulatedSite) -> list[HistoryChunk]:
    return list(history(site, NOW_MS - 26 * HOUR_MS - 12_345, NOW_MS))


def test_every_device_has_every_minute_once(past: list[HistoryChunk]) -> None:
    assert {frame.device for chunk in past for frame in chunk.frames} == DEVICES
    for device, quantity in (("meter-main", "frequency"), ("th-bath", "temperature")):
        times = [time for time, _ in column(past, device, quantity)]
        assert times == list(range(times[0], NOW_MS, 60_000))
        assert len(times) == 26 * 60


def test_every_value_is_within_the_table(past: list[HistoryChunk]) -> None:
    for chunk in past:
        for frame in chunk.frames:
            for quantity, values in frame.values.items():
                row = QUANTITIES[quantity]
                assert all(value is not None and row.low <= value <= row.high for value in values)


def test_chunks_follow_each_other_without_gap_or_overlap(past: list[HistoryChunk]) -> None:
    assert past[0].start_ms == NOW_MS - 26 * HOUR_MS - 12_345
    assert past[-1].end_ms == NOW_MS
    assert all(earlier.end_ms == later.start_ms for earlier, later in pairwise(past))
    assert all(chunk.end_ms - chunk.start_ms <= HOUR_MS for chunk in past)


def test_the_live_counters_continue_those_of_the_past(site: SimulatedSite, past: list[HistoryChunk]) -> None:
    (_, energy), (_, water) = (
        column(past, "meter-main", "active_energy_import")[-1],
        column(past, "water-main", "water_volume")[-1],
    )
    assert energy is not None
    assert water is not None
    assert 0 <= demo_site(18, ZONE).model.meter(NOW_MS).energy_kwh - energy < 0.2
    assert 0 <= demo_site(18, ZONE).model.water_litres(NOW_MS) - water < 20


def test_the_live_cards_are_those_of_the_past(site: SimulatedSite) -> None:
    past = {
        p.card
        for chunk in history(site, NOW_MS - 9 * 24 * HOUR_MS, NOW_MS, 3600)
        for p in chunk.swipes
        if p.direction == "in"
    }
    live = {swipe.card for swipe in site.swipes(NOW_MS, NOW_MS + HOUR_MS)}
    assert live
    assert live <= past


def test_a_silent_sensor_is_missing_not_zero() -> None:
    gaps = [Gap(NOW_MS - HOUR_MS, device="th-bath"), Gap(NOW_MS - 4 * HOUR_MS, NOW_MS - 3 * HOUR_MS)]
    site = demo_site(18, ZONE, gaps)
    chunks = list(history(site, NOW_MS - 5 * HOUR_MS, NOW_MS))
    for device, quantity, hours in (("th-bath", "temperature", 3), ("meter-main", "frequency", 4)):
        assert len(column(chunks, device, quantity)) == hours * 60
    assert not any(NOW_MS - 4 * HOUR_MS <= p.time_ms < NOW_MS - 3 * HOUR_MS for c in chunks for p in c.swipes)


def test_a_live_sensor_in_a_gap_does_not_answer() -> None:
    site = demo_site(18, ZONE, [Gap(NOW_MS, device=METER)])
    meter = Dlt645Meter(METER_ADDRESS, lambda _: {}, lambda time_ms: site.is_silent(METER, time_ms))
    bus = Dlt645Bus([meter])
    asked = bytes.fromhex("68AAAAAAAAAAAA681300DF16")
    assert bus.hear(asked, NOW_MS - 1)
    assert not bus.hear(asked, NOW_MS)


def test_all_a_meter_shows_can_be_said_in_its_protocol(site: SimulatedSite) -> None:
    for minute in range(0, 24 * 60, 3):
        reading = site.model.meter(NOW_MS - minute * 60_000)
        items = three_phase_items(reading)
        assert items[0x0203FF00] == b"".join(items[0x02030000 + 0x100 * n] for n in range(4))
        assert items[0x0201FF00] == b"".join(items[0x02010000 + 0x100 * n] for n in (1, 2, 3))
        assert int(items[0x00010000][::-1].hex()) == round(reading.energy_kwh * 100)
        assert int(items[0x02030000][::-1].hex()) == reading.total_power * 10


def test_a_recording_holds_the_same_past(tmp_path: Path, site: SimulatedSite) -> None:
    start_ms = NOW_MS - 3 * HOUR_MS
    write_recording(tmp_path, site, start_ms, NOW_MS)
    with gzip.open(tmp_path / "readings/meter-main.csv.gz", "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    chunks = list(history(site, start_ms, NOW_MS))
    energy = column(chunks, "meter-main", "active_energy_import")
    assert [(int(row["time"]), float(row["active_energy_import"])) for row in rows] == energy
    with gzip.open(tmp_path / "events.csv.gz", "rt", newline="") as file:
        events = list(csv.DictReader(file))
    swipes = site.swipes(start_ms, NOW_MS)
    assert [(int(event["time"]), event["badge"]) for event in events] == [
        (swipe.time_ms, swipe.number) for swipe in swipes
    ]
    assert all(len(event["badge"]) == 10 and event["badge"].isdecimal() for event in events)


def test_a_recording_says_which_site_and_devices_it_is_of(tmp_path: Path, site: SimulatedSite) -> None:
    write_recording(tmp_path, site, NOW_MS - HOUR_MS, NOW_MS)
    said = yaml.safe_load((tmp_path / "site.yaml").read_text())
    assert said["site"] == "fenglin-18"
    assert said["timezone"] == ZONE
    assert {device["id"] for device in said["devices"]} == DEVICES | {"gate-in", "gate-out"}
    date, stage, share = (tmp_path / "truth/stages.csv").read_text().splitlines()[-1].split(",")
    assert (date, share) == ("2025-11-24", "1")
    assert stage in {known.name for known in STAGES}
