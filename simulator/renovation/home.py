"""The home that is renovated: rooms with their surfaces and air."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.renovation.chance import happens, within
from simulator.renovation.variety import Variety

#: Share of a wall that is neither door nor window.
_SOLID: Final = 0.8
#: Rooms are not square: their outline is a little longer than that of a square.
_OUTLINE: Final = 4.2


@dataclass(frozen=True, slots=True)
class Room:
    """One room; `wet` are bathrooms and kitchens, whose walls are tiled."""

    name: str
    floor_m2: float
    height_m: float
    wet: bool

    @property
    def wall_m2(self) -> float:
        """Walls without doors and windows."""
        return _OUTLINE * math.sqrt(self.floor_m2) * self.height_m * _SOLID

    @property
    def air_m3(self) -> float:
        """Volume."""
        return self.floor_m2 * self.height_m


@dataclass(frozen=True, slots=True)
class Home:
    """All rooms, and what of the building matters."""

    area_m2: float
    rooms: tuple[Room, ...]
    #: Built before: there is something to demolish.
    old: bool
    three_phase: bool


def draw_home(rng: np.random.Generator, variety: Variety, *, three_phase: bool = False) -> Home:
    """A home of one to three bedrooms; some have three phases, or all where `three_phase` says so."""
    area_m2 = round(within(rng, variety.area_m2), 1)
    height_m = round(within(rng, (2.55, 2.95)), 2)
    shares = {"living": 34.0, "kitchen": 9.0, "bath": 7.0, "bedroom": 18.0}
    if area_m2 > 60:
        shares["bedroom2"] = 14.0
    if area_m2 > 95:
        shares["bath2"] = 5.5
        shares["bedroom3"] = 11.0
    drawn = {name: share * within(rng, (0.85, 1.15)) for name, share in shares.items()}
    whole = sum(drawn.values())
    rooms = tuple(
        Room(name, round(area_m2 * share / whole, 1), height_m, name.startswith(("bath", "kitchen")))
        for name, share in drawn.items()
    )
    return Home(area_m2, rooms, old=happens(rng, 0.45), three_phase=happens(rng, 0.5) or three_phase)
