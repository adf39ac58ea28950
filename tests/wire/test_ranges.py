"""Two sets of ranges against each other: what a set says, in time in proportion to both."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from wire.ranges import Ranges

pairs = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 5)), max_size=20)


def ranges(given: list[tuple[int, int]]) -> tuple[Ranges, set[int]]:
    held = Ranges((first, first + length) for first, length in given)
    return held, {number for first, last in held for number in range(first, last + 1)}


@given(one=pairs, other=pairs, count=st.integers(0, 80))
def test_minus_within_and_highest_are_those_of_sets(
    one: list[tuple[int, int]], other: list[tuple[int, int]], count: int
) -> None:
    (mine, my_numbers), (theirs, their_numbers) = ranges(one), ranges(other)
    assert mine.minus(theirs) == Ranges((number, number) for number in my_numbers - their_numbers)
    assert mine.within(theirs) == Ranges((number, number) for number in my_numbers & their_numbers)
    highest = sorted(my_numbers)[len(my_numbers) - min(count, len(my_numbers)) :]
    assert mine.highest(count) == Ranges((number, number) for number in highest)


def test_a_hundred_thousand_ranges_against_as_many_are_a_moment_s_work() -> None:
    many = Ranges((at, at + 1) for at in range(1, 400_000, 4))
    others = Ranges((at, at + 1) for at in range(2, 400_000, 4))
    started = time.thread_time()
    assert len(many.minus(others)) + len(many.within(others)) == len(many)
    assert time.thread_time() - started < 5.0
