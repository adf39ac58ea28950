"""What CJ/T 188 meters count (CJ/T 188-2004, Annex A): water, gas and heat. No I/O.

A water or gas meter says two totals, its clock and its status; a heat meter heat of the last settlement and
of now, power, flow, volume, two temperatures, hours of work, clock and status. Numbers are BCD, lowest byte
first, each with a code of its unit behind it; some makers write it before the number (JY's heat meters,
cnblogs.com/llguanli/p/8683992).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from edge_agent.drivers.decoding import spaced
from edge_agent.drivers.numbers import Number, bcd
from edge_agent.drivers.scaling import scaled

Medium = Literal["water", "heat"]
Valve = Literal["open", "closed", "abnormal"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A number as the meter has it, and its unit."""

    number: Number
    unit: str


@dataclass(frozen=True, slots=True)
class Readings:
    """A meter's answer: its readings by field, clock and status."""

    kind: Medium
    numbers: Mapping[str, Reading]
    time: str | None
    status: bytes

    @property
    def valve(self) -> Valve | None:
        """Table 14, D1 D0 of the first byte."""
        return _VALVE.get(self.status[0] & 0x03)

    @property
    def battery_low(self) -> bool:
        """Table 14, D2 of the first byte."""
        return bool(self.status[0] & 0x04)


_VALVE: Final[dict[int, Valve]] = {0: "open", 1: "closed", 3: "abnormal"}


def _units() -> dict[int, tuple[str, str, float]]:
    """Table 13: by tens from the first code of each dimension; what is printed, the dimension, its factor."""
    rows: list[tuple[int, str, tuple[str, ...], float]] = [
        (0x02, "Wh", ("Wh", "10 Wh", "100 Wh", "kWh", "10 kWh", "100 kWh", "MWh", "10 MWh", "100 MWh"), 1.0),
        (0x0B, "Wh", ("kJ", "10 kJ", "100 kJ", "MJ", "10 MJ", "100 MJ", "GJ", "10 GJ", "100 GJ"), 1 / 3.6),
        (0x14, "W", ("W", "10 W", "100 W", "kW", "10 kW", "100 kW", "MW", "10 MW", "100 MW"), 1.0),
        (0x29, "m3", ("L", "10 L", "100 L", "m3", "10 m3", "100 m3"), 1e-3),
        (0x32, "m3/h", ("L/h", "10 L/h", "100 L/h", "m3/h", "10 m3/h", "100 m3/h"), 1e-3),
    ]
    found = {
        first + step: (name, dimension, factor * 10**step)
        for first, dimension, names, factor in rows
        for step, name in enumerate(names)
    }
    return found | {0x01: ("J", "Wh", 1 / 3600)}


UNITS: Final = _units()
_BY_NAME: Final = {name: (dimension, factor) for name, dimension, factor in UNITS.values()}
_CELSIUS: Final = "°C"
_HOURS: Final = "h"

_DECIMALS: Final = 2
#: Numbers of five bytes in the order of the wire, with the digits behind the point.
_WATER: Final = {"current_total": _DECIMALS, "settlement_total": _DECIMALS}
_HEAT: Final = {
    "settlement_heat": _DECIMALS,
    "current_heat": _DECIMALS,
    "heat_power": _DECIMALS,
    "flow": 4,
    "volume": _DECIMALS,
}
#: What a point may name (`at: {field: …}`), and the dimension it then has.
FIELDS: Final = {
    "current_total": "m3",
    "settlement_total": "m3",
    "settlement_heat": "Wh",
    "current_heat": "Wh",
    "heat_power": "W",
    "flow": "m3/h",
    "volume": "m3",
    "supply_temperature": _CELSIUS,
    "return_temperature": _CELSIUS,
    "valve": "",
}
#: What the meter showed at its last settlement, on a day that the frame does not name.
SETTLED: Final = frozenset({"settlement_total", "settlement_heat"})
#: What a profile may name: a reading is stored as of now.
FIELDS_OF_NOW: Final = tuple(field for field in FIELDS if field not in SETTLED)
_NUMBER_BYTES: Final = 5
_SHORT_BYTES: Final = 3
_CLOCK_BYTES: Final = 7
_STATUS_BYTES: Final = 2
_TAIL: Final = _CLOCK_BYTES + _STATUS_BYTES
_LENGTHS: Final[dict[int, Medium]] = {
    len(_WATER) * _NUMBER_BYTES + _TAIL: "water",
    len(_HEAT) * _NUMBER_BYTES + 3 * _SHORT_BYTES + _TAIL: "heat",
}


