"""Rollups that commit 225f4a1 made in InfluxDB are made anew by themselves, step by step.

`../../../plumbline/of_225f4a1/influxdb.lines.gz` is a year of its database as line protocol: rollups of the
rule of then, and the readings of all of it. Its last forty days are enough here.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx2
import pytest

from store.timeseries.contract import Block
from store.timeseries.influxdb.query import RAW, delete, select, where
from store.timeseries.influxdb.rebuild import RULE
from store.timeseries.influxdb.series import InfluxTimeSeries
from store.timeseries.influxdb.settings import InfluxSettings
from tests.influx import settings_for

OLD: Final = Path(__file__).parents[3] / "plumbline" / "of_225f4a1" / "influxdb.lines.gz"
SITE: Final = "fenglin-18"
DAY: Final = 86_400_000
DAYS: Final = 40


@pytest.fixture
def settings(tmp_path: Path) -> InfluxSettings:
    """A database as that version left it."""
    made = settings_for(tmp_path)
    _post(made, "query", {"q": f'CREATE DATABASE "{made.database}"'}, b"")
    _post(made, "write", {"db": made.database, "precision": "ms"}, _last_days())
    return made


def _last_days() -> bytes:
    lines = gzip.decompress(OLD.read_bytes()).splitlines(keepends=True)
    times = [int(line.rpartition(b" ")[2]) for line in lines]
    since = max(times) - DAYS * DAY
    return b"".join(
        line
        for line, time in zip(lines, times, strict=True)
        if time >= since or b"_stale" in line or b"_reached" in line
    )


def _post(made: InfluxSettings, path: str, query: dict[str, str], body: bytes) -> None:
    httpx2.post(f"{made.url}/{path}", params=query, content=body).raise_for_status()


@pytest.fixture
def store(settings: InfluxSettings) -> Iterator[InfluxTimeSeries]:
    opened = InfluxTimeSeries(settings)
    yield opened
    opened.close()


def steps(store: InfluxTimeSeries, most: int = 1_000_000) -> int:
    """So many steps of the upkeep, or until there is nothing to do; how many those were."""
    done = 0
    while done < most and store.roll_up(60):
        done += 1
    return done


def old_rows(store: InfluxTimeSeries, measurement: str) -> int:
    """Rows of a rollup that are as that version made them: without `area`."""
    rows = store._questions.ask(
        select('"active_power.count", "active_power.area"', measurement, where(SITE, ["meter-main"]))
    )
    return sum(area is None for series in rows for area in series.columns["active_power.area"])


def test_all_are_made_anew_and_that_is_done_once(store: InfluxTimeSeries, settings: InfluxSettings) -> None:
    assert old_rows(store, "telemetry_1m") >= DAYS
    assert steps(store) >= DAYS, "a little at a time"
    assert (old_rows(store, "telemetry_1m"), old_rows(store, "telemetry_1h")) == (0, 0)
    assert store.counts()["devices_to_rebuild"] == 0
    again = InfluxTimeSeries(settings)
    assert again.roll_up(60) == 0
    again.close()


def test_a_process_that_ends_is_gone_on_from_by_the_next(
    store: InfluxTimeSeries, settings: InfluxSettings
) -> None:
    whole = old_rows(store, "telemetry_1m")
    assert steps(store, 20) == 20
    assert store.counts()["devices_to_rebuild"] == 2
    left = old_rows(store, "telemetry_1m")
    assert 0 < left < whole
    after = InfluxTimeSeries(settings)
    assert after.roll_up(60) > 0
    assert old_rows(after, "telemetry_1m") in range(left - 60, left)
    steps(after)
    assert old_rows(after, "telemetry_1m") == 0
    after.close()


def test_what_has_come_meanwhile_is_rolled_up_first(store: InfluxTimeSeries) -> None:
    assert steps(store, 3) == 3
    newest = store.newest()
    assert newest is not None
    store.write([Block(SITE, "meter-main", [newest + DAY], {"active_power": [1.0]})], 10_000)
    left = old_rows(store, "telemetry_1m")
    assert store.roll_up(60) == 1
    assert old_rows(store, "telemetry_1m") == left


def test_of_minutes_whose_readings_are_gone_the_old_rollups_stay(store: InfluxTimeSeries) -> None:
    newest = store.newest()
    assert newest is not None
    before = newest - 20 * DAY
    store._questions.change(delete(RAW, f"time < {before}ms"))
    told = store.window(SITE, "meter-main", "active_power", before - DAY, before, DAY, ["count", "mean"])
    whole = old_rows(store, "telemetry_1m")
    steps(store)
    assert 0 < old_rows(store, "telemetry_1m") < whole
    again = store.window(SITE, "meter-main", "active_power", before - DAY, before, DAY, ["count", "mean"])
    assert again == told


def test_what_is_erased_is_not_made_anew(store: InfluxTimeSeries) -> None:
    assert steps(store, 2) == 2
    store.erase(SITE)
    assert store.counts()["devices_to_rebuild"] == 0
    assert steps(store) == 0
    assert store.devices(SITE) == {}


def test_a_new_database_has_nothing_to_make_anew(tmp_path: Path) -> None:
    store = InfluxTimeSeries(settings_for(tmp_path))
    assert store.roll_up(60) == 0
    (told,) = store._questions.ask("SELECT last(rule) FROM telemetry_reached")
    assert told.columns["last"] == [RULE]
    store.close()
