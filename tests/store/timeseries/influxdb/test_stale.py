"""Marks of stale minutes: one too many is harmless, one too few is a wrong figure."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from store.timeseries.influxdb.stale import Job, Marks, coarse, decoded, encoded
from wire.ranges import Ranges

KEY = ("site", "device")
SETS = st.sets(st.integers(0, 300), max_size=60)


def ranges(numbers: set[int]) -> Ranges:
    return Ranges((number, number) for number in numbers)


@given(SETS)
def test_ranges_are_read_as_they_were_written(numbers: set[int]) -> None:
    assert decoded(encoded(ranges(numbers))) == ranges(numbers)


@given(SETS, st.integers(1, 10))
def test_made_coarse_they_hold_all_and_are_few(numbers: set[int], most: int) -> None:
    made = coarse(ranges(numbers), most)
    assert len(made.pairs()) <= most
    assert all(number in made for number in numbers)


def test_a_minute_is_told_once_until_it_is_rolled_up() -> None:
    marks = Marks()
    assert marks.add({KEY: [1, 2]}) == [KEY]
    marks.told([KEY])
    assert marks.add({KEY: [2]}) == []
    jobs = marks.take(10, before=100)
    assert jobs == [Job("site", "device", 1, 2)]
    assert marks.done(jobs) == [KEY]
    marks.told([KEY])
    assert marks.add({KEY: [2]}) == [KEY]


def test_what_was_not_told_is_told_again() -> None:
    marks = Marks()
    marks.add({KEY: [1]})
    assert marks.add({KEY: [1]}) == [KEY]


def test_a_minute_marked_while_it_is_rolled_up_stays_stale() -> None:
    marks = Marks()
    marks.add({KEY: [1, 2, 3]})
    jobs = marks.take(10, before=100)
    marks.add({KEY: [2]})
    marks.done(jobs)
    assert marks.take(10, before=100) == [Job("site", "device", 2, 2)]


def test_no_more_is_taken_than_asked_for_and_nothing_of_minutes_not_over() -> None:
    marks = Marks()
    marks.add({KEY: [1, 2, 3, 9], ("site", "other"): [3, 4]})
    assert marks.take(2, before=100) == [Job("site", "device", 1, 2)]
    assert marks.take(100, before=4) == [Job("site", "device", 1, 3), Job("site", "other", 3, 3)]


def test_a_site_that_is_erased_has_nothing_to_roll_up() -> None:
    marks = Marks()
    marks.add({KEY: [1], ("elsewhere", "device"): [2]})
    jobs = marks.take(10, before=100)
    marks.drop("site")
    assert marks.done(jobs) == [("elsewhere", "device")]
    assert not marks.has("site", "device", 1)
