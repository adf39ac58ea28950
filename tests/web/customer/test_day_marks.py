"""At a day's total stands what was left out of it and why, in both languages."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import pytest

from analytics.day.story import Counted, DayStory
from analytics.situation.headcount import Day
from store.timeseries.counter import Mark, Why
from web.customer.day import build
from web.customer.project import Project, Words
from web.kit.language import Language

DATE = dt.date(2026, 11, 20)
HOUR = 3_600_000
START = 1_795_104_000_000  # midnight in Shanghai
PROJECT = Project(
    "firm", "p", "site", "Asia/Shanghai", Words("工地", "Site"), Words("客户", "Customer"),
    dt.date(2026, 10, 20), None, dt.time(20), (), (), (),
)  # fmt: skip


def mark(why: Why, hour: float = 9) -> Mark:
    return Mark(START + round(hour * HOUR), 1234.0, START + round((hour + 0.5) * HOUR), 0.25, why)


def notes(language: Language, *marks: Mark, of: str = "energy") -> list[str]:
    counted = Counted(3.5, None, HOUR, (), marks)
    day = Day(START, START + 20 * HOUR, START + 24 * HOUR)
    energy, water = (counted, None) if of == "energy" else (None, counted)
    story = DayStory(DATE, day, "over", day.end, energy=energy, water=water, settled=True)
    return list(build(PROJECT, story, "/p/x", DATE + dt.timedelta(days=1), language).notes)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("why", get_args(Why))
def test_each_step_is_told_with_its_time_and_its_two_figures(language: Language, why: Why) -> None:
    (told,) = notes(language, mark(why))
    assert "09:30" in told
    assert why == "told" or "1,234" in told
    assert ("Electricity meter" if language == "en" else "电表") in told
    assert "{" not in told


@pytest.mark.parametrize(
    ("language", "left_out"), [("en", ("not counted", "is not counted")), ("zh", ("不计入", "不计入"))]
)
def test_what_is_left_out_is_said_to_be_left_out(language: Language, left_out: tuple[str, str]) -> None:
    glitch, exchange = notes(language, mark("glitch"), mark("exchange", 12))
    assert left_out[0] in glitch
    assert left_out[1] in exchange
    (rollover,) = notes(language, mark("rollover"))
    assert left_out[0] not in rollover


def test_of_many_steps_four_are_told_and_how_many_more_there_are() -> None:
    told = notes("en", *(mark("glitch", hour) for hour in range(9)), of="water")
    assert len(told) == 5
    assert told[-1] == "Water meter: 5 more steps like these."


def test_a_total_with_nothing_left_out_says_nothing() -> None:
    assert notes("en") == []
