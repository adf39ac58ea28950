"""Buckets of time: nothing between them, nothing beside them, days as the site's people have them."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.api.moments import Run, rfc3339, runs, step_of
from wire.durations import DAY_MS, HOUR_MS

#: Half hours (Kolkata, Lord Howe), clocks changed at midnight (Beirut, Cairo, Havana), a day less (Apia).
ZONES = [
    "Asia/Shanghai",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "Africa/Cairo",
    "America/Havana",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "UTC",
]
TIMES = st.integers(0, 4_102_444_799_999)
STEPS = ["1", "250ms", "1s", "59s", "1m", "7m", "15m", "1h", "5h", "24h", "8784h", "1d"]


def edges(found: list[Run]) -> list[int]:
    return [time for run in found for time in range(run.start, run.end, run.step_ms)] + [found[-1].end]


@given(TIMES, st.integers(1, 400), st.sampled_from(STEPS), st.sampled_from(ZONES))
def test_buckets_hold_what_was_asked_for_and_join_without_a_seam(
    start: int, count: int, text: str, zone: str
) -> None:
    step = step_of(text)
    end = start + count * (step.ms or DAY_MS)
    found = runs(start, end, step, ZoneInfo(zone))
    assert all(run.start < run.end and (run.end - run.start) % run.step_ms == 0 for run in found)
    assert all(one.end == other.start for one, other in itertools.pairwise(found))
    assert sum(len(run) for run in found) == len(edges(found)) - 1
    assert found[0].start <= start < found[0].start + found[0].step_ms
    assert found[-1].end - found[-1].step_ms < end <= found[-1].end


@given(TIMES, st.integers(1, 800), st.sampled_from(ZONES))
def test_a_day_begins_at_the_first_moment_of_a_local_date(start: int, days: int, name: str) -> None:
    zone = ZoneInfo(name)
    for time in edges(runs(start, start + days * DAY_MS, step_of("1d"), zone)):
        here = dt.datetime.fromtimestamp(time / 1000, zone)
        before = dt.datetime.fromtimestamp(time / 1000 - 1, zone)
        assert before.date() < here.date(), f"{here} in {name}"


@given(TIMES, st.sampled_from(ZONES))
def test_a_year_of_days_is_a_handful_of_questions(start: int, zone: str) -> None:
    assert len(runs(start, start + 365 * DAY_MS, step_of("1d"), ZoneInfo(zone))) <= 9


def test_neighbouring_calls_join() -> None:
    step = step_of("7m")
    first = runs(1_000_000, 2_000_000, step, ZoneInfo("UTC"))
    second = runs(first[-1].end, 3_000_000, step, ZoneInfo("UTC"))
    assert edges(first)[-1] == edges(second)[0]


@pytest.mark.parametrize(
    ("text", "ms"), [("90", 90), ("1500ms", 1_500), ("2m", 120_000), ("3h", 3 * HOUR_MS)]
)
def test_steps_mean_what_they_say(text: str, ms: int) -> None:
    assert step_of(text).ms == ms


@given(TIMES)
def test_a_written_time_reads_back(time_ms: int) -> None:
    assert round(dt.datetime.fromisoformat(rfc3339(time_ms)).timestamp() * 1000) == time_ms
