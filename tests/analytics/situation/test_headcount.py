from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.situation.headcount import Day, Direction, Passage, Stay, headcount, presence, stays

HOUR = 3_600_000
DAY = Day(start=0, closes=20 * HOUR, end=24 * HOUR)

passages = st.lists(
    st.builds(
        Passage,
        time=st.integers(-2 * HOUR, 26 * HOUR),
        badge=st.sampled_from(["a", "b", "c"]),
        direction=st.sampled_from(["in", "out", None]),
    ),
    max_size=40,
)


def at(hour: float, badge: str = "a", direction: Direction | None = None) -> Passage:
    return Passage(round(hour * HOUR), badge, direction)


def count(hour: float, *story: Passage) -> int:
    return headcount(stays(story, DAY), round(hour * HOUR))


def test_nobody_is_there_before_a_badge_says_so() -> None:
    assert count(12) == 0


def test_in_counts_and_out_does_not() -> None:
    story = at(8, "a", "in"), at(9, "b", "in"), at(12, "a", "out")
    assert [count(hour, *story) for hour in (7.9, 8, 9, 11.99, 12, 13)] == [0, 1, 2, 2, 1, 1]


def test_the_same_badge_in_twice_is_one_person() -> None:
    assert count(10, at(8, "a", "in"), at(9, "a", "in")) == 1
    assert stays([at(8, "a", "in"), at(9, "a", "in"), at(11, "a", "out")], DAY) == [
        Stay(8 * HOUR, 11 * HOUR, seen_out=True)
    ]


def test_out_without_in_says_nothing() -> None:
    assert stays([at(9, "a", "out")], DAY) == []


def test_who_comes_back_has_two_stays() -> None:
    story = at(8, "a", "in"), at(12, "a", "out"), at(13, "a", "in"), at(17, "a", "out")
    assert [(s.start, s.end) for s in stays(story, DAY)] == [(8 * HOUR, 12 * HOUR), (13 * HOUR, 17 * HOUR)]


def test_a_reader_without_direction_toggles() -> None:
    story = at(8), at(12), at(13)
    assert [count(hour, *story) for hour in (9, 12.5, 14)] == [1, 0, 1]


def test_a_card_held_twice_to_a_toggling_reader_is_one_touch() -> None:
    held = [Passage(8 * HOUR + ms, "a") for ms in (0, 1_500, 3_000, 6_000)]
    assert count(9, *held) == 1


def test_a_missed_exit_ends_with_the_working_day() -> None:
    assert [count(hour, at(13, "a", "in")) for hour in (19.9, 20)] == [1, 0]
    assert stays([at(13, "a", "in")], DAY)[0].seen_out is False


def test_a_missed_exit_ends_after_the_longest_stay_where_that_is_earlier() -> None:
    assert [count(hour, at(6, "a", "in")) for hour in (17.9, 18)] == [1, 0]


def test_who_comes_after_the_working_day_counts_until_midnight() -> None:
    assert [count(hour, at(21, "a", "in")) for hour in (21, 23.9, 24)] == [1, 1, 0]


def test_a_toggle_after_a_missed_exit_is_an_entry() -> None:
    assert count(21.5, at(8), at(21)) == 1


def test_other_days_do_not_count() -> None:
    assert count(1, Passage(-HOUR, "a", "in")) == 0


def test_a_day_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match="start <= closes <= end"):
        Day(10, 5, 20)


@given(passages, st.integers(0, 24 * HOUR - 1))
def test_never_more_people_than_badges_and_never_fewer_than_none(story: list[Passage], now: int) -> None:
    assert 0 <= headcount(stays(story, DAY), now) <= len({p.badge for p in story})


@given(passages, st.randoms())
def test_order_and_repeats_of_arrival_change_nothing(story: list[Passage], chance: object) -> None:
    again = [*story, *story[:5]]
    chance.shuffle(again)  # type: ignore[attr-defined]
    assert stays(again, DAY) == stays(story, DAY)


@given(passages)
def test_every_stay_lies_in_its_day_and_within_the_longest(story: list[Passage]) -> None:
    for stay in stays(story, DAY):
        assert DAY.start <= stay.start <= stay.end <= DAY.end
        assert stay.seen_out or stay.end - stay.start <= 12 * HOUR


@given(passages, st.integers(0, 24 * HOUR - 1))
def test_presence_covers_exactly_the_times_somebody_is_there(story: list[Passage], now: int) -> None:
    found = stays(story, DAY)
    spans = presence(found, DAY.start, DAY.end)
    assert any(a <= now < b for a, b in spans) == (headcount(found, now) > 0)
    assert all(a < b for a, b in spans)
    assert all(first[1] < second[0] for first, second in itertools.pairwise(spans))
