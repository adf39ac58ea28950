"""How what is measured in a room is shown: in which order, as what, and from where on it deserves a look.

Every quantity of `wire.quantities` is shown, with its words and its unit from there, also one that is not
named here. Bands are for the eye; limits that ring a bell are the rules' matter.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from wire.kinds import KINDS
from wire.quantities import ELECTRICITY, QUANTITIES


@dataclass(frozen=True, slots=True)
class Band:
    """The ends of a bar, in the quantity's unit, and above what a person should keep an eye on it."""

    low: float
    high: float
    watch_above: float | None = None

    def share(self, value: float) -> float:
        """How far along the bar a value lies, in percent of its length."""
        return round(min(max((value - self.low) / (self.high - self.low), 0.0), 1.0) * 100, 1)


#: Indoor air: GB/T 18883-2022, table 1 (CO2 0.10 %; formaldehyde 0.08, TVOC 0.60, PM2.5 0.05, PM10 0.10
#: mg/m3). Noise: GB 12523-2011, by day. Damp: mould needs about 80 % on a surface, which is a little colder.
BANDS: Final[dict[str, Band]] = {
    "temperature": Band(0, 40),
    "relative_humidity": Band(0, 100, 75),
    "carbon_dioxide": Band(400, 2_000, 1_000),
    "pm2_5": Band(0, 150, 50),
    "pm10": Band(0, 300, 100),
    "formaldehyde": Band(0, 0.3, 0.08),
    "tvoc": Band(0, 2, 0.6),
    "sound_level": Band(30, 110, 70),
}
#: Of these a 1 is told at once, above everything else.
ALARMS: Final = ("smoke", "gas_alarm", "leak")
#: What stands first in a room; the rest follows in the order of `wire.quantities`.
_FIRST: Final = (
    *ALARMS,
    "temperature",
    "relative_humidity",
    "carbon_dioxide",
    "pm2_5",
    "formaldehyde",
    "tvoc",
)
#: About a device rather than its room: folded away.
_OF_A_DEVICE: Final = frozenset(
    {"battery_level", "battery_voltage", "link_quality", "signal_strength", "tamper"}
)
#: Of a whole site these are told by power and totals.
METERS: Final = frozenset({"electricity_meter", "water_meter"})


def in_order(quantities: Collection[str]) -> list[str]:
    """Those of the table, as they are shown."""
    first = [name for name in _FIRST if name in quantities and name in QUANTITIES]
    return first + [name for name in QUANTITIES if name in quantities and name not in first]


def is_headline(quantity: str) -> bool:
    """Whether it is shown openly; what is not is folded away beneath."""
    apart = quantity in _OF_A_DEVICE or quantity in ELECTRICITY
    return not apart and QUANTITIES[quantity].kind != "counter"


def expected_of(kind: str) -> tuple[str, ...]:
    """What a device of a kind will say, before it has said anything."""
    measures = KINDS[kind].measures if kind in KINDS else ()
    return measures if kind == "climate_sensor" else measures[:1]
