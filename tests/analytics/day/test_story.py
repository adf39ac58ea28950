"""What may be told of one day."""

from __future__ import annotations

import datetime as dt

import pytest

from analytics.day.story import DayStory, Held, tell, usual_start, when_of
from analytics.situation.headcount import Day, Direction, Passage
from store.timeseries.counter import Life, Run
from store.timeseries.limits import ELECTRICITY

HOUR = 3_600_000
DATE = dt.date(2026, 11, 20)
DAY = Day(start=0, closes=20 * HOUR, end=24 * HOUR)


def passed(hour: float, badge: str, direction: Direction) -> Passage:
    return Passage(round(hour * HOUR), badge, direction)


def told(
    *passages: Passage, now: int = 30 * HOUR, known_to: int = DAY.end, energy: Life | None = None
) -> DayStory:
    return tell(DATE, DAY, Held(None, (), energy, None, frozenset(passages)), now, known_to)


def life(*readings: tuple[float, float]) -> Life:
    found = Life(ELECTRICITY, DAY.start, DAY.end, HOUR)
    for hour, value in readings:
        found.add(Run(round(hour * HOUR), value, round(hour * HOUR), value))
    return found


@pytest.mark.parametrize(
    ("now", "when"), [(-1, "ahead"), (0, "today"), (24 * HOUR - 1, "today"), (24 * HOUR, "over")]
)
def test_a_day_is_ahead_today_or_over(now: int, when: str) -> None:
    assert when_of(DAY, 0, now) == when


def test_a_day_before_the_first_day_of_work_is_before() -> None:
    assert when_of(DAY, DAY.end, 90 * HOUR) == "before"


def test_first_last_and_hours_of_all_together() -> None:
    people = told(
        passed(8, "a", "in"), passed(9, "b", "in"), passed(12, "a", "out"), passed(17, "b", "out")
    ).people
    assert people is not None
    assert (people.came, people.left, people.most, people.hours) == (8 * HOUR, 17 * HOUR, 2, 12.0)
    assert people.steps == ((8 * HOUR, 9 * HOUR, 1), (9 * HOUR, 12 * HOUR, 2), (12 * HOUR, 17 * HOUR, 1))
    assert (people.passed, people.unpaired) == (4, 0)


def test_while_somebody_is_there_nobody_has_left_last() -> None:
    people = told(passed(8, "a", "in"), now=10 * HOUR, known_to=10 * HOUR).people
    assert people is not None
    assert (people.came, people.left, people.hours, people.unpaired) == (8 * HOUR, None, 2.0, 0)


def test_who_never_badged_out_is_counted_to_the_end_of_the_working_day_and_said_to_be() -> None:
    people = told(passed(8, "a", "in"), passed(9, "b", "out")).people
    assert people is not None
    assert (people.left, people.by_rule, people.unpaired) == (20 * HOUR, True, 2)


def test_people_are_told_as_far_as_the_site_was_heard() -> None:
    people = told(passed(8, "a", "in"), now=15 * HOUR, known_to=9 * HOUR).people
    assert people is not None
    assert people.steps == ((8 * HOUR, 9 * HOUR, 1),)


def test_a_day_of_which_nothing_is_known_is_empty() -> None:
    assert told().is_empty
    assert not told(passed(8, "a", "in")).is_empty
    assert not told(energy=life((1, 100.0), (2, 101.0))).is_empty


def test_a_counter_is_told_by_the_hour_with_what_was_left_out() -> None:
    energy = told(energy=life((0.05, 100.0), (1.5, 101.0), (2.5, 20.0), (3.5, 22.0))).energy
    assert energy is not None
    assert [amount for _, amount in energy.by_step][:5] == [0.0, 1.0, 0.0, 2.0, None]
    assert (energy.amount, [mark.why for mark in energy.marks]) == (3.0, ["reset"])


def test_a_counter_that_was_read_from_noon_on_says_so() -> None:
    energy = told(energy=life((12, 100.0), (13, 101.0))).energy
    assert energy is not None
    assert energy.since == 12 * HOUR


def test_the_usual_start_is_told_where_the_days_agree() -> None:
    days = [Day(n * 24 * HOUR, (n * 24 + 20) * HOUR, (n + 1) * 24 * HOUR) for n in range(6)]
    at_half_past_seven = [
        passed(24 * n + 7.5 + late, "a", "in") for n, late in enumerate((0.0, 0.05, 0.1, -0.1, 0.0, 0.2))
    ]
    assert usual_start(at_half_past_seven, days) == round(7.5 * HOUR)
    assert usual_start(at_half_past_seven[:4], days) is None, "too few days"
    at_any_time = [passed(24 * n + hour, "a", "in") for n, hour in enumerate((6, 9, 7, 12, 14, 8))]
    assert usual_start(at_any_time, days) is None
