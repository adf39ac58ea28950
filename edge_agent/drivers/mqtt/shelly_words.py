"""Shelly's components in words that carry their unit (Shelly API docs, Components and Services)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from edge_agent.drivers.decoding import FrameError

_PHASES: Final = ("a", "b", "c", "total")
#: Components that measure nothing of the site.
_HOUSEKEEPING: Final = frozenset({"ble", "bthome", "cloud", "modbus", "mqtt", "sys", "ui", "wifi", "ws"})
#: Keys of components that switch or measure one circuit.
_CIRCUIT: Final = {
    "output": "switch_on",
    "apower": "power_w",
    "act_power": "power_w",
    "aprt_power": "apparent_va",
    "voltage": "voltage_v",
    "current": "current_a",
    "freq": "frequency_hz",
    "pf": "power_factor",
}
#: Of whole meters, in watt-hours.
_ENERGIES: Final = {
    "total_act": "import_wh",
    "total_act_ret": "export_wh",
    "total_act_energy": "import_wh",
    "total_act_ret_energy": "export_wh",
}
#: Components with one value each.
_SINGLE: Final = {
    "temperature": {"tC": "temperature_c"},
    "humidity": {"rh": "humidity_pct"},
    "illuminance": {"lux": "illuminance_lux"},
    "voltmeter": {"voltage": "voltage_v"},
    "flood": {"alarm": "leak"},
    "smoke": {"alarm": "smoke"},
    "input": {"state": "input_on", "percent": "input_pct"},
    "bthomesensor": {"value": "value", "last_updated_ts": "timestamp"},
    "bthomedevice": {"battery": "battery_pct", "rssi": "rssi_dbm", "last_updated_ts": "timestamp"},
}


def measurements(component: str, part: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """What a component's status measures; of an unknown one its own keys. Empty where it measures nothing."""
    kind = component.split(":")[0]
    if kind in _HOUSEKEEPING:
        return {}
    if kind in _SINGLE:
        return {name: part.get(key) for key, name in _SINGLE[kind].items() if key in part}
    read = _READERS.get(kind)
    if read is not None:
        return read(part, whole)
    return {key: value for key, value in part.items() if key != "id"}


def _switch(part: Mapping[str, Any], whole: bool) -> dict[str, Any]:
    fields = _circuit(part, whole)
    if whole and "apower" not in part:
        # The whole component without a power: this model does not meter.
        fields["power_w"] = None
    return fields


def _circuit(part: Mapping[str, Any], _whole: bool) -> dict[str, Any]:
    fields = {name: part[key] for key, name in _CIRCUIT.items() if key in part}
    for key, name in (("aenergy", "energy_wh"), ("ret_aenergy", "export_wh")):
        if isinstance(counted := part.get(key), Mapping):
            fields[name] = counted.get("total")
    if isinstance(temperature := part.get("temperature"), Mapping):
        fields["device_temp_c"] = temperature.get("tC")
    return fields


def _three_phases(part: Mapping[str, Any], _whole: bool) -> dict[str, Any]:
    fields = {
        "power_w": _phases(part, "act_power"),
        "apparent_va": _phases(part, "aprt_power"),
        "voltage_v": _phases(part, "voltage"),
        "current_a": {key: value for key, value in _phases(part, "current").items() if key != "total"},
        "frequency_hz": _phases(part, "freq"),
        "power_factor": _phases(part, "pf"),
        "neutral_current_a": part.get("n_current"),
    }
    return {name: value for name, value in fields.items() if value != {}}


def _phases(part: Mapping[str, Any], word: str) -> dict[str, Any]:
    return {phase: part[f"{phase}_{word}"] for phase in _PHASES if f"{phase}_{word}" in part}


def _energies(part: Mapping[str, Any], _whole: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {name: part[key] for key, name in _ENERGIES.items() if key in part}
    for word, name in (("total_act_energy", "import_wh"), ("total_act_ret_energy", "export_wh")):
        if phases := _phases(part, word):
            fields[f"phases_{name}"] = phases
    return fields


def _battery(part: Mapping[str, Any], _whole: bool) -> dict[str, Any]:
    battery = part.get("battery")
    found = battery if isinstance(battery, Mapping) else {}
    return {"battery_pct": found.get("percent"), "battery_v": found.get("V")}


_READERS: Final[dict[str, Callable[[Mapping[str, Any], bool], dict[str, Any]]]] = {
    "switch": _switch,
    "pm1": _circuit,
    "em1": _circuit,
    "light": _circuit,
    "cover": _circuit,
    "em": _three_phases,
    "emdata": _energies,
    "em1data": _energies,
    "devicepower": _battery,
}


def first_generation(content: Mapping[str, Any]) -> dict[str, Any]:
    """The HTTP status of the first generation, whose energy is in watt-minutes. Raises FrameError."""
    fields: dict[str, Any] = {}
    meters, relays = content.get("meters"), content.get("relays")
    if isinstance(meters, list) and meters and isinstance(meters[0], Mapping):
        fields["power_w"] = meters[0].get("power")
        total = meters[0].get("total")
        if isinstance(total, int | float):
            fields |= {"energy_wmin": total, "energy_wh": round(total / 60, 3)}
    if isinstance(relays, list) and relays and isinstance(relays[0], Mapping):
        fields["relay_on"] = relays[0].get("ison")
    if "temperature" in content:
        fields["device_temp_c"] = content["temperature"]
    if not fields:
        raise FrameError("malformed", "no message of a Shelly known here")
    return fields


_BLU: Final = {
    "temperature": "temperature_c",
    "humidity": "humidity_pct",
    "battery": "battery_pct",
    "rssi": "rssi_dbm",
}


def blu(content: Mapping[str, Any]) -> dict[str, Any]:
    """A BLU sensor's message behind a script."""
    return {_BLU.get(key, key): value for key, value in content.items()}
