"""What the store on InfluxDB promises beyond the contract: windows are right also before late readings are
rolled up, and in the corners where a rollup holds more than was asked for."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from store.timeseries.contract import Block
from store.timeseries.influx import InfluxTimeSeries
from tests.influx import settings_for

START: Final = 1_764_000_000_000
MINUTE: Final = 60_000
HOUR: Final = 3_600_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[InfluxTimeSeries]:
    store = InfluxTimeSeries(settings_for(tmp_path))
    yield store
    store.close()


def write(store: InfluxTimeSeries, readings: dict[int, float], device: str = "meter") -> None:
    times = [START + at for at in readings]
    store.write([Block("s", device, times, {"energy": list(readings.values())})], 1)


def roll_all_up(store: InfluxTimeSeries) -> None:
    while store.roll_up(1000):
        pass


def increases(
    store: InfluxTimeSeries, start: int, end: int, step_ms: int, device: str = "meter"
) -> list[float | None]:
    window = store.window("s", device, "energy", START + start, START + end, step_ms, ["increase"])
    return window.columns["increase"]


def plain(readings: dict[int, float], start: int, end: int, step_ms: int) -> list[float | None]:
    ordered = sorted(readings.items())
    steps = {ordered[0][0]: 0.0}
    for (_, then), (at, now) in itertools.pairwise(ordered):
        steps[at] = now - then if now >= then else now
    found: list[float | None] = []
    for bucket in range(start, end, step_ms):
        inside = [step for at, step in steps.items() if bucket <= at < min(bucket + step_ms, end)]
        found.append(sum(inside) if inside else None)
    return found


def test_a_late_reading_before_a_window_changes_its_first_step_at_once(store: InfluxTimeSeries) -> None:
    write(store, {0: 5.0, 3 * HOUR: 7.0})
    roll_all_up(store)
    write(store, {HOUR: 6.5})
    assert increases(store, 2 * HOUR, 4 * HOUR, HOUR) == [None, 0.5]
    assert increases(store, 2 * HOUR, 4 * HOUR, 2 * HOUR) == [0.5]


def test_a_window_that_begins_within_a_minute_does_not_step_from_its_end(store: InfluxTimeSeries) -> None:
    write(store, {20_000: 5.0, 30_000: 0.0, 40_000: 0.5})
    roll_all_up(store)
    assert increases(store, 10_000, 80_000, 70_000) == [0.5]


def test_increases_are_right_before_and_after_late_readings_are_rolled_up(store: InfluxTimeSeries) -> None:
    chance = random.Random(3)

    def some(count: int) -> dict[int, float]:
        longest = [3 * MINUTE, 5 * HOUR, 40 * HOUR]
        return {chance.randrange(chance.choice(longest)): float(chance.randrange(4)) for _ in range(count)}

    for number in range(40):
        device = f"meter-{number}"
        start = chance.choice([0, MINUTE, 12_345, -5 * MINUTE, 2 * HOUR])
        step_ms = chance.choice([MINUTE, 7 * MINUTE, HOUR, 6 * HOUR, 526 * MINUTE, 1_234_567])
        span = (start, start + chance.randrange(1, 41 * HOUR), step_ms)
        readings = some(chance.randrange(1, 8))
        late = {at: value for at, value in some(2).items() if at not in readings}
        for part in (readings, late):
            write(store, part, device)
            expected = plain(readings | part, *span)
            assert increases(store, *span, device) == expected, (span, readings, part)
            roll_all_up(store)
            assert increases(store, *span, device) == expected, (span, readings, part)


def test_long_windows_over_hours_do_not_read_minutes_or_readings(store: InfluxTimeSeries) -> None:
    write(store, {minute * MINUTE: float(minute) for minute in range(0, 72 * 60, 10)})
    roll_all_up(store)
    store._questions.change("DELETE FROM telemetry")
    store._questions.change("DELETE FROM telemetry_1m")
    assert increases(store, 0, 72 * HOUR, 24 * HOUR) == [1430, 1440, 1440]


def test_a_sparse_series_whose_readings_are_forgotten_is_answered_from_rollups(
    store: InfluxTimeSeries,
) -> None:
    write(store, {minute * MINUTE: 1.0 for minute in range(120)})
    store.forget(START + HOUR, 0)
    window = store.window("s", "meter", "energy", START, START + 2 * HOUR, 7 * MINUTE, ["count"])
    assert sum(count or 0 for count in window.columns["count"]) == 120
