"""What can truthfully be told of one local day of a site, from what the stores hold of it. Pure.

The present is judged by `analytics.situation`; a day is told from rollups, passages and what people have
said of meters, so it is the same today and in a year.
"""

from __future__ import annotations

import datetime as dt
import statistics
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, Literal

from analytics.situation.headcount import Day, Passage, Tallied, steps, tallied
from store.timeseries.counter import Life, Mark
from wire.durations import HOUR_MS, MINUTE_MS

#: A counter whose first reading is later than midnight by more than this was counted from there on only.
BASE_SLACK_MS: Final = 5 * MINUTE_MS
#: The usual start of work is told from so many days with somebody on site, …
USUAL_FROM_DAYS: Final = 5
#: … of which the middle half must lie within this.
USUAL_WITHIN_MS: Final = HOUR_MS
#: A time that people would say: to the quarter of an hour.
_SAID_TO_MINUTES: Final = 15
_TIME: Final = attrgetter("time")

Point = tuple[int, float | None]
Span = tuple[int, int]
#: over: past; today: it goes on; ahead: it has not begun; before: work had not begun.
When = Literal["over", "today", "ahead", "before"]


@dataclass(frozen=True, slots=True)
class Held:
    """What the stores hold of a day, each None where there is no such device.

    `power`: W by step, None where it was not read. `gaps` (UTC ms, from and to): when nothing was. `passages`
    None also where those of the day are kept no longer.
    """

    power: Sequence[Point] | None
    gaps: Sequence[Span]
    energy: Life | None
    water: Life | None
    passages: frozenset[Passage] | None


@dataclass(frozen=True, slots=True)
class People:
    """Times UTC ms. `left` None while somebody is there; `by_rule`: nobody badged out, the end of the working
    day is meant. `hours`: of all people together. `steps`: (from, to, people)."""

    came: int | None
    left: int | None
    by_rule: bool
    most: int
    hours: float
    steps: tuple[tuple[int, int, int], ...]
    passed: int
    unpaired: int


@dataclass(frozen=True, slots=True)
class Counted:
    """How much a counter grew. `since` (UTC ms) where it was counted from later than midnight on; `by_step`
    from midnight on, None where nothing was read; `marks` are the steps that are not as steps should be."""

    amount: float
    since: int | None
    step_ms: int
    by_step: tuple[Point, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class DayStory:
    """`until` (UTC ms): as far as the day has come. `settled`: nothing is to be expected of it any more."""

    date: dt.date
    day: Day
    when: When
    until: int
    people: People | None = None
    power: tuple[Point, ...] | None = None
    energy: Counted | None = None
    water: Counted | None = None
    gaps: tuple[Span, ...] = ()
    settled: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known of it."""
        nobody = self.people is None or not self.people.passed
        return nobody and self.energy is None and self.water is None and not self.power


def when_of(day: Day, began: int, now: int) -> When:
    """Where a day lies; `began` is when the first day of work did (UTC ms)."""
    if day.start > now:
        return "ahead"
    if day.end <= began:
        return "before"
    return "over" if day.end <= now else "today"


def tell(date: dt.date, day: Day, held: Held, now: int, known_to: int, *, settled: bool = False) -> DayStory:
    """The story of a day that has begun.

    `known_to` (UTC ms): as far as it is known who is there.
    """
    until = min(now, day.end)
    return DayStory(
        date,
        day,
        "over" if day.end <= now else "today",
        until,
        people=None if held.passages is None else _people(held.passages, day, min(known_to, until)),
        power=None if held.power is None or not _any(held.power) else tuple(held.power),
        energy=_counted(held.energy),
        water=_counted(held.water),
        gaps=tuple(held.gaps),
        settled=settled,
    )


def usual_start(passages: Iterable[Passage], days: Sequence[Day]) -> int | None:
    """When work usually starts, in ms after midnight: the median of the first entries, where the days agree
    well enough to say so."""
    known = sorted(passages, key=_TIME)
    firsts = [
        found[0].start - day.start
        for day in days
        if (found := tallied(known[slice(*_edges(known, day))], day).stays)
    ]
    if len(firsts) < USUAL_FROM_DAYS:
        return None
    early, middle, late = statistics.quantiles(firsts, n=4)
    if late - early > USUAL_WITHIN_MS:
        return None
    grain = _SAID_TO_MINUTES * MINUTE_MS
    return round(middle / grain) * grain


def _edges(passages: Sequence[Passage], day: Day) -> tuple[int, int]:
    """Where those of a day begin and end among passages by time."""
    return bisect_left(passages, day.start, key=_TIME), bisect_left(passages, day.end, key=_TIME)


def _people(passages: frozenset[Passage], day: Day, until: int) -> People:
    known: Tallied = tallied((one for one in passages if one.time < until), day)
    begun = [stay for stay in known.stays if stay.start < until]
    drawn = steps(begun, day.start, until)
    last = max(begun, key=lambda stay: stay.end, default=None)
    gone = last is not None and last.end <= until
    return People(
        came=begun[0].start if begun else None,
        left=last.end if last and gone else None,
        by_rule=bool(last and gone and not last.seen_out),
        most=max((people for *_, people in drawn), default=0),
        hours=sum((to - from_) * people for from_, to, people in drawn) / HOUR_MS,
        steps=tuple(drawn),
        passed=known.passed,
        unpaired=known.unpaired_by(until),
    )


def _counted(life: Life | None) -> Counted | None:
    """None where the counter was not read that day."""
    if life is None or not (grown := life.grown()):
        return None
    late = life.since is not None and life.since > life.start + BASE_SLACK_MS
    by_step = tuple(
        (start, grown.get(number)) for number, start in enumerate(range(life.start, life.end, life.step_ms))
    )
    return Counted(
        sum(grown.values()), life.since if late else None, life.step_ms, by_step, tuple(life.marks())
    )


def _any(points: Sequence[Point]) -> bool:
    return any(value is not None for _, value in points)
