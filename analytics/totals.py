"""How much a counter grew between two times, across resets and replaced devices.

The rules:

1. Growth is the sum of the steps between one reading and the next; nulls and non-finite values are skipped.
2. The last reading before the start is the base. Without one the first reading is the base, and the total
   is known only `since` then.
3. A fall is a reset: the counter began again at 0, so the new value itself is the step (as Prometheus does in
   `increase()`, prometheus.io/docs/prometheus/latest/querying/functions).
4. No step may be larger than the connection could carry, `most_per_hour` times the time between the readings
   (at least `least_span_ms`, for a display that rolls over between two polls). A larger step, up or after a
   fall, is another device with its own past: it gives a new base and no growth.

What grew during a silence is counted where it was seen, at the first reading after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Limit:
    """The most a counter can really grow. `most_per_hour` in the counter's unit per hour."""

    most_per_hour: float
    least_span_ms: int = 60_000

    def allows(self, step: float, span_ms: int) -> bool:
        return step <= self.most_per_hour * max(span_ms, self.least_span_ms) / HOUR_MS


#: A three-phase house connection of 100 A: 3 x 230 V x 100 A = 69 kW, in kWh per hour.
ELECTRICITY: Final = Limit(69.0)
#: Q4 of a DN 20 household meter (ISO 4064-1: Q3 = 4 m3/h, Q4 = 1.25 Q3), in litres per hour.
WATER: Final = Limit(5_000.0)


@dataclass(frozen=True, slots=True)
class Tally:
    """A running total. `since` is the time of the base, `time` and `value` the last reading taken in."""

    total: float = 0.0
    since: int | None = None
    time: int | None = None
    value: float = 0.0
    resets: int = 0
    replacements: int = 0

    def add(self, time: int, value: float | None, limit: Limit) -> Tally:
        """The tally after a reading. One not newer than the last changes nothing: late readings need a
        recount over the sorted column."""
        if value is None or not math.isfinite(value) or (self.time is not None and time <= self.time):
            return self
        if self.time is None:
            return replace(self, since=time, time=time, value=value)
        fell = value < self.value
        step = value if fell else value - self.value
        if not limit.allows(step, time - self.time):
            return replace(self, time=time, value=value, replacements=self.replacements + 1)
        return replace(self, total=self.total + step, time=time, value=value, resets=self.resets + fell)


def increase(
    readings: Iterable[tuple[int, float | None]],
    start: int,
    end: int,
    limit: Limit,
    base: tuple[int, float] | None = None,
) -> Tally:
    """The growth over [start, end) from (UTC ms, value) pairs, ascending by time.

    `base` is the last reading before `start`; readings before `start` in the column serve as base too.
    """
    tally = Tally() if base is None else Tally(since=base[0], time=base[0], value=base[1])
    for time, value in readings:
        if time >= end:
            break
        if time >= start:
            tally = tally.add(time, value, limit)
        elif value is not None and math.isfinite(value) and (tally.time is None or time > tally.time):
            tally = Tally(since=time, time=time, value=value)
    return tally
