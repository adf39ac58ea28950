from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from analytics.totals import ELECTRICITY, WATER, Limit, Tally, increase

MINUTE = 60_000
HOUR = 3_600_000
ANY = Limit(math.inf, grain=math.inf, small=1.0)


def total(*readings: tuple[int, float | None], base: tuple[int, float] | None = None) -> float:
    return increase(readings, 0, 24 * HOUR, ANY, base).total


def test_growth_is_last_minus_first() -> None:
    assert total((0, 100.0), (1, 101.5), (2, 104.0)) == 4.0


def test_the_reading_before_midnight_is_the_base() -> None:
    tally = increase([(HOUR, 103.0)], 0, 24 * HOUR, ANY, base=(-60_000, 100.0))
    assert (tally.total, tally.since) == (3.0, -60_000)


def test_readings_before_the_start_in_the_column_serve_as_base_too() -> None:
    assert total((-2, 90.0), (-1, 100.0), (5, 104.0)) == 4.0


def test_without_a_base_the_total_says_since_when_it_counts() -> None:
    assert increase([(HOUR, 100.0), (2 * HOUR, 101.0)], 0, 24 * HOUR, ANY).since == HOUR


def test_nothing_read_is_not_zero() -> None:
    assert increase([], 0, 24 * HOUR, ANY).time is None
    assert increase([(5, None)], 0, 24 * HOUR, ANY).time is None


def test_nulls_and_numbers_that_are_none_are_skipped() -> None:
    assert total((0, 100.0), (1, None), (2, math.nan), (3, math.inf), (4, 102.0)) == 2.0


def test_a_reset_begins_anew_and_is_counted_as_one() -> None:
    readings = [(0, 100.0), (MINUTE, 102.0), (2 * MINUTE, 0.5), (3 * MINUTE, 1.5)]
    tally = increase(readings, 0, 24 * HOUR, ELECTRICITY)
    assert (tally.total, tally.resets, tally.replacements) == (3.0, 1, 0)


def test_readings_after_the_end_do_not_count() -> None:
    assert total((0, 1.0), (24 * HOUR, 9.0)) == 0.0


def test_a_replaced_meter_adds_nothing_of_its_own_past() -> None:
    readings = [(0, 100.0), (HOUR, 101.0), (2 * HOUR, 5_231.0), (3 * HOUR, 5_232.0)]
    tally = increase(readings, 0, 24 * HOUR, ELECTRICITY)
    assert (tally.total, tally.replacements, tally.resets) == (2.0, 1, 0)
    readings = [(0, 90_000.0), (HOUR, 48_000.0), (2 * HOUR, 48_030.0)]
    tally = increase(readings, 0, 24 * HOUR, WATER)
    assert (tally.total, tally.replacements, tally.resets) == (30.0, 1, 0)


def test_a_late_reading_changes_nothing_in_a_running_tally() -> None:
    tally = Tally().add(0, 100.0, ANY).add(10, 105.0, ANY)
    assert tally.add(5, 103.0, ANY) is tally is tally.add(10, 999.0, ANY)


def test_a_step_up_that_was_a_spike_is_taken_back() -> None:
    tally = Tally().add(0, 100.0, ELECTRICITY).add(MINUTE, 101.0, ELECTRICITY)
    assert tally.total == 1.0
    assert tally.add(2 * MINUTE, 100.25, ELECTRICITY).total == 0.25
    assert tally.total == 1.0  # a tally itself does not change


columns = st.lists(st.one_of(st.none(), st.floats(0, 1e6)), max_size=40)


@given(columns, st.integers(0, 40))
def test_counting_on_equals_counting_at_once(values: list[float | None], cut: int) -> None:
    readings = list(enumerate(values))
    tally = increase(readings[:cut], 0, HOUR, ELECTRICITY)
    for time, value in readings[cut:]:
        tally = tally.add(time, value, ELECTRICITY)
    assert tally == increase(readings, 0, HOUR, ELECTRICITY)


@given(columns)
def test_growth_is_never_negative_and_no_more_than_the_connection_carries(values: list[float | None]) -> None:
    tally = increase([(i * MINUTE, v) for i, v in enumerate(values)], 0, HOUR * 24, ELECTRICITY)
    assert 0 <= tally.total <= ELECTRICITY.grain * max(len(values), 1) + 1e-6
