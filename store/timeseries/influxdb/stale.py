"""Which minutes' rollups do not hold, as the server is told it: marked before the readings are written, and
cleared after the rollups are. A process that dies between leaves a mark too many, never one too few."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from store.timeseries.contract import Block
from wire.ranges import Ranges

#: This many ranges are some 36 KB; a string field holds at most 64 KB
#: (docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference).
MOST_RANGES: Final = 2_000

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Job:
    """Minutes first..last of a device, to be rolled up."""

    site: str
    device: str
    first: int
    last: int


@dataclass(slots=True)
class Marks:
    """Stale minutes (minutes since 1970) of each (site, device), and what the server holds of them."""

    stale: dict[Key, Ranges] = field(default_factory=dict)
    _told: dict[Key, Ranges] = field(default_factory=dict)
    _fresh: dict[Key, Ranges] = field(default_factory=dict)

    def load(self, key: Key, ranges: str) -> None:
        """What the server held when we began."""
        self._told[key] = decoded(ranges)
        self.stale[key] = decoded(ranges)

    def add(self, minutes: Mapping[Key, Iterable[int]]) -> list[Key]:
        """Mark minutes; the devices of which the server does not know all that."""
        untold = []
        for key, numbers in minutes.items():
            stale = self.stale.setdefault(key, Ranges())
            fresh = self._fresh.setdefault(key, Ranges())
            for minute in numbers:
                stale.add(minute)
                fresh.add(minute)
            told = self._told.get(key)
            if told is None or _without(stale, told):
                self.stale[key] = coarse(stale)
                untold.append(key)
        return untold

    def told(self, keys: Iterable[Key]) -> None:
        """The server knows our marks of these devices now."""
        for key in keys:
            self._told[key] = Ranges(self.stale[key])
            if not self._told[key].pairs():
                del self._told[key], self.stale[key]

    def take(self, limit: int, before: int) -> list[Job]:
        """Up to `limit` minutes, all before the minute `before`, oldest first within a device."""
        self._fresh.clear()
        jobs: list[Job] = []
        for (site, device), ranges in self.stale.items():
            for first, end in ranges:
                last = min(end, before - 1, first + limit - 1)
                if limit < 1 or last < first:
                    break
                jobs.append(Job(site, device, first, last))
                limit -= last - first + 1
        return jobs

    def done(self, jobs: Iterable[Job]) -> list[Key]:
        """The minutes are rolled up, except those marked again meanwhile; devices whose marks changed."""
        rolled: dict[Key, Ranges] = {}
        for job in jobs:
            if (job.site, job.device) in self.stale:
                rolled.setdefault((job.site, job.device), Ranges()).add(job.first, job.last)
        for key, ranges in rolled.items():
            left = Ranges(_without(self.stale[key], ranges))
            for first, last in self._fresh.get(key, Ranges()):
                left.add(first, last)
            self.stale[key] = left
        return list(rolled)

    def has(self, site: str, device: str, minute: int) -> bool:
        """Whether the minute waits to be rolled up."""
        stale = self.stale.get((site, device))
        return stale is not None and minute in stale

    def drop(self, site: str) -> None:
        """Nothing of this site is left to roll up."""
        for marks in (self.stale, self._told, self._fresh):
            for key in [key for key in marks if key[0] == site]:
                del marks[key]


def minutes_of(blocks: Sequence[Block], minute_ms: int) -> dict[Key, set[int]]:
    """The minutes in which blocks have rows."""
    minutes: dict[Key, set[int]] = {}
    for block in blocks:
        if block.time and block.values:
            minutes.setdefault((block.site, block.device), set()).update(
                {at // minute_ms for at in block.time}
            )
    return minutes


def encoded(ranges: Ranges) -> str:
    """`first-last,first-last`; empty for none."""
    return ",".join(f"{first}-{last}" for first, last in ranges)


def decoded(ranges: str) -> Ranges:
    """The reverse of `encoded`."""
    pairs = (pair.split("-") for pair in ranges.split(",") if pair)
    return Ranges((int(first), int(last)) for first, last in pairs)


def coarse(ranges: Ranges, most: int = MOST_RANGES) -> Ranges:
    """At most `most` ranges that hold all of `ranges`: the narrowest holes are filled."""
    pairs = ranges.pairs()
    if len(pairs) <= most:
        return ranges
    holes = sorted(ranges.missing(pairs[0][0]), key=lambda hole: hole[1] - hole[0])
    return Ranges([*pairs, *holes[: len(pairs) - most]])


def _without(ranges: Ranges, other: Ranges) -> list[tuple[int, int]]:
    return [hole for first, last in ranges for hole in other.missing(first, last)]