def readings(data: bytes) -> Readings | None:
    """What stands behind identifier and serial number; None where it is neither kind of meter's."""
    kind = _LENGTHS.get(len(data))
    if kind is None:
        return None
    layout = _WATER if kind == "water" else _HEAT
    parts = [data[at : at + _NUMBER_BYTES] for at in range(0, len(layout) * _NUMBER_BYTES, _NUMBER_BYTES)]
    before = all(part[0] in UNITS for part in parts) and not all(part[4] in UNITS for part in parts)
    numbers = {
        name: _reading(part[1:] + part[:1] if before else part, decimals)
        for (name, decimals), part in zip(layout.items(), parts, strict=True)
    }
    if kind == "heat":
        numbers |= _shorts(data[len(layout) * _NUMBER_BYTES : -_TAIL])
    return Readings(kind, numbers, _time(data[-_TAIL:-_STATUS_BYTES]), data[-_STATUS_BYTES:])


def _reading(part: bytes, decimals: int) -> Reading:
    unit = UNITS.get(part[4])
    return Reading(bcd(part[:4], decimals), unit[0] if unit else f"unit {part[4]:02X}")


def _shorts(data: bytes) -> dict[str, Reading]:
    warm, cold, hours = (data[at : at + _SHORT_BYTES] for at in range(0, len(data), _SHORT_BYTES))
    return {
        "supply_temperature": Reading(bcd(warm, _DECIMALS), _CELSIUS),
        "return_temperature": Reading(bcd(cold, _DECIMALS), _CELSIUS),
        "working_hours": Reading(bcd(hours, 0), _HOURS),
    }


def value_of(field: str, found: Readings) -> float | None:
    """A field in Wh, W, m³, m³/h or °C; the valve as 1 (open) or 0.

    None where the meter has no such number, or says it in a unit of something else; KeyError where its kind
    has no such field.
    """
    if field == "valve":
        return {"open": 1.0, "closed": 0.0}.get(found.valve or "")
    reading = found.numbers[field]
    if reading.number.value is None or FIELDS[field] == reading.unit:
        return reading.number.value
    dimension, factor = _BY_NAME.get(reading.unit, ("", 0.0))
    return scaled(reading.number.value, factor) if dimension == FIELDS[field] else None


def fields_of(found: Readings) -> dict[str, Any]:
    """All of it, JSON-ready."""
    fields: dict[str, Any] = {}
    for name, reading in found.numbers.items():
        stem = name.removesuffix("_total")
        fields |= {name: reading.number.value, f"{stem}_unit": reading.unit}
        fields[f"{stem}_quality"] = reading.number.quality
    return fields | {
        "meter_time": found.time,
        "status_hex": spaced(found.status),
        "valve": found.valve,
        "battery_low": found.battery_low,
    }


def _time(data: bytes) -> str | None:
    """The meter's clock, second first; None where it has none or it stands at no time there is."""
    try:
        second, minute, hour, day, month = (int(byte.to_bytes(1, "big").hex()) for byte in data[:5])
        year = int(data[6:4:-1].hex())
        return dt.datetime(year, month, day, hour, minute, second).isoformat()  # noqa: DTZ001  # no zone
    except ValueError:
        return None
