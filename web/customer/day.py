"""A day of a project in words and figures, with its strip and the way to other days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from analytics.day.story import Counted, DayStory, People
from store.timeseries.counter import Mark
from web.customer.project import Project
from web.customer.strip import Strip, clock, strip
from web.customer.words import count, say
from web.kit import numbers
from web.kit.language import Language
from web.kit.link import Link

#: Of steps that were left out so many are told one by one.
_MOST_MARKS: Final = 4


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure of a day."""

    label: str
    value: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class DayPart:
    """`date`, `first` and `last` as addresses have them; `earlier` and `later` None at the ends. `strip` None
    where there is nothing to draw."""

    date: str
    title: str
    sentence: str
    facts: tuple[Fact, ...]
    strip: Strip | None
    notes: tuple[str, ...]
    earlier: Link | None
    later: Link | None
    first: str
    last: str
    path: str
    text: Mapping[str, str]


_TEXTS: Final = ("day.choose", "day.show", "day.slide", "day.ways", "day.today")


def date_of(text: str | None, today: dt.date) -> dt.date | None:
    """The day that is asked for: today where none is, None where it is no date."""
    if not text:
        return today
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def build(project: Project, story: DayStory | None, path: str, today: dt.date, language: Language) -> DayPart:
    """The part of the page for `story`, None where what was asked for is no date. `path` is the page's own
    address."""
    date = today if story is None else story.date
    zone = project.zone
    title = _title(date, today, language) if story else say(language, "day.unreadable.title")
    told = story if story is not None and story.when in ("over", "today") and not story.is_empty else None
    sentence = _sentence(project, story, language)
    return DayPart(
        date=date.isoformat(),
        title=title,
        sentence=sentence,
        facts=tuple(_facts(told, zone, language)) if told else (),
        strip=strip(told, zone, language, title, sentence) if told else None,
        notes=tuple(_notes(project, told, zone, language)) if told else (),
        earlier=_way(date - dt.timedelta(days=1), project, path, today, language),
        later=_way(date + dt.timedelta(days=1), project, path, today, language),
        first=project.started.isoformat(),
        last=today.isoformat(),
        path=path,
        text={key: say(language, key) for key in _TEXTS},
    )


def _title(date: dt.date, today: dt.date, language: Language) -> str:
    named = numbers.weekday(date, language, with_year=date.year != today.year)
    return say(language, "day.title.today", day=named) if date == today else named


def _way(date: dt.date, project: Project, path: str, today: dt.date, language: Language) -> Link | None:
    """To a day that there is something to tell of; from outside, to the nearest."""
    if not project.started <= date <= today:
        return None
    address = path if date == today else f"{path}?day={date.isoformat()}"
    return Link(numbers.day(date, language), f"{address}#day")


def _sentence(project: Project, story: DayStory | None, language: Language) -> str:
    if story is None:
        return say(language, "day.unreadable")
    if story.when == "ahead":
        return say(language, "day.ahead")
    if story.when == "before":
        return say(language, "day.before_work", when=numbers.day(project.started, language, with_year=True))
    if story.is_empty:
        return say(language, "day.empty.today" if story.when == "today" else "day.empty")
    if story.people is not None:
        return _of_people(story, story.people, project.zone, language)
    return _of_meters(story, language)


def _of_people(story: DayStory, people: People, zone: ZoneInfo, language: Language) -> str:
    if people.came is None:
        return say(language, "day.nobody.today" if story.when == "today" else "day.nobody")
    came = clock(people.came, zone)
    if people.left is None:
        return count(language, "day.people.still", people.most, came=came)
    key = "day.people.by_rule" if people.by_rule else "day.people"
    return count(language, key, people.most, came=came, left=clock(people.left, zone))


def _of_meters(story: DayStory, language: Language) -> str:
    said = [
        " ".join(print_(counted.amount, language))
        for counted, print_ in ((story.energy, numbers.energy), (story.water, numbers.litres))
        if counted is not None
    ]
    return (
        say(language, "day.used", what=say(language, "day.and").join(said))
        if said
        else say(language, "day.some")
    )


def _facts(story: DayStory, zone: ZoneInfo, language: Language) -> Iterator[Fact]:
    """Today's totals stand among the figures of now already."""
    people = story.people
    if people is not None and people.came is not None:
        yield Fact(say(language, "fact.came"), clock(people.came, zone))
        if people.left is not None:
            label = "fact.counted_to" if people.by_rule else "fact.left"
            yield Fact(say(language, label), clock(people.left, zone))
        hours = numbers.decimal(people.hours, 1, language)
        yield Fact(say(language, "fact.hours"), hours, say(language, "unit.hours"))
    if story.when != "today":
        if story.energy is not None:
            yield Fact(say(language, "fact.energy"), *numbers.energy(story.energy.amount, language))
        if story.water is not None:
            yield Fact(say(language, "fact.water"), *numbers.litres(story.water.amount, language))


def _notes(project: Project, story: DayStory, zone: ZoneInfo, language: Language) -> Iterator[str]:
    """How it is known, and what of it is not whole."""
    people = story.people
    if people is not None and people.passed:
        whole = "day.how" if people.left is not None else "day.how.today"
        key = "day.how.unpaired" if people.unpaired else whole
        yield count(language, key, people.passed, unpaired=people.unpaired)
        if people.by_rule and people.left is not None:
            yield say(language, "day.by_rule", closes=clock(people.left, zone))
    if people is None and any(device.kind == "badge_reader" for device in project.devices):
        yield say(language, "day.passages_gone")
    for name, counted in (("energy", story.energy), ("water", story.water)):
        if counted is not None:
            yield from _of_counter(name, counted, zone, language)
    if story.when == "over" and not story.settled:
        yield say(language, "day.unsettled")


def _of_counter(name: str, counted: Counted, zone: ZoneInfo, language: Language) -> Iterator[str]:
    meter = say(language, f"meter.{name}")
    if counted.since is not None:
        yield say(language, "day.since", meter=meter, when=clock(counted.since, zone))
    for mark in counted.marks[:_MOST_MARKS]:
        yield _mark(name, meter, mark, zone, language)
    if (more := len(counted.marks) - _MOST_MARKS) > 0:
        yield count(language, "mark.more", more, meter=meter)


def _mark(name: str, meter: str, mark: Mark, zone: ZoneInfo, language: Language) -> str:
    """Why a step of a counter was left out, or how it was counted."""
    print_ = numbers.energy if name == "energy" else numbers.litres
    return say(
        language,
        f"mark.{mark.why}",
        meter=meter,
        start=clock(mark.from_time, zone),
        end=clock(mark.to_time, zone),
        before=" ".join(print_(mark.from_value, language)),
        after=" ".join(print_(mark.to_value, language)),
    )
