"""What the store on InfluxDB promises beyond the contract: windows are right also before late readings are
rolled up, and in the corners where a rollup holds more than was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from store.timeseries.contract import Block
from store.timeseries.influxdb.series import InfluxTimeSeries
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
    store.write([Block("s", device, times, {"active_energy_import": list(readings.values())})], 1)


def roll_all_up(store: InfluxTimeSeries) -> None:
    while store.roll_up(1000):
        pass


def increases(
    store: InfluxTimeSeries, start: int, end: int, step_ms: int, device: str = "meter"
) -> list[float | None]:
    window = store.window(
        "s", device, "active_energy_import", START + start, START + end, step_ms, ["increase"]
    )
    return window.columns["increase"]


def test_a_late_reading_before_a_window_changes_its_first_step_at_once(store: InfluxTimeSeries) -> None:
    write(store, {0: 5.0, 3 * HOUR: 7.0})
    roll_all_up(store)
    write(store, {HOUR: 6.5})
    assert increases(store, 2 * HOUR, 4 * HOUR, HOUR) == [None, 0.5]
    assert increases(store, 2 * HOUR, 4 * HOUR, 2 * HOUR) == [0.5]


def test_a_window_that_begins_within_a_minute_does_not_step_from_its_end(store: InfluxTimeSeries) -> None:
    write(store, {20_000: 5.0, 30_000: 5.25, 40_000: 5.5})
    roll_all_up(store)
    assert increases(store, 10_000, 80_000, 70_000) == [0.5]


def test_long_windows_over_hours_do_not_read_minutes_or_readings(store: InfluxTimeSeries) -> None:
    write(store, {minute * MINUTE: minute / 10 for minute in range(0, 72 * 60, 10)})
    roll_all_up(store)
    store._questions.change("DELETE FROM telemetry")
    store._questions.change("DELETE FROM telemetry_1m")
    assert increases(store, 0, 72 * HOUR, 24 * HOUR) == [143, 144, 144]


def test_a_sparse_series_whose_readings_are_forgotten_is_answered_from_rollups(
    store: InfluxTimeSeries,
) -> None:
    write(store, {minute * MINUTE: 1.0 for minute in range(120)})
    store.forget(START + HOUR, 0)
    window = store.window(
        "s", "meter", "active_energy_import", START, START + 2 * HOUR, 7 * MINUTE, ["count"]
    )
    assert sum(count or 0 for count in window.columns["count"]) == 120
