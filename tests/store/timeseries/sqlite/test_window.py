"""Windows of the SQLite time series: right at every moment, whatever is stale, from few large cells."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.timeseries.contract import Aggregate, Block
from store.timeseries.sqlite import SqliteTimeSeries
from store.timeseries.sqlite.window import Plan, plan

START = 1_764_000_000_000
MINUTE = 60_000
HOUR = 3_600_000
ALL: tuple[Aggregate, ...] = ("min", "max", "mean", "last", "count", "increase")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteTimeSeries]:
    opened = SqliteTimeSeries(tmp_path / "timeseries.db")
    yield opened
    opened.close()


def columns(store: SqliteTimeSeries, start: int, end: int, step: int) -> dict[Aggregate, list[float | None]]:
    return store.window("s", "d", "q", start, end, step, ALL).columns


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_never_depends_on_how_much_is_rolled_up(store: SqliteTimeSeries, seed: int) -> None:
    """Late readings and partial roll-ups at random, against windows made of single readings only."""
    chance = random.Random(seed)
    for position in range(25):
        times = sorted({START + chance.randrange(7 * HOUR) for _ in range(chance.randrange(1, 50))})
        # Quarters add up without rounding, in whatever order.
        values = [chance.randrange(-40, 40) / 4 for _ in times]
        store.write([Block("s", "d", times, {"q": list(values)})], position)
        store.roll_up(chance.randrange(30))
        start = START + chance.choice([0, 17 * MINUTE, HOUR])
        end = start + chance.randrange(1, 7 * HOUR)
        step = chance.choice([MINUTE, 45 * MINUTE, HOUR, 95 * MINUTE])
        # From one millisecond before, buckets do not begin on minutes: that window reads readings only.
        fine = [columns(store, at, min(at + step, end), step + 1) for at in range(start, end, step)]
        assert columns(store, start, end, step) == {
            aggregate: [one[aggregate][0] for one in fine] for aggregate in ALL
        }


def test_whole_hours_are_read_as_hours_and_cut_ones_as_minutes() -> None:
    hour, minute = START // HOUR, START // MINUTE
    made = plan(START, START + 4 * HOUR, 90 * MINUTE, stale=[])
    assert made.hours == [(hour, hour + 1), (hour + 2, hour + 4)]
    assert made.minutes == [(minute + 60, minute + 120)]
    assert made.points == []


def test_a_stale_minute_is_read_by_its_readings_and_its_hour_by_minutes() -> None:
    hour, minute = START // HOUR, START // MINUTE
    made = plan(START, START + 2 * HOUR, HOUR, stale=[minute + 10])
    assert made.hours == [(hour + 1, hour + 2)]
    assert made.minutes == [(minute, minute + 10), (minute + 11, minute + 60)]
    assert made.points == [(START + 10 * MINUTE, START + 11 * MINUTE)]


def test_buckets_that_begin_within_minutes_are_made_of_readings() -> None:
    assert plan(START + 1, START + HOUR, MINUTE, stale=[]) == Plan(points=[(START + 1, START + HOUR)])
    assert plan(START, START + HOUR, MINUTE + 1, stale=[]) == Plan(points=[(START, START + HOUR)])


@given(
    start=st.integers(0, 300),
    length_ms=st.integers(1, 400 * MINUTE),
    step=st.integers(1, 200),
    stale=st.sets(st.integers(-10, 800), max_size=20),
)
def test_a_plan_covers_its_window_once_and_no_cell_lies_in_two_buckets(
    start: int, length_ms: int, step: int, stale: set[int]
) -> None:
    first_ms = START + start * MINUTE
    minutes = sorted(START // MINUTE + at for at in stale)
    made = plan(first_ms, first_ms + length_ms, step * MINUTE, minutes)
    cells = [(at * HOUR, (at + 1) * HOUR) for low, high in made.hours for at in range(low, high)]
    cells += [(at * MINUTE, (at + 1) * MINUTE) for low, high in made.minutes for at in range(low, high)]
    assert not {low // MINUTE for low, _ in cells} & set(minutes)
    cells += made.points
    reached = first_ms
    for low, high in sorted(cells):
        assert low == reached
        assert (low - first_ms) // (step * MINUTE) == (high - 1 - first_ms) // (step * MINUTE)
        reached = high
    assert reached == first_ms + length_ms
