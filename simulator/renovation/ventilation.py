"""Windows, people and wet hands: what a day of work does to the air of the rooms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.renovation.arrays import Floats
from simulator.renovation.chance import happens, within
from simulator.renovation.foreman import PondingTest, Session
from simulator.renovation.home import Home
from simulator.renovation.moisture import STEPS_A_DAY, DayAir
from simulator.renovation.packages import HOME
from simulator.renovation.site_days import SiteDays
from simulator.renovation.weather import Weather

#: A person who works gives 0.05-0.15 kg of water an hour.
_PERSON_G_H: Final = 90.0
_SLEEPER_G_H: Final = 40.0
_STEP_MS: Final = 86_400_000 // STEPS_A_DAY
#: Nobody works with open windows below this.
_COLD_C: Final = 8.0
#: With windows taken out, as while things are torn down.
_TORN_OUT_1_H: Final = 3.0
_PONDED_M: Final = 0.025
#: Sun and neighbours keep an unheated home a little warmer than the weather.
_SUN_K: Final = 1.6
_LEFT_WET_G_M2: Final = 300.0


@dataclass(frozen=True, slots=True)
class Sealed:
    """Rooms kept shut for days, with a gas heater or none: how drying is stalled and damp comes."""

    first_day: int
    last_day: int
    fire_g_h: float


@dataclass(frozen=True, slots=True)
class Puddle:
    """Water that a leak leaves on a floor."""

    room: int
    first_ms: int
    last_ms: int
    m2: float


@dataclass(frozen=True, slots=True)
class Windows:
    """How this site airs."""

    shut_1_h: Floats
    open_1_h: Floats
    opens: float
    open_at_night: float


def draw_windows(rng: np.random.Generator, rooms: int, habit: tuple[float, float]) -> Windows:
    """Leaks of shut windows 0.4-1.1 1/h, open ones 1.5-4 1/h, for each room."""
    return Windows(
        rng.uniform(0.4, 1.1, rooms),
        rng.uniform(1.5, 4.0, rooms),
        within(rng, habit),
        within(rng, (0.3, 1.0)),
    )


class Airing:
    """Days of air for one site."""

    def __init__(
        self,
        rng: np.random.Generator,
        home: Home,
        days: SiteDays,
        weather: Weather,
        windows: Windows,
        puddles: Sequence[Puddle] = (),
        sleepers: int = 0,
    ) -> None:
        self._rng = rng
        self._home = home
        self._days = days
        self._weather = weather
        self._windows = windows
        self.sealed: list[Sealed] = []
        self._puddles = puddles
        self._sleepers = sleepers
        self._index = {room.name: number for number, room in enumerate(home.rooms)}

    def day(self, day: int, sessions: Sequence[Session], tests: Iterable[PondingTest]) -> DayAir:
        """Air changes, gains and what was laid on `day`."""
        rooms, windows = len(self._home.rooms), self._windows
        changes = np.tile(windows.shut_1_h, (STEPS_A_DAY, 1))
        gains = np.zeros((STEPS_A_DAY, rooms))
        outdoor = self._weather.temperature_c[day * 24 : day * 24 + 24]
        if happens(self._rng, windows.open_at_night) and outdoor.min() > _COLD_C:
            changes[:] = windows.shut_1_h + 0.5 * (windows.open_1_h - windows.shut_1_h)
        opened = happens(self._rng, windows.opens) and outdoor.max() > _COLD_C
        for session in sessions:
            self._worked_in(session, changes, gains, opened=opened)
        gains[: STEPS_A_DAY * 7 // 24] += _SLEEPER_G_H * self._sleepers / rooms
        self._seal(day, changes, gains)
        return DayAir(changes, gains, [*self._laid(sessions), *self._ponded(day, tests), *self._puddled(day)])

    def _worked_in(self, session: Session, changes: Floats, gains: Floats, *, opened: bool) -> None:
        span = slice(self._step(session.day, session.start_ms), self._step(session.day, session.end_ms) + 1)
        room = self._index.get(session.package.room)
        places = slice(None) if room is None else slice(room, room + 1)
        gains[span, places] += _PERSON_G_H * session.people / (len(self._home.rooms) if room is None else 1)
        if session.package.task.stage == "painting":
            return
        if session.package.task.stage == "demolition":
            changes[span, places] = _TORN_OUT_1_H
        elif opened:
            changes[span, places] = self._windows.open_1_h[places]

    def _seal(self, day: int, changes: Floats, gains: Floats) -> None:
        for sealed in self.sealed:
            if sealed.first_day <= day <= sealed.last_day:
                changes[:] = 0.06
                gains += sealed.fire_g_h / gains.shape[1]

    def _laid(self, sessions: Sequence[Session]) -> Iterable[tuple[int, int, str, float, float]]:
        for session in sessions:
            task, package = session.package.task, session.package
            if task.lays is None or package.room == HOME:
                continue
            share = session.earned_h / package.hours
            area = package.surface_m2 * share
            room, step = self._index[package.room], self._step(session.day, session.end_ms)
            layer, kg_m2 = task.lays
            yield step, room, layer, area, 1000 * kg_m2 * area

    def _ponded(self, day: int, tests: Iterable[PondingTest]) -> Iterable[tuple[int, int, str, float, float]]:
        for test in tests:
            room = self._index[test.package.room]
            floor_m2 = self._home.rooms[room].floor_m2
            if self._days.day_of(test.filled_ms) == day:
                yield self._step(day, test.filled_ms), room, "open", floor_m2, 1e6 * _PONDED_M * floor_m2
            if test.until_day == day:
                yield STEPS_A_DAY * 9 // 24, room, "open", floor_m2, _LEFT_WET_G_M2 * floor_m2

    def _puddled(self, day: int) -> Iterable[tuple[int, int, str, float, float]]:
        for puddle in self._puddles:
            if self._days.day_of(puddle.first_ms) == day:
                yield self._step(day, puddle.first_ms), puddle.room, "open", puddle.m2, 1e6
            if self._days.day_of(puddle.last_ms) == day:
                yield self._step(day, puddle.last_ms), puddle.room, "open", puddle.m2, 500.0 * puddle.m2

    def _step(self, day: int, time_ms: int) -> int:
        return int(np.clip((time_ms - self._days.midnights[day]) // _STEP_MS, 0, STEPS_A_DAY - 1))


def indoor_temperature(rng: np.random.Generator, weather: Weather, rooms: int) -> Floats:
    """Temperature of the rooms, (steps, rooms): the building follows the outdoor day, the hour hardly."""
    hourly = weather.temperature_c
    kernel = np.ones(36) / 36
    slow = np.convolve(np.concatenate([np.full(35, hourly[:24].mean()), hourly]), kernel, "valid")
    lagged = np.roll(hourly, 3)
    heated = np.where(weather.heated & (slow < 8), 17.5, 0.0)
    building = np.where(heated > 0, 0.8 * heated + 0.2 * slow, 0.88 * slow + 0.12 * 21.0 + _SUN_K)
    hour_of_step = np.arange(len(hourly) * STEPS_A_DAY // 24) * 24 / STEPS_A_DAY
    at_step = np.interp(hour_of_step, np.arange(len(hourly)), building + 0.2 * (lagged - slow))
    return np.asarray(at_step[:, None] + rng.normal(0, 0.5, rooms)[None, :])
