"""The one rule for counters, against lives whose true consumption is known, however they were cut."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.timeseries.counter import GLITCH_MS, MOST_RUNS, Exchange, Life, Run, joined, lived, runs_of
from store.timeseries.limits import COUNTERS, ELECTRICITY
from wire.durations import HOUR_MS, MINUTE_MS
from wire.quantities import QUANTITIES

EVER: Final = 1 << 50
#: Registers of the generated meters show hundredths.
RESOLUTION: Final = 0.01
#: A register that is back where it was within the time of a glitch was never reset, for all anybody can tell:
#: so much 20 kW need for longer.
REGAINED_KWH: Final = 25.0
MISHAPS: Final = ("zero", "dip", "spike", "reset", "exchange", "gap", "stuck")


@dataclass(frozen=True)
class Told:
    """What a meter answered, and what was really used. `jumps`: how often the register began anew."""

    readings: list[tuple[int, float]]
    used: float
    jumps: int


@st.composite
def lives(draw: st.DrawFn) -> Told:
    """A meter read every ten seconds to a quarter of an hour: it uses 0 to 20 kW, is silent at times, answers
    zeros, dips and spikes for a few readings, stands still and catches up, is reset or exchanged now and
    then. Between two mishaps it works for longer than a glitch may last."""
    register = draw(st.floats(500, 90_000).map(lambda v: round(v, 2)))
    interval = draw(st.sampled_from([10_000, 60_000, 900_000]))
    time, used, jumps = 0, 0.0, 0
    readings = [(time, register)]

    def work(count: int, kilowatts: float) -> None:
        nonlocal time, register, used
        for _ in range(count):
            time += interval
            step = round(kilowatts * interval / 3_600_000, 2)
            register = round(register + step, 2)
            used += step
            readings.append((time, register))

    quiet = 2 * GLITCH_MS // interval + 2
    work(3, 1.0)
    for what in draw(st.lists(st.sampled_from(MISHAPS), max_size=6)):
        kilowatts = draw(st.floats(0, 20))
        if what in {"zero", "dip", "spike"}:
            wrong = {"zero": 0.0, "dip": round(register * 0.9, 2), "spike": register + 65_535.0}[what]
            for _ in range(draw(st.integers(1, 3))):
                time += interval
                readings.append((time, wrong))
        elif what == "stuck":
            # What it stood still for comes in one step: some kWh, beyond the grain.
            work(3 * HOUR_MS // interval, 0.0)
            register, used = round(register + 24.0, 2), used + 24.0
            work(1, 0.0)
        elif what == "gap":
            time += draw(st.integers(1, 20)) * 3_600_000
        elif what == "exchange" or register > REGAINED_KWH:
            higher = register < 1_000 or draw(st.booleans())
            register = 0.0 if what == "reset" else round(register + (9_000 if higher else -450), 2)
            jumps += 1
            time += interval
            readings.append((time, register))
        work(quiet, kilowatts)
    return Told(readings, used, jumps)


def cut(readings: list[tuple[int, float]], width_ms: int) -> list[Run]:
    """The runs of cells of one width, joined within each and laid end to end."""
    cells = itertools.groupby(readings, key=lambda one: one[0] // width_ms)
    return [run for _, cell in cells for run in runs_of(cell, ELECTRICITY.small)]


def life(runs: list[Run], step_ms: int = EVER, exchanges: tuple[Exchange, ...] = ()) -> Life:
    return lived(runs, ELECTRICITY, 0, EVER, step_ms, exchanges)


def grown(found: Life) -> float:
    return sum(found.grown().values())


@settings(max_examples=150, deadline=None)
@given(lives())
def test_growth_is_what_was_used_but_for_marked_steps(told: Told) -> None:
    found = life(cut(told.readings, 1))
    assert grown(found) == pytest.approx(told.used, abs=RESOLUTION * (1 + told.jumps))
    assert sum(mark.why in {"reset", "exchange"} for mark in found.marks()) == told.jumps


@settings(max_examples=100, deadline=None)
@given(lives(), st.sampled_from([MINUTE_MS, 6 * MINUTE_MS, 60 * MINUTE_MS]))
def test_it_is_the_same_however_it_was_cut(told: Told, width_ms: int) -> None:
    one, other = life(cut(told.readings, 1)), life(cut(told.readings, width_ms))
    assert grown(one) == pytest.approx(grown(other), abs=1e-6)
    assert one.marks() == other.marks()
    by_bucket = life(cut(told.readings, width_ms), width_ms)
    assert grown(by_bucket) == pytest.approx(grown(one), abs=1e-6)
    assert all(amount >= 0 for amount in by_bucket.grown().values())


readings_of_any_kind = st.lists(st.floats(0, 100).map(lambda v: round(v, 1)), max_size=60).map(
    lambda values: [(at * MINUTE_MS, value) for at, value in enumerate(values)]
)


@given(readings_of_any_kind, st.integers(0, 60), st.integers(0, 60))
def test_joining_runs_is_associative(readings: list[tuple[int, float]], one: int, two: int) -> None:
    low, high = sorted((one, two))
    a, b, c = (runs_of(part, 0.2) for part in (readings[:low], readings[low:high], readings[high:]))
    assert (
        joined([joined([a, b], 0.2), c], 0.2)
        == joined([a, joined([b, c], 0.2)], 0.2)
        == runs_of(readings, 0.2)
    )


@given(readings_of_any_kind)
def test_growth_is_never_negative_and_finite(readings: list[tuple[int, float]]) -> None:
    found = life(cut(readings, 1), MINUTE_MS)
    assert all(0 <= amount < math.inf for amount in found.grown().values())


@given(readings_of_any_kind, st.integers(0, 60))
def test_a_copy_goes_its_own_way(readings: list[tuple[int, float]], at: int) -> None:
    runs = cut(readings, 1)
    first = life(runs[:at])
    before = grown(first)
    copy = first.copy()
    for run in runs[at:]:
        copy.add(run)
    assert grown(first) == before
    assert copy == life(runs)


def test_what_a_person_says_counts_both_meters_to_their_ends() -> None:
    runs = cut([(0, 100.0), (MINUTE_MS, 100.1), (10 * MINUTE_MS, 50.2), (11 * MINUTE_MS, 50.3)], 1)
    assert grown(life(runs)) == pytest.approx(0.2)
    told = (Exchange(5 * MINUTE_MS, old_last=100.4, new_first=50.0),)
    assert grown(life(runs, exchanges=told)) == pytest.approx(0.4 + 0.3)
    assert grown(life(runs, exchanges=(Exchange(5 * MINUTE_MS),))) == pytest.approx(0.2)


def test_a_gas_meter_that_is_told_once_an_hour_and_repeated_meanwhile_counts() -> None:
    hours = [100.0, 102.5, 105.1, 109.0]
    readings = [(10_000 * (360 * hour + at), value) for hour, value in enumerate(hours) for at in range(360)]
    gas = COUNTERS["gas_volume"]
    life = lived([Run(time, value, time, value) for time, value in readings], gas, 0, EVER, EVER)
    assert life.grown() == {0: pytest.approx(9.0)}
    assert life.marks() == []


def stood_still(hours: int, then: float, silent_ms: int = MINUTE_MS) -> Life:
    """A meter that shows 100.0 every minute for so long, and another value after a silence."""
    readings = [(at * MINUTE_MS, 100.0) for at in range(60 * hours)]
    time = readings[-1][0] + silent_ms
    return life(cut([*readings, (time, then), (time + MINUTE_MS, then + 0.1)], HOUR_MS))


def test_what_stood_still_and_was_read_catches_up_within_what_the_time_makes_possible() -> None:
    """A coarse meter, or a bridge that hung, hands on in one step what was used meanwhile."""
    assert grown(stood_still(5, 400.0)) == pytest.approx(300.1)
    assert [mark.why for mark in stood_still(5, 700.0).marks()] == ["exchange"]
    assert grown(stood_still(5, 700.0)) == pytest.approx(0.1)


def test_it_catches_up_a_day_at_most_and_never_after_a_silence_in_which_it_could_be_exchanged() -> None:
    assert grown(stood_still(40, 2_400.0)) == pytest.approx(2_300.1)
    assert [mark.why for mark in stood_still(40, 2_600.0).marks()] == ["exchange"]
    assert [mark.why for mark in stood_still(5, 400.0, silent_ms=6 * MINUTE_MS).marks()] == ["exchange"]


def test_a_counter_that_jumps_all_the_time_is_bounded() -> None:
    readings = [(at, float(at % 2) * 1000) for at in range(10_000)]
    runs = runs_of(readings, 0.2)
    assert len(runs) == MOST_RUNS
    assert grown(life(runs)) == 0


def test_every_counter_has_limits_and_no_step_of_a_minute_is_too_large_for_its_grain() -> None:
    assert {name for name, row in QUANTITIES.items() if row.kind == "counter"} == COUNTERS.keys()
    for name, growth in COUNTERS.items():
        assert growth.small < growth.grain >= growth.most_per_hour / 60, name
