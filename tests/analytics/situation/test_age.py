from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.situation.age import freshness, late_after_ms, silent_after_ms

ORDER = ["fresh", "late", "silent"]


@pytest.mark.parametrize(
    ("age_s", "interval_s", "expected"),
    [
        (0, 1, "fresh"), (9.9, 1, "fresh"), (10, 1, "late"), (119.9, 1, "late"), (120, 1, "silent"),
        (89, 30, "fresh"), (90, 30, "late"), (299, 30, "late"), (300, 30, "silent"), (-5, 1, "fresh"),
    ],
)  # fmt: skip
def test_words_for_ages(age_s: float, interval_s: int, expected: str) -> None:
    assert freshness(round(age_s * 1000), interval_s * 1000) == expected


@given(st.integers(-1_000, 10**9), st.integers(0, 10**8), st.integers(1, 10**7))
def test_a_reading_only_grows_older(age_ms: int, more_ms: int, interval_ms: int) -> None:
    young, old = freshness(age_ms, interval_ms), freshness(age_ms + more_ms, interval_ms)
    assert ORDER.index(young) <= ORDER.index(old)


@given(st.integers(1, 10**7))
def test_late_comes_before_silent(interval_ms: int) -> None:
    assert interval_ms < late_after_ms(interval_ms) < silent_after_ms(interval_ms)


def test_an_interval_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        freshness(1, 0)
