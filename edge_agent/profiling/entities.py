"""What an entity of Home Assistant or ESPHome measures: by its name, its class and its unit.

Device classes as in Home Assistant's developer docs (core/entity/sensor, binary_sensor). The name counts
before the class, for it alone tells the phase and the direction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from edge_agent.language import said
from edge_agent.profiling import names, units
from edge_agent.profiling.draft import no_quantity
from edge_agent.profiling.names import Given, Meaning
from wire.quantities import QUANTITIES

_SENSOR_CLASSES: Final[dict[str, str]] = {
    "voltage": "voltage", "current": "current", "power": "active_power", "energy": "active_energy_import",
    "apparent_power": "apparent_power", "reactive_power": "reactive_power", "power_factor": "power_factor",
    "reactive_energy": "reactive_energy_import", "frequency": "frequency", "temperature": "temperature",
    "humidity": "relative_humidity", "moisture": "material_moisture", "carbon_dioxide": "carbon_dioxide",
    "illuminance": "illuminance", "pm1": "pm1", "pm25": "pm2_5", "pm10": "pm10",
    "atmospheric_pressure": "air_pressure", "volatile_organic_compounds": "tvoc",
    "sound_pressure": "sound_level", "water": "water_volume", "gas": "gas_volume",
    "volume_flow_rate": "water_flow", "battery": "battery_level", "signal_strength": "signal_strength",
}  # fmt: skip
_BINARY_CLASSES: Final[dict[str, str]] = {
    "door": "door_open", "window": "door_open", "opening": "door_open", "garage_door": "door_open",
    "moisture": "leak", "smoke": "smoke", "gas": "gas_alarm", "motion": "presence", "occupancy": "presence",
    "presence": "presence", "tamper": "tamper",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity: where it stands, and its own words."""

    where: str
    told: Mapping[str, Any]
    binary: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.told.get("name") or self.told.get("id") or "")

    @property
    def unit(self) -> str | None:
        """Its unit, where it has one."""
        told = self.told.get("unit_of_measurement")
        return told if isinstance(told, str) else None

    @property
    def place(self) -> str:
        """Where it stands, with its name: for a caveat."""
        return f"{self.where} ({self.name})" if self.name else self.where


@dataclass(frozen=True, slots=True)
class Judged:
    """What an entity measures, and what must be said of that; neither where the user leaves it out."""

    meaning: Meaning | None = None
    caveat: str | None = None


def judged(entity: Entity, around: frozenset[str], given: Given) -> Judged:
    """What the entity measures. The factor of a meaning brings the entity's unit into the quantity's."""
    key = names.plain(entity.name)
    if key in given:
        return Judged(given[key])
    if not entity.binary and (word := names.other_value(entity.name)) and word not in around:
        return Judged(None, no_quantity(entity.where, entity.name))
    named = names.meaning(entity.name, around)
    if named is not None and (meant := _in_unit(named, entity.unit)) is not None:
        return Judged(meant)
    return _by_class(entity)


def _in_unit(meant: Meaning, unit: str | None) -> Meaning | None:
    if unit is None:
        return meant
    factor = units.factor(unit, meant.quantity)
    return None if factor is None else replace(meant, scale=factor)


def _by_class(entity: Entity) -> Judged:
    """By class or unit; the phase and the direction still stand in the name."""
    word = str(entity.told.get("device_class"))
    classes = _BINARY_CLASSES if entity.binary else _SENSOR_CLASSES
    unit = entity.unit
    base = classes.get(word) or (units.QUANTITY_OF_UNIT.get(unit) if unit and not entity.binary else None)
    if base is None:
        return Judged(None, no_quantity(entity.where, entity.name))
    if base == "active_energy_import" and names.says_export(entity.name):
        base = "active_energy_export"
    quantity = base + names.phase_in(entity.name)
    if quantity not in QUANTITIES:
        return Judged(None, no_quantity(entity.where, entity.name))
    meant = _in_unit(Meaning(quantity, certain=False), unit)
    if meant is None:
        shown = QUANTITIES[quantity].display_unit
        told = {"unit": unit, "quantity": quantity, "wanted": shown}
        return Judged(None, said("import_unit_wrong", where=entity.place, **told))
    return Judged(meant, said("import_by_class", where=entity.place, quantity=quantity))
