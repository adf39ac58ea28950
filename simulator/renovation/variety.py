"""From which ranges sites are drawn: one row a habit, as it is by default and in the wide mode.

The wide mode is for reports on robustness: tools, habits, climates and orders well beyond those a model was
trained on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from simulator.renovation.chance import Range


@dataclass(frozen=True, slots=True)
class Variety:
    """Bounds of what differs from site to site."""

    area_m2: Range = (45, 140)
    days: tuple[int, int] = (45, 110)
    #: Work done in an hour against the hours the packages were estimated with, by crew.
    speed: Range = (0.8, 1.25)
    #: Estimated hours against the table's, by package.
    effort: Range = (0.75, 1.35)
    arrives_h: Range = (7.3, 8.8)
    leaves_h: Range = (16.8, 18.3)
    lunch_h: Range = (0.75, 1.75)
    saturday: Range = (0.5, 1.0)
    sunday: Range = (0.0, 0.6)
    #: Chance of a day that a crew spends on another site.
    elsewhere: Range = (0.04, 0.16)
    #: Working days from the call of a crew until it comes.
    called_days: tuple[int, int] = (0, 3)
    #: Crews that find room to work beside one another.
    side_by_side: tuple[int, int] = (1, 3)
    material_late: Range = (0.02, 0.12)
    again: Range = (0.02, 0.10)
    #: Power of a crew's tool against the table's.
    tool_power: Range = (0.75, 1.3)
    #: Running time of tools against the table's, by crew.
    tool_use: Range = (0.6, 1.6)
    water_use: Range = (0.6, 1.7)
    wrong_trade: Range = (0.3, 0.4)
    missed_swipe: Range = (0.03, 0.12)
    shared_card: Range = (0.0, 0.15)
    window_habit: Range = (0.3, 0.9)
    source_ohm: Range = (0.15, 0.55)
    plastered: Range = (0.25, 0.9)
    screed_mm: Range = (25, 45)
    lives_on_site: float = 0.25
    e_bikes: float = 0.5
    odd_orders: float = 0.35
    climates: tuple[str, ...] = ("shanghai", "beijing", "chengdu", "guangzhou")


DEFAULT: Final = Variety()
WIDE: Final = Variety(
    area_m2=(30, 220),
    days=(30, 160),
    speed=(0.55, 1.6),
    effort=(0.5, 1.8),
    arrives_h=(6.5, 10.0),
    leaves_h=(15.5, 20.0),
    lunch_h=(0.4, 2.5),
    saturday=(0.0, 1.0),
    sunday=(0.0, 1.0),
    elsewhere=(0.0, 0.3),
    called_days=(0, 7),
    side_by_side=(1, 4),
    material_late=(0.0, 0.25),
    again=(0.0, 0.25),
    tool_power=(0.5, 1.8),
    tool_use=(0.3, 2.5),
    water_use=(0.3, 3.0),
    wrong_trade=(0.0, 0.7),
    missed_swipe=(0.0, 0.3),
    shared_card=(0.0, 0.4),
    window_habit=(0.05, 1.0),
    source_ohm=(0.05, 1.0),
    plastered=(0.0, 1.0),
    screed_mm=(15, 65),
    lives_on_site=0.5,
    e_bikes=0.7,
    odd_orders=0.8,
    climates=("shanghai", "beijing", "chengdu", "guangzhou", "harbin", "kunming"),
)
