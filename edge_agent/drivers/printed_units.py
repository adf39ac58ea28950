"""Units as meters print them: `kWh`, `kVArh`, `m3`, in whatever letters their makers like. No I/O."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

from wire.quantities import QUANTITIES


@dataclass(frozen=True, slots=True)
class Unit:
    """A number times `factor` is in the unit that `dimension` names, as the table of quantities writes it."""

    dimension: str
    factor: float


#: Longest first: `kVAr` is no `VA`. The factor is that of the unit without prefix.
_BASES: Final = {
    "varh": Unit("kvar.h", 1e-3), "vah": Unit("kV.A.h", 1e-3), "var": Unit("var", 1.0),
    "wh": Unit("kW.h", 1e-3), "va": Unit("V.A", 1.0), "hz": Unit("Hz", 1.0),
    "w": Unit("W", 1.0), "v": Unit("V", 1.0), "a": Unit("A", 1.0),
}  # fmt: skip
_VOLUMES: Final = {"m3": 1.0, "m³": 1.0, "dm3": 1e-3, "dm³": 1e-3, "l": 1e-3}
_HEAT: Final = {"GJ": 1e9 / 3.6e6, "MJ": 1e6 / 3.6e6, "kJ": 1e3 / 3.6e6, "J": 1 / 3.6e6}
_PREFIXES: Final = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}
#: Thousandths are printed of these only; `m` elsewhere would be a careless M.
_MILLI: Final = frozenset({"a", "v"})
#: What the table counts in litres and milliamperes is brought to these; a point's `scale` does the rest.
_BEFORE_SCALE: Final = {"L": "m3", "L/h": "m3/h", "mA": "A"}


@functools.lru_cache(maxsize=256)
def unit_of(printed: str) -> Unit | None:
    """What a printed unit is, None where it is none.

    >>> unit_of("kVArh"), unit_of("MWh")
    (Unit(dimension='kvar.h', factor=1.0), Unit(dimension='kW.h', factor=1000.0))
    """
    text = printed.strip()
    if text in _HEAT:
        return Unit("kW.h", _HEAT[text])
    if text.lower() in _VOLUMES:
        return Unit("m3", _VOLUMES[text.lower()])
    base = next((base for base in _BASES if text.lower().endswith(base)), None)
    if base is None:
        return None
    prefix = text[: -len(base)]
    factor = 1e-3 if prefix == "m" and base in _MILLI else _PREFIXES.get(prefix)
    return None if factor is None else Unit(_BASES[base].dimension, _BASES[base].factor * factor)


def dimension_of_quantity(quantity: str) -> str | None:
    """The unit a quantity's printed numbers come to before its `scale`; None for a quantity of no table."""
    row = QUANTITIES.get(quantity)
    return None if row is None else _BEFORE_SCALE.get(row.unit, row.unit)
