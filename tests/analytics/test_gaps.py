from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.gaps import gaps


def test_regular_readings_have_no_gap() -> None:
    assert gaps(range(0, 100, 10), 0, 100, 10) == []


def test_one_lost_reading_is_no_gap() -> None:
    assert gaps([0, 10, 30, 40], 0, 50, 10) == []


def test_a_hole_runs_from_the_end_of_the_last_reading_to_the_next() -> None:
    assert gaps([0, 10, 60, 70], 0, 80, 10) == [(20, 60)]


def test_silence_up_to_now_is_a_gap() -> None:
    assert gaps([0, 10], 0, 100, 10) == [(20, 100)]


def test_nothing_at_all_is_one_gap() -> None:
    assert gaps([], 0, 100, 10) == [(0, 100)]


def test_a_late_beginning_is_a_gap() -> None:
    assert gaps([50, 60, 70, 80, 90], 0, 100, 10) == [(0, 50)]


def test_readings_outside_the_window_do_not_count() -> None:
    assert gaps([-50, 0, 10, 500], 0, 20, 10) == []


@pytest.mark.parametrize(("start", "end", "usual", "k"), [(0, 1, 0, 3), (0, 1, 1, 0.5), (2, 1, 1, 3)])
def test_a_question_without_sense_is_refused(start: int, end: int, usual: int, k: float) -> None:
    with pytest.raises(ValueError, match="need"):
        gaps([], start, end, usual, k)


@given(
    st.lists(st.integers(0, 999), unique=True).map(sorted),
    st.integers(1, 50),
    st.sampled_from([1.0, 2.0, 3.0]),
)
def test_no_reading_lies_in_a_gap_and_every_long_silence_is_in_one(
    times: list[int], usual: int, k: float
) -> None:
    found = gaps(times, 0, 1_000, usual, k)
    assert all(0 <= a < b <= 1_000 for a, b in found)
    assert not any(a <= t < b for t in times for a, b in found)
    for first, second in itertools.pairwise(times):
        assert ((first + usual, second) in found) == (second - first > k * usual)
