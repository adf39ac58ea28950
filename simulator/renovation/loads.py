"""Loads as what they are: switched on and off at moments, each time with a power of its own.

Any moments can be asked, a second or a minute apart: nothing is kept on a grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.renovation.arrays import Floats, Whole
from wire.durations import HOUR_MS


@dataclass(frozen=True, slots=True)
class Runs:
    """Disjoint ascending [start, end) in ms with a rate while each lasts (W, or L/h)."""

    starts: Whole
    ends: Whole
    rates: Floats

    def rate(self, times: Whole) -> Floats:
        """The rate at ascending moments; 0 where nothing runs."""
        found = np.zeros(len(times))
        first, last = self._asked(times)
        if first < last:
            inside = times[first:last]
            index = np.searchsorted(self.starts, inside, side="right") - 1
            found[first:last] = np.where(inside < self.ends[index], self.rates[index], 0.0)
        return found

    def since(self, times: Whole) -> Whole:
        """How long (ms) the run at each moment has lasted; -1 where nothing runs."""
        found = np.full(len(times), -1, dtype=np.int64)
        first, last = self._asked(times)
        if first < last:
            inside = times[first:last]
            index = np.searchsorted(self.starts, inside, side="right") - 1
            found[first:last] = np.where(inside < self.ends[index], inside - self.starts[index], -1)
        return found

    def total(self, times: Whole) -> Floats:
        """Rate times hours up to each moment (Wh, or L)."""
        if not len(self.starts):
            return np.zeros(len(times))
        amounts = np.cumsum(self.rates * (self.ends - self.starts) / HOUR_MS)
        edges = np.stack([self.starts, self.ends], axis=1).ravel()
        levels = np.stack([np.concatenate([[0.0], amounts[:-1]]), amounts], axis=1).ravel()
        return np.asarray(np.interp(times, edges, levels))

    def _asked(self, times: Whole) -> tuple[int, int]:
        """Which of ascending moments lie where anything runs at all."""
        if not len(self.starts):
            return 0, 0
        return int(np.searchsorted(times, self.starts[0])), int(np.searchsorted(times, self.ends[-1]))


def joined(parts: list[Runs]) -> Runs:
    """Runs of one thing put together; where they overlap the later one gives way until the earlier ends."""
    starts = np.concatenate([part.starts for part in parts]) if parts else np.empty(0, np.int64)
    ends = np.concatenate([part.ends for part in parts]) if parts else np.empty(0, np.int64)
    rates = np.concatenate([part.rates for part in parts]) if parts else np.empty(0)
    order = np.argsort(starts, kind="stable")
    starts, ends, rates = starts[order], ends[order], rates[order]
    if len(ends) > 1:
        reached = np.maximum.accumulate(ends)
        starts[1:] = np.maximum(starts[1:], reached[:-1])
    kept = ends > starts
    return Runs(starts[kept], ends[kept], rates[kept])


@dataclass(frozen=True, slots=True)
class Load:
    """One appliance on one phase."""

    name: str
    phase: int
    power_factor: float
    runs: Runs
    #: Current of the first moment against that of the run, and how long it lasts.
    inrush: float = 1.0
    inrush_ms: int = 0

    def watts(self, times: Whole) -> Floats:
        """Power at ascending moments."""
        watts = self.runs.rate(times)
        if self.inrush > 1:
            since = self.runs.since(times)
            watts = np.where((since >= 0) & (since < self.inrush_ms), watts * self.inrush, watts)
        return watts

    def watt_hours(self, times: Whole) -> Floats:
        """Energy up to each moment; the moments of inrush are too short to count."""
        return self.runs.total(times)
