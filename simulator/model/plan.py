"""What is done on which day: stages, tools, minutes of work, litres, wet surfaces.

Magnitudes follow the usual ratings of such tools and the working-day totals of a 90 m2 flat (drills 500-850
W, grinders 0.7-2 kW, wet cutters and mixers 1.2-1.8 kW, vacuums 0.7-2.7 kW; 2-8 kWh and 20-300 L a day).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from simulator.model.chance import chance

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Tool:
    """One consumer: rated watts, power factor, the phase (0..2) of its socket, how long it runs and rests."""

    name: str
    watts: float
    power_factor: float
    phase: int
    on_s: Span
    off_s: Span
    runs_per_session: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Stage:
    """A kind of day: minutes each tool runs, litres drawn, people, square metres left wet in each room."""

    name: str
    days: int
    minutes: Mapping[str, Span]
    litres: tuple[int, int]
    crew: tuple[int, int]
    wet_m2: Mapping[str, Span]


TOOLS: Final[dict[str, Tool]] = {
    tool.name: tool
    for tool in (
        Tool("grinder", 1400, 0.93, 1, (5, 60), (10, 60), (4, 12)),
        Tool("chaser", 1900, 0.94, 2, (8, 50), (15, 70), (4, 10)),
        Tool("drill", 750, 0.90, 0, (4, 20), (8, 40), (5, 15)),
        Tool("wet_cutter", 1500, 0.88, 1, (5, 40), (15, 90), (5, 14)),
        Tool("mixer", 1400, 0.85, 2, (120, 300), (240, 900), (2, 4)),
        Tool("saw", 1600, 0.92, 1, (3, 15), (10, 60), (6, 18)),
        Tool("compressor", 1500, 0.82, 2, (60, 150), (180, 480), (3, 8)),
        Tool("sander", 220, 0.90, 0, (300, 1200), (60, 300), (2, 5)),
        Tool("sprayer", 800, 0.90, 2, (60, 300), (30, 240), (3, 6)),
        Tool("fusion_iron", 1000, 1.00, 0, (20, 40), (30, 60), (8, 20)),
        Tool("vacuum", 1100, 0.95, 1, (120, 500), (60, 400), (2, 4)),
        Tool("kettle", 1800, 1.00, 0, (150, 230), (3000, 6000), (1, 2)),
        Tool("lamps", 160, 0.95, 0, (3000, 6000), (240, 600), (1, 2)),
        Tool("charger", 90, 0.62, 2, (1500, 3600), (600, 1800), (1, 3)),
    )
}

_EVERY_DAY: Final[dict[str, Span]] = {"lamps": (220, 330), "charger": (80, 200), "kettle": (6, 12)}


def _with_daily(minutes: Mapping[str, Span]) -> Mapping[str, Span]:
    return {**_EVERY_DAY, **minutes}


#: One flat after another. No day is quite empty: on Sundays fewer come and do half as much.
STAGES: Final[tuple[Stage, ...]] = (
    Stage(
        name="rough_in",
        days=6,
        minutes=_with_daily(
            {"chaser": (25, 60), "drill": (20, 45), "fusion_iron": (20, 50), "vacuum": (8, 20)}
        ),
        litres=(20, 80),
        crew=(4, 5),
        wet_m2={"bath": (0.02, 0.08)},
    ),
    Stage(
        name="waterproofing",
        days=3,
        minutes=_with_daily({"mixer": (8, 20), "vacuum": (10, 25), "grinder": (4, 10)}),
        litres=(80, 220),
        crew=(4, 5),
        wet_m2={"bath": (0.25, 0.45)},
    ),
    Stage(
        name="tiling",
        days=7,
        minutes=_with_daily(
            {"wet_cutter": (35, 75), "mixer": (45, 95), "grinder": (8, 25), "vacuum": (5, 15)}
        ),
        litres=(120, 300),
        crew=(4, 6),
        wet_m2={"bath": (0.10, 0.26), "living": (0.05, 0.20)},
    ),
    Stage(
        name="screed_drying",
        days=4,
        minutes=_with_daily({"mixer": (80, 150), "drill": (5, 20), "vacuum": (5, 15)}),
        litres=(200, 420),
        crew=(5, 6),
        wet_m2={"bath": (0.15, 0.30), "living": (0.5, 1.1), "bedroom": (0.3, 0.8)},
    ),
    Stage(
        name="carpentry",
        days=5,
        minutes=_with_daily(
            {"saw": (40, 80), "compressor": (60, 120), "drill": (15, 40), "vacuum": (15, 30)}
        ),
        litres=(10, 40),
        crew=(4, 6),
        wet_m2={},
    ),
    Stage(
        name="painting",
        days=5,
        minutes=_with_daily(
            {"sander": (120, 260), "mixer": (10, 25), "sprayer": (30, 80), "vacuum": (10, 30)}
        ),
        litres=(25, 70),
        crew=(4, 5),
        wet_m2={"living": (0.3, 0.7), "bedroom": (0.4, 0.9), "bath": (0.05, 0.10)},
    ),
    Stage(
        name="installation",
        days=4,
        minutes=_with_daily({"drill": (30, 70), "saw": (8, 20), "vacuum": (15, 40)}),
        litres=(60, 150),
        crew=(5, 7),
        wet_m2={"bath": (0.03, 0.10)},
    ),
)

_CYCLE: Final[tuple[Stage, ...]] = tuple(stage for stage in STAGES for _ in range(stage.days))
_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class DayPlan:
    """How much of everything a day holds. Cheap to draw, so that counters can be summed over years."""

    day: date
    stage: Stage
    on_s: Mapping[str, int]
    litres: int
    crew: int
    wet_m2: Mapping[str, float]

    @property
    def tool_wh(self) -> float:
        """Energy all tools use on this day."""
        return sum(TOOLS[name].watts * seconds for name, seconds in self.on_s.items()) / 3600


def stage_on(seed: int, day: date) -> Stage:
    """The stage of a day; each seed is at another point of the works."""
    return _CYCLE[(day.toordinal() + 11 * seed) % len(_CYCLE)]


def plan_day(seed: int, day: date) -> DayPlan:
    """The day's amounts, drawn from (seed, day) alone."""
    rng = chance(seed, "plan", day)
    stage = stage_on(seed, day)
    sunday = day.weekday() == _SUNDAY
    effort = rng.uniform(0.75, 1.15) * (0.5 if sunday else 1.0)
    on_s = {name: int(60 * effort * rng.uniform(*span)) for name, span in stage.minutes.items()}
    return DayPlan(
        day=day,
        stage=stage,
        on_s=on_s,
        litres=int(effort * rng.uniform(*stage.litres)),
        crew=stage.crew[0] if sunday else rng.randint(*stage.crew),
        wet_m2={room: effort * rng.uniform(*span) for room, span in stage.wet_m2.items()},
    )
