"""One whole renovation from a seed: home, works, air, supply and water, at any moments asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from simulator.renovation.arrays import Floats, Whole
from simulator.renovation.badges import Pass, draw_cards, passes, visits
from simulator.renovation.chance import generator, happens, whole_within, within
from simulator.renovation.crews import Crew, draw_crews
from simulator.renovation.electricity import Phases, Supply
from simulator.renovation.foreman import Foreman, Luck, Works
from simulator.renovation.home import Home, draw_home
from simulator.renovation.incidents import CAUSED, INJECTED, KINDS
from simulator.renovation.living import Living, draw_living, living_loads
from simulator.renovation.loads import Runs
from simulator.renovation.meters import registered
from simulator.renovation.moisture import STEPS_A_DAY, Materials, RoomAir
from simulator.renovation.near_misses import NEAR_MISSES
from simulator.renovation.occurrences import WATER, Effects, Occurrence, Scene
from simulator.renovation.packages import WorkPackage, draw_packages
from simulator.renovation.plan import PlannedStage, make_plan
from simulator.renovation.site_days import MOST_DAYS, SiteDays, site_days
from simulator.renovation.tools import tool_loads
from simulator.renovation.variety import DEFAULT, WIDE
from simulator.renovation.ventilation import Airing, Puddle, Sealed, draw_windows, indoor_temperature
from simulator.renovation.water import living_draws, trial_draws, work_draws
from simulator.renovation.weather import draw_weather, saturation_g_m3
from wire.durations import HOUR_MS

_FIRST_START: Final = date(2024, 2, 20)
_STARTS_WITHIN_DAYS: Final = 1000
#: A site outside its variety's length is drawn anew so often.
_ATTEMPTS: Final = 12
#: Drying layers on which rooms are sealed, in kg of water laid so far.
_SEALED_AFTER_KG: Final = 60.0
_DAMP: Final = frozenset({"high_humidity", "condensation_risk", "mould_risk", "drying_stalled"})
_LEAKS_L_H: Final = (5.0, 15.0, 60.0, 600.0)


@dataclass(frozen=True, slots=True)
class Causes:
    """What is wrong from the beginning, so that works and air bring it about."""

    fails_ponding: bool
    #: Days on which a crew does not come.
    no_shows: tuple[int, ...]
    #: Days the rooms stay sealed, and the vapour of a gas heater (g/h); 0 days where they do not.
    sealed_days: int
    fire_g_h: float
    #: First hour, hours, L/h; 0 L/h where nothing leaks.
    leak: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class RoomColumns:
    """A room at some moments: °C, g/m3, %."""

    temperature: Floats
    vapour: Floats
    humidity: Floats


class Renovation:
    """A renovation with everything that can be measured of it, and what really happened.

    `kinds` are the incidents it shall have (DESIGN.md §10); without it some are drawn. The same arguments
    give the same renovation. Moments are UTC milliseconds and ascend.
    """

    def __init__(
        self,
        seed: int,
        *,
        wide: bool = False,
        start: date | None = None,
        timezone: str = "Asia/Shanghai",
        kinds: Sequence[str] | None = None,
    ) -> None:
        self.seed = seed
        self.variety = WIDE if wide else DEFAULT
        rng = generator(seed, "site")
        drawn = _FIRST_START + timedelta(days=whole_within(rng, (0, _STARTS_WITHIN_DAYS)))
        self.days: SiteDays = site_days(start or drawn, timezone)
        self.kinds = tuple(kinds) if kinds is not None else _drawn_kinds(rng)
        self.causes = _causes(generator(seed, "causes"), self.kinds)
        self.climate = str(rng.choice(self.variety.climates))
        self.weather = draw_weather(seed, self.climate, self.days.start, MOST_DAYS)
        for attempt in range(_ATTEMPTS):
            self._build(attempt)
            if self.variety.days[0] <= self.works.days <= self.variety.days[1]:
                break
        self._happen(rng)

    def _build(self, attempt: int) -> None:
        """Home, crews and works; the foreman asks the air each day what has dried."""
        seed, variety = self.seed, self.variety
        three_phase = "voltage_imbalance" in self.kinds
        self.home: Home = draw_home(generator(seed, attempt, "home"), variety, three_phase=three_phase)
        self.packages: list[WorkPackage] = draw_packages(
            generator(seed, attempt, "packages"), self.home, variety
        )
        self.crews: list[Crew] = draw_crews(generator(seed, attempt, "crews"), variety, self.home.area_m2)
        self.living: Living = draw_living(generator(seed, attempt, "living"), variety)
        rng = generator(seed, attempt, "air")
        self.temperature_c = indoor_temperature(rng, self.weather, len(self.home.rooms))
        self.materials = Materials(
            within(rng, variety.screed_mm) / 1000, within(rng, (0.008, 0.015)), happens(rng, 0.3)
        )
        self.air = RoomAir(self.home.rooms, self.temperature_c, self._outdoor_vapour(), self.materials)
        self.works: Works = self._work(attempt, self._airing(rng))

    def _outdoor_vapour(self) -> Floats:
        hours = np.arange(MOST_DAYS * STEPS_A_DAY) * 24 / STEPS_A_DAY
        return np.asarray(np.interp(hours, np.arange(MOST_DAYS * 24), self.weather.vapour_g_m3))

    def _airing(self, rng: np.random.Generator) -> Airing:
        windows = draw_windows(rng, len(self.home.rooms), self.variety.window_habit)
        first_h, hours, flow = self.causes.leak
        self.puddle = None
        if flow:
            start = self.days.at(0, first_h)
            wet_room = next(number for number, room in enumerate(self.home.rooms) if room.wet)
            self.puddle = Puddle(wet_room, start, start + int(hours * HOUR_MS), min(6.0, 1 + flow / 20))
        puddles = [self.puddle] if self.puddle else []
        return Airing(rng, self.home, self.days, self.weather, windows, puddles, self.living.sleepers)

    def _work(self, attempt: int, airing: Airing) -> Works:
        rng, variety = generator(self.seed, attempt, "luck"), self.variety
        luck = Luck(
            side_by_side=whole_within(rng, variety.side_by_side),
            material_late=within(rng, variety.material_late),
            again=within(rng, variety.again),
            fails_ponding=self.causes.fails_ponding,
            no_shows=self.causes.no_shows,
            spread=1.0,
        )
        foreman = Foreman(self.seed * 31 + attempt, self.days, self.packages, self.crews, luck)
        for day in range(MOST_DAYS - 20):
            if foreman.finished:
                break
            sessions = foreman.work(day, self.air)
            if self.causes.sealed_days and not airing.sealed and self.air.laid_kg > _SEALED_AFTER_KG:
                airing.sealed.append(Sealed(day, day + self.causes.sealed_days, self.causes.fire_g_h))
            self.air.advance(day, airing.day(day, sessions, foreman.works.tests))
        self.sealed = list(airing.sealed)
        return foreman.works

    def _happen(self, rng: np.random.Generator) -> None:
        """Everything that follows from the works: gate, loads, water, and what goes wrong besides."""
        self.phases = 3 if self.home.three_phase else 1
        self.cards = draw_cards(generator(self.seed, "cards"), self.variety, self.crews)
        self.gates = ("gate-in", "gate-out") if happens(rng, 0.5) else ("gate",)
        self.sensor_rooms = _sensor_rooms(rng, self.home)
        self.plan: list[PlannedStage] = make_plan(
            self.seed, self.days, self.packages, self.crews, within(rng, (1.0, 1.4))
        )
        self.scene = Scene(
            self.days, self.home, self.works, self.phases, self.living, self.cards, self.gates,
            [f"th-{room}" for room in self.sensor_rooms],
        )  # fmt: skip
        self.effects = self._effects()
        self.supply = self._supply(rng)
        self.flows = self._flows()

    def _effects(self) -> Effects:
        effects = Effects()
        for kind in self.kinds:
            if kind in INJECTED:
                INJECTED[kind](generator(self.seed, "incident", kind), self.scene, effects)
        for kind, inject in NEAR_MISSES.items():
            rng = generator(self.seed, "near miss", kind)
            if happens(rng, 0.6):
                inject(rng, self.scene, effects)
        if self.puddle:
            flow = self.causes.leak[2]
            start, end = self.puddle.first_ms, min(self.puddle.last_ms, self.scene.last_ms)
            if start < end:
                effects.draws.append(Runs(np.array([start]), np.array([end]), np.array([flow])))
                effects.incidents.append(Occurrence(start, end, "leak", WATER, f"{flow:.0f} L/h"))
        return effects

    def _supply(self, rng: np.random.Generator) -> Supply:
        loads = tool_loads(self.seed, self.crews, self.works.sessions, self.phases)
        loads += living_loads(self.seed, self.living, self.days, self.weather, self.works.days, self.phases)
        effects = self.effects
        ohm = within(rng, self.variety.source_ohm)
        return Supply(
            self.seed,
            self.phases,
            ohm,
            [*loads, *effects.loads],
            effects.loose,
            effects.shifted,
            effects.leaking,
        )

    def _flows(self) -> list[Runs]:
        """Draws as the water meter notices them."""
        works = self.works
        drawn = [
            work_draws(self.seed, self.crews, works.sessions),
            living_draws(self.seed, self.days, works.days, self.living.sleepers),
            trial_draws(self.seed, self.home, self.days, works.tests, works.sessions),
        ]
        return [registered(flow) for flow in [*drawn, *self.effects.draws]]

    @property
    def first_ms(self) -> int:
        """Midnight before the first day."""
        return self.scene.first_ms

    @property
    def last_ms(self) -> int:
        """Midnight after the last day."""
        return self.scene.last_ms

    def electricity(self, times: Whole) -> Phases:
        """The supply."""
        return self.supply.at(times)

    def litres(self, times: Whole) -> Floats:
        """Water that the meter has noticed since the beginning."""
        return np.asarray(sum((flow.total(times) for flow in self.flows), np.zeros(len(times))))

    def room(self, name: str, times: Whole) -> RoomColumns:
        """Air of a room; wet surfaces cool it a little. Raises StopIteration for a room there is not."""
        number = next(n for n, room in enumerate(self.home.rooms) if room.name == name)
        hours = (times - self.first_ms) / HOUR_MS
        last = self.works.days * STEPS_A_DAY
        at = _interpolation(hours * STEPS_A_DAY / 24, last)
        cooling = 0.8 * np.minimum(1.0, at(self.air.evaporating_g_h[:last, number]) / 400)
        temperature = at(self.temperature_c[:last, number]) - cooling
        saturated = saturation_g_m3(temperature)
        vapour = np.minimum(at(self.air.vapour_g_m3[:last, number]), saturated)
        return RoomColumns(temperature, vapour, 100 * vapour / saturated)

    def passes(self) -> list[Pass]:
        """Every card the gate saw, in order."""
        worked = sorted({shift.day for shift in self.works.shifts if shift.came})
        seen = passes(self.seed, self.cards, self.works.shifts) + visits(
            self.seed, self.cards, self.days, worked
        )
        return sorted([*seen, *self.effects.passes])


def _interpolation(at: Floats, last: int) -> Callable[[Floats], Floats]:
    """Between the steps of the air; before the first and after the last as these are."""
    steps = np.arange(last)
    return lambda column: np.asarray(np.interp(at, steps, column))


def _drawn_kinds(rng: np.random.Generator) -> tuple[str, ...]:
    """Some incidents, about one in two weeks."""
    count = whole_within(rng, (3, 7))
    return tuple(str(kind) for kind in rng.choice(KINDS, count, replace=False))


def _causes(rng: np.random.Generator, kinds: Sequence[str]) -> Causes:
    wanted = set(kinds) & set(CAUSED)
    fire = 0.0
    if wanted & {"condensation_risk", "mould_risk"}:
        fire = within(rng, (150, 450))
    sealed = whole_within(rng, (14, 24)) if "mould_risk" in wanted else whole_within(rng, (6, 12))
    leak_l_h = float(rng.choice(_LEAKS_L_H)) if "leak" in wanted else 0.0
    hours = within(rng, (1, 4)) if leak_l_h > 100 else within(rng, (8, 90))
    return Causes(
        fails_ponding="ponding_test_failed" in wanted,
        no_shows=_missed_days(rng) if "no_show" in wanted else (),
        sealed_days=sealed if wanted & _DAMP else 0,
        fire_g_h=fire,
        leak=(24 * within(rng, (9, 34)), hours, leak_l_h),
    )


def _missed_days(rng: np.random.Generator) -> tuple[int, ...]:
    return tuple(int(day) for day in rng.integers(5, 36, whole_within(rng, (1, 4))))


def _sensor_rooms(rng: np.random.Generator, home: Home) -> list[str]:
    """Two to four rooms with a sensor, a bathroom among them."""
    others = [room.name for room in home.rooms if room.name != "bath"]
    count = min(len(others), whole_within(rng, (1, 3)))
    return ["bath", *sorted(str(name) for name in rng.choice(others, count, replace=False))]
