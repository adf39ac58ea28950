"""What is entered in the truth, and what each of it does to the site's physics and devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import numpy as np

from simulator.renovation.badges import Cards, Pass
from simulator.renovation.device_faults import DeviceFault
from simulator.renovation.electricity import Leaking, Loose, Shifted
from simulator.renovation.foreman import Works
from simulator.renovation.home import Home
from simulator.renovation.living import Living
from simulator.renovation.loads import Load, Runs
from simulator.renovation.site_days import SiteDays
from wire.durations import HOUR_MS, MINUTE_MS

METER, WATER, SMOKE = "meter-main", "water-main", "smoke-hall"


@dataclass(frozen=True, slots=True, order=True)
class Occurrence:
    """Something between two moments. `device` is the one that would show it, or empty."""

    start_ms: int
    end_ms: int
    kind: str
    device: str
    notes: str


@dataclass(frozen=True, slots=True)
class Booking:
    """What was announced beforehand."""

    kind: Literal["ponding_test", "pressure_test", "crew"]
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Scene:
    """The site as it would have been without incidents."""

    days: SiteDays
    home: Home
    works: Works
    phases: int
    living: Living
    cards: Cards
    gates: Sequence[str]
    sensors: Sequence[str]

    @property
    def first_ms(self) -> int:
        """Beginning of the first day."""
        return int(self.days.midnights[0])

    @property
    def last_ms(self) -> int:
        """End of the last day."""
        return int(self.days.midnights[self.works.days])

    def presences(self) -> list[tuple[int, int]]:
        """Spans in which somebody works, in order, merged."""
        spans: list[tuple[int, int]] = []
        for shift in sorted(self.works.shifts, key=lambda shift: shift.arrives_ms):
            if not shift.came:
                continue
            if spans and shift.arrives_ms <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(spans[-1][1], shift.leaves_ms)
            else:
                spans.append((shift.arrives_ms, shift.leaves_ms))
        return spans

    def absences(self, least_h: float) -> list[tuple[int, int]]:
        """Spans between two presences in which nobody works, of at least `least_h` hours."""
        spans = self.presences()
        between = [(before[1], after[0]) for before, after in pairwise(spans)]
        return [(start, end) for start, end in between if end - start >= least_h * HOUR_MS]


@dataclass(slots=True)
class Effects:
    """What is added to the physics, the devices and the truth."""

    loads: list[Load] = field(default_factory=list)
    draws: list[Runs] = field(default_factory=list)
    passes: list[Pass] = field(default_factory=list)
    loose: list[Loose] = field(default_factory=list)
    shifted: list[Shifted] = field(default_factory=list)
    leaking: list[Leaking] = field(default_factory=list)
    faults: list[DeviceFault] = field(default_factory=list)
    smoke: list[tuple[int, int]] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    incidents: list[Occurrence] = field(default_factory=list)
    near_misses: list[Occurrence] = field(default_factory=list)


def steady_load(name: str, phase: int, start_ms: int, end_ms: int, watts: float) -> Load:
    """A load of one power for one span."""
    runs = Runs(np.array([start_ms]), np.array([end_ms]), np.array([watts]))
    return Load(name, phase, 1.0, runs)


def during(rng: np.random.Generator, spans: Sequence[tuple[int, int]], least_min: float) -> tuple[int, int]:
    """A moment in the first half of one of `spans`, `least_min` minutes before its end; and that end."""
    start, end = spans[int(rng.integers(len(spans)))]
    latest = max(start, min((start + end) // 2, end - int(least_min * MINUTE_MS)))
    return int(rng.integers(start, latest + 1)), end
