"""What meters make of what flows through them: steps, stiction, starting flow, resets and exchanges."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.renovation.arrays import Floats, Whole, rounded
from simulator.renovation.loads import Runs

#: A 15 mm mechanical meter may miss 30 % of what flows below 15 L/h (meteringlab.com), and all below its
#: start.
_SLOW_L_H: Final = 15.0
_SLOW_COUNTED: Final = 0.7
_STARTS_L_H: Final = 2.0

Amount = Callable[[Whole], Floats]


@dataclass(frozen=True, slots=True)
class Restart:
    """At `time_ms` the counter shows `shown`: it was reset (0), or another meter was put in its place."""

    time_ms: int
    shown: float


@dataclass(frozen=True, slots=True)
class Held:
    """Spans in which the register sticks; what flowed meanwhile shows when it comes free."""

    starts: Whole
    ends: Whole

    def seen(self, times: Whole) -> Whole:
        """For each moment the moment whose count is shown."""
        if not len(self.starts):
            return times
        index = np.searchsorted(self.starts, times, side="right") - 1
        place = np.maximum(index, 0)
        stuck = (index >= 0) & (times < self.ends[place])
        return np.where(stuck, self.starts[place], times)


@dataclass(frozen=True, slots=True)
class Register:
    """A counter with its step, its first figure and what happened to it."""

    step: float
    first: float
    restarts: Sequence[Restart] = ()
    held: Held = Held(np.empty(0, np.int64), np.empty(0, np.int64))

    def shown(self, amount: Amount, times: Whole) -> Floats:
        """What stands on it at ascending moments, of `amount` counted from the beginning."""
        counted = amount(self.held.seen(times)) + self.first
        for restart in self.restarts:
            later = times >= restart.time_ms
            before = amount(np.array([restart.time_ms]))[0]
            counted = np.where(later, amount(times) - before + restart.shown, counted)
        return rounded(np.floor(counted / self.step + 1e-9) * self.step, 3)


def registered(flow: Runs) -> Runs:
    """The part of a flow (L/h) that a mechanical meter notices."""
    counted = np.where(flow.rates < _STARTS_L_H, 0.0, np.where(flow.rates < _SLOW_L_H, _SLOW_COUNTED, 1.0))
    return Runs(flow.starts, flow.ends, flow.rates * counted)


def stiction(rng: np.random.Generator, first_ms: int, last_ms: int, a_day: float) -> Held:
    """Some spans of 5 to 40 minutes in which the register sticks."""
    count = int(rng.poisson(a_day * (last_ms - first_ms) / 86_400_000))
    starts = np.sort(rng.integers(first_ms, last_ms, count))
    ends = starts + rng.integers(5 * 60_000, 40 * 60_000, count)
    if count > 1:
        ends[:-1] = np.minimum(ends[:-1], starts[1:])
    return Held(starts, ends)
