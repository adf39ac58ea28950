"""The strip of a day, from midnight to midnight: who was there, electricity standing, water hanging."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from analytics.day.story import Counted, DayStory
from analytics.situation.headcount import Day
from web.customer.words import count, say
from web.kit import chart, numbers
from web.kit.chart import WIDE, Drawn, Key, Label, Scale, Span
from web.kit.language import Language
from wire.durations import HOUR_MS

#: Below it a curve would make mountains of a charger (W).
_LEAST_RANGE_W: Final = 400.0
#: Below it a bar of water would look like a bath (litres an hour).
_LEAST_WATER_L: Final = 40.0
#: A count is written where its bar is so wide at least (percent of the day).
_WRITTEN_FROM: Final = 5.0
_TICK_HOURS: Final = 3
#: How high the band of the people is drawn, and that of the water.
BAND: Final = 100


@dataclass(frozen=True, slots=True)
class Row:
    """An hour: `x` is its middle in percent."""

    x: float
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    """`summary` says it to those who do not see it; `rows` are the table behind, under `columns`. The bars of
    people and of water are a path each, in WIDE × BAND: a hundred shapes take longer to write."""

    title: str
    summary: str
    people: str
    counts: tuple[Label, ...]
    power: Drawn
    level: Label | None
    water: str
    gaps: tuple[Span, ...]
    ticks: tuple[Label, ...]
    now: float | None
    keys: tuple[Key, ...]
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    behind: str


def strip(story: DayStory, zone: ZoneInfo, language: Language, title: str, summary: str) -> Strip:
    """The strip of a day that has begun."""
    day = story.day
    power = story.power or ()
    step_ms = power[1][0] - power[0][0] if len(power) > 1 else HOUR_MS
    top = max([_LEAST_RANGE_W, *(watts for _, watts in power if watts is not None)])
    scale = Scale(day.start, day.end, min([0.0, *(w for _, w in power if w is not None)]), top * 1.06)
    level = chart.nice_levels(0.0, top)[-1]
    return Strip(
        title,
        summary,
        "".join(_people(story, scale)),
        tuple(_counts(story, scale)),
        chart.drawn(power, scale, step_ms),
        Label(scale.y(level), _watts(level)) if story.power else None,
        "".join(_water(story.water, story.until, scale)),
        chart.spans(story.gaps, scale),
        tuple(_ticks(day, zone, scale)),
        scale.x(story.until) if story.when == "today" else None,
        tuple(_keys(story, zone, language)),
        tuple(say(language, key) for key in _columns(story)),
        tuple(_rows(story, zone, scale, language)),
        say(language, "chart.table"),
    )


def _watts(level: float) -> str:
    """A round one."""
    return f"{level:g} W" if level % 1_000 else f"{level / 1_000:g} kW"


def _people(story: DayStory, scale: Scale) -> Iterator[str]:
    """Bars that stand on the ground of their band."""
    if story.people is None:
        return
    for start, end, people in story.people.steps:
        if people:
            height = round(BAND * people / story.people.most, 1)
            x, width = _across(scale, start, end)
            yield f"M{x:g} {BAND}v-{height:g}h{width:g}v{height:g}z"


def _counts(story: DayStory, scale: Scale) -> Iterator[Label]:
    """In bars that are wide enough."""
    for start, end, people in story.people.steps if story.people else ():
        if scale.x(end) - scale.x(start) >= _WRITTEN_FROM:
            yield Label(scale.x(start), str(people))


def _water(water: Counted | None, until: int, scale: Scale) -> Iterator[str]:
    """Bars that hang from the ground; none goes beyond now."""
    if water is None:
        return
    most = max([_LEAST_WATER_L, *(amount for _, amount in water.by_step if amount is not None)])
    for time, amount in water.by_step:
        if amount:
            x, width = _across(scale, time, min(time + water.step_ms, until))
            height = round(BAND * amount / most, 1)
            yield f"M{x + 0.1 * width:g} 0h{0.8 * width:g}v{height:g}h-{0.8 * width:g}z"


def _across(scale: Scale, start: int, end: int) -> tuple[float, float]:
    """Where a stretch begins and how wide it is, in WIDE."""
    x = scale.x(start) * WIDE / 100
    return x, round(scale.x(end) * WIDE / 100 - x, 1)


def hours_of(day: Day) -> list[tuple[int, int]]:
    """The hours of a day; 23 or 25 of them where the clocks change."""
    return list(pairwise([*range(day.start, day.end, HOUR_MS), day.end]))


def _ticks(day: Day, zone: ZoneInfo, scale: Scale) -> Iterator[Label]:
    for start, _ in hours_of(day):
        hour = dt.datetime.fromtimestamp(start / 1_000, zone).hour
        if hour % _TICK_HOURS == 0:
            yield Label(scale.x(start), f"{hour:02}")
    yield Label(100.0, "24", end=True)


def _keys(story: DayStory, zone: ZoneInfo, language: Language) -> Iterator[Key]:
    if story.people is not None:
        yield Key("crew", say(language, "strip.people"))
    if story.power:
        yield Key("line", say(language, "strip.power"))
    if story.water is not None:
        yield Key("water", say(language, "strip.water"))
    if story.gaps:
        yield Key("gap", say(language, "strip.gap", spans=_spans(story.gaps, zone, language)))


def _spans(gaps: Sequence[tuple[int, int]], zone: ZoneInfo, language: Language) -> str:
    """The first three; more would be no key."""
    said = [f"{clock(start, zone)}–{clock(end, zone)}" for start, end in gaps[:3]]
    more = [say(language, "strip.gaps_more", n=len(gaps) - 3)] if len(gaps) > 3 else []
    return say(language, "notice.join").join([*said, *more])


def clock(time: int, zone: ZoneInfo) -> str:
    """Local time of day, as clocks show it; the end of a day is 24:00."""
    local = dt.datetime.fromtimestamp(time / 1_000, zone)
    return f"{local:%H:%M}"


def _columns(story: DayStory) -> Iterator[str]:
    yield "chart.time"
    if story.people is not None:
        yield "label.people"
    if story.energy is not None:
        yield "fact.energy"
    if story.water is not None:
        yield "fact.water"


def _rows(story: DayStory, zone: ZoneInfo, scale: Scale, language: Language) -> Iterator[Row]:
    for start, end in hours_of(story.day):
        if start >= story.until:
            return
        cells = [f"{clock(start, zone)}–{clock(end, zone)}"]
        if story.people is not None:
            there = max((n for a, b, n in story.people.steps if a < end and b > start), default=0)
            cells.append(count(language, "strip.count", there))
        if story.energy is not None:
            cells.append(_amount(story.energy, start, end, numbers.energy, language))
        if story.water is not None:
            cells.append(_amount(story.water, start, end, numbers.litres, language))
        yield Row(round((scale.x(start) + scale.x(end)) / 2, 2), tuple(cells))


def _amount(counted: Counted, start: int, end: int, print_: numbers.Print, language: Language) -> str:
    grown = [amount for time, amount in counted.by_step if start <= time < end and amount is not None]
    return " ".join(print_(sum(grown), language)) if grown else say(language, "no_data")
