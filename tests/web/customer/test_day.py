"""A day in words: its sentence, its figures, and what is said of how it is known."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from analytics.day.story import Counted, DayStory, People
from analytics.situation.headcount import Day
from tests.registered import projects_said
from tests.web.site_day import PROJECTS, at
from web.customer.day import DayPart, build, date_of
from web.customer.project import Project
from web.kit.language import Language

TODAY = dt.date(2026, 11, 23)
DAY = Day(start=at(0, 22), closes=at(20, 22), end=at(24, 22))
#: Two came, both badged out.
PEOPLE = People(at(7.5, 22), at(18, 22), False, 2, 17.5, ((at(7.5, 22), at(18, 22), 2),), 4, 0)
STORY = DayStory(dt.date(2026, 11, 22), DAY, "over", DAY.end, PEOPLE, settled=True)


@pytest.fixture
def project() -> Project:
    return projects_said(PROJECTS)[0]


def told(project: Project, story: DayStory | None, language: Language = "en") -> DayPart:
    return build(project, story, "/c/firm/fenglin-18", TODAY, language)


def counted(since: int | None = None) -> Counted:
    return Counted(4.2, since, 3_600_000, ((at(9, 22), 4.2),), ())


def test_a_whole_day_says_how_many_passes_it_is_known_from(project: Project) -> None:
    assert told(project, STORY).notes == (
        "People are known from the badge readers: 4 passes, each way in with its way out.",
    )
    assert told(project, STORY, "zh").notes == ("人数来自刷卡机：4\u2009次刷卡，进出都对得上。",)


def test_who_did_not_badge_out_is_said_to_be_counted_to_the_end_of_work(project: Project) -> None:
    people = replace(PEOPLE, by_rule=True, left=at(20, 22), passed=3, unpaired=1)
    part = told(project, replace(STORY, people=people))
    assert "3 passes, 1 of them" in part.notes[0]
    assert "counted up to 20:00" in part.notes[1]
    assert "did not badge out" in part.sentence


def test_passes_that_were_deleted_are_said_to_be(project: Project) -> None:
    part = told(project, replace(STORY, people=None, energy=counted()))
    assert part.notes[0].startswith("The badge passes of this day have been deleted")
    assert part.sentence == "4.2 kWh used."


def test_a_counter_that_was_read_from_later_on_says_so(project: Project) -> None:
    part = told(project, replace(STORY, energy=counted(since=at(12, 22))))
    assert part.notes[-1] == (
        "Electricity meter: read from 12:00 on only; what was before is not in the total."
    )


def test_a_day_that_may_still_change_says_so(project: Project) -> None:
    assert told(project, replace(STORY, settled=False)).notes[-1] == "Readings of this day may still arrive."


def test_a_day_of_which_nothing_is_known_has_a_sentence_and_no_figure(project: Project) -> None:
    part = told(project, DayStory(dt.date(2026, 11, 22), DAY, "over", DAY.end))
    assert (part.sentence, part.facts, part.strip, part.notes) == (
        "There is no data from this day.", (), None, (),
    )  # fmt: skip


def test_a_day_ahead_and_what_is_no_date_are_said_in_words(project: Project) -> None:
    ahead = DayStory(dt.date(2026, 11, 25), DAY, "ahead", DAY.start)
    assert told(project, ahead).sentence == "This day is still to come."
    assert told(project, None).sentence == "This is no date: please write it like 2026-11-20."


def test_ways_lead_to_days_that_there_is_something_to_tell_of(project: Project) -> None:
    part = told(project, STORY)
    assert part.earlier is not None
    assert part.later is not None
    assert part.earlier.href == "/c/firm/fenglin-18?day=2026-11-21#day"
    assert part.later.href == "/c/firm/fenglin-18#day"
    assert told(project, replace(STORY, date=TODAY)).later is None


@pytest.mark.parametrize(
    ("text", "date"),
    [(None, TODAY), ("", TODAY), ("2026-11-20", dt.date(2026, 11, 20)), ("2026-02-30", None), ("x", None)],
)
def test_a_day_is_asked_for_by_its_date(text: str | None, date: dt.date | None) -> None:
    assert date_of(text, TODAY) == date
