"""Who works: crews with their trades, size, hours and habits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.renovation.chance import happens, whole_within, within
from simulator.renovation.variety import Variety

#: Trade -> fewest and most people of its crew, by default.
_SIZES: Final = {
    "labourer": (3, 5),
    "electrician": (1, 2),
    "plumber": (1, 2),
    "plasterer": (2, 3),
    "waterproofer": (1, 2),
    "tiler": (2, 3),
    "carpenter": (2, 3),
    "painter": (2, 3),
    "installer": (2, 3),
    "cleaner": (2, 4),
    "manager": (1, 2),
}
TRADES: Final = tuple(_SIZES)
#: Trades that one crew often does both of, and how often: a firm's "water and power", "mud and tiles".
_JOINED: Final = (
    ("electrician", "plumber", 0.6),
    ("plasterer", "tiler", 0.6),
    ("waterproofer", "tiler", 0.6),
    ("labourer", "cleaner", 0.4),
    ("carpenter", "installer", 0.5),
    ("painter", "plasterer", 0.2),
)
#: Who comes and goes as it suits.
_VISITORS: Final = frozenset({"manager"})


@dataclass(frozen=True, slots=True)
class Crew:
    """People who come together. Hours are local; chances are of a day."""

    name: str
    trades: frozenset[str]
    people: int
    speed: float
    arrives_h: float
    leaves_h: float
    lunch_at_h: float
    lunch_h: float
    saturday: float
    sunday: float
    elsewhere: float
    called_days: tuple[int, int]
    #: Days away before and after the lunar New Year.
    spring: tuple[int, int]
    tool_power: float
    tool_use: float
    water_use: float

    @property
    def day_h(self) -> float:
        """Hours of work between coming and going."""
        return self.leaves_h - self.arrives_h - self.lunch_h


def draw_crews(rng: np.random.Generator, variety: Variety, area_m2: float) -> list[Crew]:
    """Crews for every trade; some firms let one crew do two trades. Larger homes get larger crews."""
    groups = [{trade} for trade in TRADES]
    for first, second, often in _JOINED:
        if happens(rng, often):
            one = next(group for group in groups if first in group)
            other = next(group for group in groups if second in group)
            if one is not other:
                groups.remove(other)
                one |= other
    more = 1 if area_m2 > 105 else 0
    return [_crew(rng, variety, group, more) for group in groups]


def _crew(rng: np.random.Generator, variety: Variety, trades: set[str], more: int) -> Crew:
    name = next(trade for trade in TRADES if trade in trades)
    visiting = name in _VISITORS
    arrives = within(rng, (9.0, 10.5)) if visiting else within(rng, variety.arrives_h)
    return Crew(
        name=name,
        trades=frozenset(trades),
        people=whole_within(rng, _SIZES[name]) + (0 if visiting else more),
        speed=within(rng, variety.speed),
        arrives_h=arrives,
        leaves_h=arrives + within(rng, (3.5, 5.0)) if visiting else within(rng, variety.leaves_h),
        lunch_at_h=within(rng, (11.4, 12.3)),
        lunch_h=within(rng, variety.lunch_h),
        saturday=within(rng, variety.saturday),
        sunday=within(rng, variety.sunday),
        elsewhere=within(rng, variety.elsewhere),
        called_days=(0, whole_within(rng, variety.called_days)),
        spring=(whole_within(rng, (3, 12)), whole_within(rng, (6, 16))),
        tool_power=within(rng, variety.tool_power),
        tool_use=within(rng, variety.tool_use),
        water_use=within(rng, variety.water_use),
    )
