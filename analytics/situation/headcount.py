"""How many people are on site, from badge events. Counts only: no function here returns who.

The rules, plain because each one must be explained to a foreman:

1. A day stands alone. At local midnight nobody is on site until a badge says so.
2. `in` opens a stay, `out` closes it. A second `in` without an `out` is the same stay; an `out` without an
   `in` says nothing, for nobody knows since when.
3. A reader without a direction toggles: out where the badge was in, in where it was out. A card held to such
   a reader twice within `same_touch_ms` is one touch.
4. Nobody stays for ever. Who never badged out stops counting at the end of the working day, or
   `longest_stay_ms` after badging in where that is earlier. Who badges in after the end of the working day is
   held to `longest_stay_ms` and midnight only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from wire.durations import HOUR_MS

Direction = Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Passage:
    """A badge held to a reader. `time` is UTC milliseconds; `direction` None where the reader cannot know."""

    time: int
    badge: str
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """One local day in UTC milliseconds: midnight, end of the working day, next midnight."""

    start: int
    closes: int
    end: int

    def __post_init__(self) -> None:
        if not self.start <= self.closes <= self.end:
            raise ValueError(f"a day must run start <= closes <= end: {self}")


@dataclass(frozen=True, slots=True)
class Stay:
    """One person on site during [start, end). `seen_out` False: no exit was badged and `end` is by rule 4."""

    start: int
    end: int
    seen_out: bool


@dataclass(frozen=True, slots=True)
class Tallied:
    """The passages of one day laid together: `stays` by start, `passed` passages of which `unpaired` have no
    other half: an exit without an entry."""

    stays: tuple[Stay, ...]
    passed: int
    unpaired: int

    def unpaired_by(self, now: int) -> int:
        """Passages that are known at `now` (UTC ms) to have no other half: also who should have badged out
        by then."""
        return self.unpaired + sum(not stay.seen_out and stay.end <= now for stay in self.stays)


def stays(
    passages: Iterable[Passage], day: Day, longest_stay_ms: int = 12 * HOUR_MS, same_touch_ms: int = 5_000
) -> list[Stay]:
    """The stays of one day, by start; passages in any order, those of other days left out.

    An open stay is given the end it will have if nobody ever badges out.
    """
    return list(tallied(passages, day, longest_stay_ms, same_touch_ms).stays)


def tallied(
    passages: Iterable[Passage], day: Day, longest_stay_ms: int = 12 * HOUR_MS, same_touch_ms: int = 5_000
) -> Tallied:
    """The day's stays, and how many passages they were made of."""
    found: list[Stay] = []
    inside: dict[str, int] = {}
    touched: dict[str, int] = {}
    passed = unpaired = 0
    of_day = {passage for passage in passages if day.start <= passage.time < day.end}
    for passage in sorted(of_day, key=lambda p: (p.time, p.badge, p.direction or "")):
        passed += 1
        again = passage.time - touched.get(passage.badge, passage.time - same_touch_ms) < same_touch_ms
        touched[passage.badge] = passage.time
        if passage.direction is None and again:
            continue
        since = inside.get(passage.badge)
        if since is not None and passage.time >= (forced := _forced_end(since, day, longest_stay_ms)):
            found.append(Stay(since, forced, seen_out=False))
            del inside[passage.badge]
            since = None
        if since is None and passage.direction != "out":
            inside[passage.badge] = passage.time
        elif since is not None and passage.direction != "in":
            found.append(Stay(since, passage.time, seen_out=True))
            del inside[passage.badge]
        else:
            unpaired += since is None
    found += [Stay(since, _forced_end(since, day, longest_stay_ms), False) for since in inside.values()]
    return Tallied(tuple(sorted(found, key=lambda stay: (stay.start, stay.end))), passed, unpaired)


def headcount(day_stays: Sequence[Stay], now: int) -> int:
    """People on site at `now` (UTC ms)."""
    return sum(stay.start <= now < stay.end for stay in day_stays)


def presence(day_stays: Sequence[Stay], start: int, end: int) -> list[tuple[int, int]]:
    """When at least one person was on site within [start, end): disjoint spans, ascending, UTC ms."""
    spans: list[tuple[int, int]] = []
    for stay in sorted(day_stays, key=lambda stay: stay.start):
        first, last = max(stay.start, start), min(stay.end, end)
        if first >= last:
            continue
        if spans and first <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], last))
        else:
            spans.append((first, last))
    return spans


def steps(day_stays: Sequence[Stay], start: int, end: int) -> list[tuple[int, int, int]]:
    """(from, to, people) of [start, end) where somebody was on site: ascending, disjoint, UTC ms."""
    change: Counter[int] = Counter()
    for stay in day_stays:
        first, last = max(stay.start, start), min(stay.end, end)
        if first < last:
            change[first] += 1
            change[last] -= 1
    people = 0
    found: list[tuple[int, int, int]] = []
    for first, last in pairwise(sorted(change)):
        people += change[first]
        if people and found and found[-1][1:] == (first, people):
            found[-1] = (found[-1][0], last, people)
        elif people:
            found.append((first, last, people))
    return found


def _forced_end(since: int, day: Day, longest_stay_ms: int) -> int:
    closes = day.closes if since < day.closes else day.end
    return min(since + longest_stay_ms, closes)
