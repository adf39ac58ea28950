"""Day by day: which crew works on what. The one place where packages turn into hours.

A package may begin when what it follows is finished, its nights have passed, its layer is dry and its
material has come. Crews are called when there is work for them, come some days later, have other sites,
weekends and families.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, Protocol

import numpy as np

from simulator.renovation.chance import generator, happens, whole_within, within
from simulator.renovation.crews import Crew
from simulator.renovation.holidays import HOLIDAYS, at_home
from simulator.renovation.packages import Layer, WorkPackage, again
from simulator.renovation.site_days import SiteDays

#: Nobody waits longer for a layer than this.
PATIENCE_DAYS: Final = 24
#: A crew without work for so long is given up and has to be called anew.
_RELEASED_AFTER: Final = 2
#: Flood tests last 24 to 48 h (kaojiazhao.com): one or two nights.
_PONDED_NIGHTS: Final = (1, 2)
#: Labour to find and mend what let the water through.
_REPAIR_H: Final = 4.0
_LEAST_SESSION_H: Final = 0.25


class Drying(Protocol):
    """Who knows whether a layer in a room is dry enough to be covered."""

    def is_dry(self, room: str, layer: Layer) -> bool: ...

    def is_drying(self) -> bool:
        """Whether screed or plaster of any living room still dries."""


@dataclass(frozen=True, slots=True)
class Session:
    """Some people of a crew at one package for a while without a break."""

    day: int
    start_ms: int
    end_ms: int
    crew: int
    package: WorkPackage
    people: int
    #: Labour-hours of the package that are done in it.
    earned_h: float

    @property
    def labour_h(self) -> float:
        """People times hours."""
        return self.people * (self.end_ms - self.start_ms) / 3_600_000


@dataclass(frozen=True, slots=True)
class Shift:
    """A crew on site on a day. `came` is false where it was expected and nobody came."""

    day: int
    crew: int
    people: int
    arrives_ms: int
    leaves_ms: int
    lunch_ms: tuple[int, int]
    came: bool = True


@dataclass(frozen=True, slots=True)
class PondingTest:
    """A flooded floor: filled at the end of the session, looked at `nights` later."""

    package: WorkPackage
    filled_ms: int
    until_day: int
    failed: bool


@dataclass(slots=True)
class Called:
    """A crew as the foreman knows it: when it can come, and since when it has nothing to do."""

    from_day: int = -1
    idle_days: int = 0


@dataclass(frozen=True, slots=True)
class Luck:
    """What goes wrong on a site. The plan is made with none of it."""

    side_by_side: int = 2
    material_late: float = 0.0
    again: float = 0.0
    fails_ponding: bool = False
    #: On each of these days, or as soon as a crew is expected after it, it does not come.
    no_shows: tuple[int, ...] = ()
    spread: float = 0.0


@dataclass(slots=True)
class Works:
    """Everything that was done."""

    sessions: list[Session] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    tests: list[PondingTest] = field(default_factory=list)
    #: Days on which nobody came, and a layer was waited for or still drying.
    drying_days: set[int] = field(default_factory=set)
    days: int = 0


class Foreman:
    """The works of one site, a day at a time."""

    def __init__(
        self, seed: int, days: SiteDays, packages: Sequence[WorkPackage], crews: Sequence[Crew], luck: Luck
    ) -> None:
        self._rng = generator(seed, "foreman")
        self._days = days
        self._crews = crews
        self._luck = luck
        self._open = {package.id: package for package in packages}
        self._left = {package.id: package.hours for package in packages}
        self._finished: dict[str, int] = {}
        self._material: dict[str, int] = {}
        self._waiting: dict[str, int] = {}
        self._repairs: dict[str, str] = {}
        self._called = [Called() for _ in crews]
        self._no_shows = sorted(luck.no_shows)
        self._fails_ponding = luck.fails_ponding
        self.works = Works()

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return not self._open

    def work(self, day: int, drying: Drying) -> list[Session]:
        """Let a day pass; gives what was done on it."""
        today: list[Session] = []
        on_site = 0
        waited = False
        for number, crew in enumerate(self._crews):
            jobs = [package for package in self._jobs(crew, day) if self._may_start(package, day)]
            dry = [package for package in jobs if self._is_dry(package, day, drying)]
            waited |= len(dry) < len(jobs)
            if not dry:
                self._without_work(number)
            elif on_site < self._luck.side_by_side and self._comes(number, day):
                done = self._shift(number, day, dry)
                today += done
                on_site += bool(done)
        if not today and (waited or drying.is_drying()):
            self.works.drying_days.add(day)
        self.works.sessions += today
        self.works.days = day + 1
        return today

    def _jobs(self, crew: Crew, day: int) -> list[WorkPackage]:
        return [
            package
            for package in self._open.values()
            if package.task.trade in crew.trades and self._is_free(package, day)
        ]

    def _is_free(self, package: WorkPackage, day: int) -> bool:
        """Whether all it follows was finished before today, long enough ago."""
        nights = max(package.task.nights, 1)
        return all(self._finished.get(other, day + 1) + nights <= day for other in package.after)

    def _may_start(self, package: WorkPackage, day: int) -> bool:
        """Whether its material is there; it is ordered when the package could begin."""
        if package.id not in self._material:
            late = happens(self._rng, self._luck.material_late) and not package.again
            self._material[package.id] = day + (whole_within(self._rng, (2, 7)) if late else 0)
        return self._material[package.id] <= day

    def _is_dry(self, package: WorkPackage, day: int, drying: Drying) -> bool:
        layer = package.task.waits_for
        if layer is None or drying.is_dry(package.room, layer):
            return True
        return day - self._waiting.setdefault(package.id, day) > PATIENCE_DAYS

    def _without_work(self, number: int) -> None:
        called = self._called[number]
        called.idle_days += 1
        if called.idle_days > _RELEASED_AFTER:
            called.from_day = -1

    def _comes(self, number: int, day: int) -> bool:
        """Whether the crew is here today; calls it if it is not called yet."""
        crew, called, today = self._crews[number], self._called[number], self._days.date(day)
        called.idle_days = 0
        if called.from_day < 0:
            called.from_day = day + whole_within(self._rng, crew.called_days)
        if day < called.from_day or not self._works_on(crew, today):
            return False
        if self._luck.spread and happens(self._rng, crew.elsewhere):
            called.from_day = day + whole_within(self._rng, (1, 3))
            return False
        if self._no_shows and day >= self._no_shows[0]:
            del self._no_shows[0]
            self.works.shifts.append(self._times(number, day, came=False))
            return False
        return True

    def _works_on(self, crew: Crew, today: date) -> bool:
        if today in HOLIDAYS or at_home(today, *crew.spring):
            return False
        chance = {5: crew.saturday, 6: crew.sunday}.get(today.weekday(), 1.0)
        return happens(self._rng, chance) if self._luck.spread else chance >= 0.5

    def _times(self, number: int, day: int, *, came: bool = True) -> Shift:
        crew, spread = self._crews[number], self._luck.spread
        arrives = crew.arrives_h + spread * self._rng.normal(0, 0.3)
        leaves = crew.leaves_h + spread * self._rng.normal(0, 0.5)
        lunch = crew.lunch_at_h + spread * self._rng.normal(0, 0.15)
        people = crew.people
        if spread and people > 1:
            people += int(self._rng.choice((-1, 0, 0, 0, 1)))
        at = self._days.at
        return Shift(
            day, number, people, at(day, arrives), at(day, max(leaves, lunch + crew.lunch_h + 0.5)),
            (at(day, lunch), at(day, lunch + crew.lunch_h)), came,
        )  # fmt: skip

    def _shift(self, number: int, day: int, jobs: list[WorkPackage]) -> list[Session]:
        """Work one package after the other until the day is over; go home when nothing is left."""
        shift = self._times(number, day)
        pace = shift.people * self._crews[number].speed
        pace *= within(self._rng, (0.85, 1.1)) if self._luck.spread else 1.0
        free = _free(shift)
        sessions: list[Session] = []
        for package in jobs:
            for start_ms, end_ms in _taken(free, self._left[package.id] / pace):
                earned = min(self._left[package.id], pace * (end_ms - start_ms) / 3_600_000)
                self._left[package.id] -= earned
                sessions.append(Session(day, start_ms, end_ms, number, package, shift.people, earned))
            if self._left[package.id] < 1e-6:
                self._finish(package, day, sessions[-1].end_ms if sessions else shift.leaves_ms)
            if not free:
                break
        if sessions:
            self.works.shifts.append(_until(shift, sessions[-1].end_ms))
        return sessions

    def _finish(self, package: WorkPackage, day: int, end_ms: int) -> None:
        del self._open[package.id]
        self._finished[package.id] = day
        if package.task.test == "ponding":
            self._ponded(package, day, end_ms)
        elif happens(self._rng, self._luck.again) and not package.again:
            self._once_more(package, within(self._rng, (0.1, 0.4)))

    def _ponded(self, package: WorkPackage, day: int, end_ms: int) -> None:
        """Nobody touches the room until the test is over; one that fails is repaired and done again."""
        until = day + whole_within(self._rng, _PONDED_NIGHTS)
        self._finished[package.id] = self._finished[self._repairs.get(package.id, package.id)] = until - 1
        failed, self._fails_ponding = self._fails_ponding, False
        self.works.tests.append(PondingTest(package, end_ms, until, failed))
        if failed:
            self._repair(package, until)

    def _repair(self, package: WorkPackage, until: int) -> None:
        """A floor that lost water is mended and tested anew; what follows the test waits for that."""
        del self._finished[package.id]
        repair = replace(again(package, 1.0, 1), after=(), hours=package.hours + _REPAIR_H)
        self._open[repair.id], self._left[repair.id] = repair, repair.hours
        self._material[repair.id] = until + 1
        self._repairs[repair.id] = package.id

    def _once_more(self, package: WorkPackage, share: float) -> None:
        extra = again(package, share, 1)
        self._open[extra.id] = extra
        self._left[extra.id] = extra.hours


def _free(shift: Shift) -> list[tuple[int, int]]:
    """The hours of a shift without its lunch."""
    spans = [(shift.arrives_ms, shift.lunch_ms[0]), (shift.lunch_ms[1], shift.leaves_ms)]
    return [(start, end) for start, end in spans if end - start > _LEAST_SESSION_H * 3_600_000]


def _taken(free: list[tuple[int, int]], hours: float) -> Iterator[tuple[int, int]]:
    """Take up to `hours` from the beginning of `free`, in pieces without a break."""
    left_ms = int(hours * 3_600_000) + 1
    while free and left_ms > 0:
        start, end = free[0]
        until = min(end, start + left_ms)
        left_ms -= until - start
        if end - until > _LEAST_SESSION_H * 3_600_000:
            free[0] = (until, end)
        else:
            free.pop(0)
        yield start, until


def _until(shift: Shift, last_ms: int) -> Shift:
    """The shift as it was: who has finished cleans up and goes."""
    leaves = min(shift.leaves_ms, last_ms + 20 * 60_000)
    return Shift(shift.day, shift.crew, shift.people, shift.arrives_ms, leaves, shift.lunch_ms)


def noise(rng: np.random.Generator, spread: float) -> float:
    """A factor about 1."""
    return float(np.exp(rng.normal(0, spread)))
