"""How much a counter grew on a day, kept up to date as readings come; by `store.timeseries.counter`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from store.timeseries.counter import Life, Run
from store.timeseries.limits import ELECTRICITY, WATER
from store.timeseries.limits import Growth as Limit

__all__ = ["ELECTRICITY", "WATER", "Limit", "Tally", "increase", "tally_of"]

_EVER: Final = 1 << 60


@dataclass(frozen=True, slots=True)
class Tally:
    """A running total. `since` is the time of the base, `time` and `value` the last reading taken in. The
    total may fall a little with a further reading: one that shows that the last step up was a spike."""

    total: float = 0.0
    since: int | None = None
    time: int | None = None
    value: float = 0.0
    resets: int = 0
    replacements: int = 0
    _life: Life | None = field(default=None, repr=False)

    def add(self, time: int, value: float | None, limit: Limit) -> Tally:
        """The tally after a reading. One not newer than the last changes nothing: late readings need a
        recount over the sorted column."""
        if value is None or not math.isfinite(value) or (self.time is not None and time <= self.time):
            return self
        life = self._life.copy() if self._life else self._begun(time, limit)
        life.add(Run(time, value, time, value))
        return tally_of(life)

    def _begun(self, time: int, limit: Limit) -> Life:
        """From what is known: a base alone, or nothing."""
        if self.time is None:
            return Life(limit, time, _EVER, _EVER)
        life = Life(limit, self.time + 1, _EVER, _EVER)
        life.add(Run(self.time, self.value, self.time, self.value))
        return life


def tally_of(life: Life) -> Tally:
    """The tally of a life of one bucket, as `TimeSeries.life` gives it; readings may be added to it."""
    time, value = life.newest or (None, 0.0)
    why = [mark.why for mark in life.marks()]
    return Tally(
        sum(life.grown().values()), life.since, time, value, why.count("reset"), why.count("exchange"), life
    )


def increase(
    readings: Iterable[tuple[int, float | None]],
    start: int,
    end: int,
    limit: Limit,
    base: tuple[int, float] | None = None,
) -> Tally:
    """The growth over [start, end) from (UTC ms, value) pairs, ascending by time.

    `base` is the last reading before `start`; readings before `start` in the column serve as base too. Nulls
    and what is not finite are passed over, and so is what is not newer than the reading before.
    """
    life = Life(limit, start, end, max(1, end - start))
    for time, value in (*([base] if base else ()), *readings):
        if time >= end:
            break
        newer = life.newest is None or time > life.newest[0]
        if value is not None and math.isfinite(value) and newer:
            life.add(Run(time, value, time, value))
    return tally_of(life)
