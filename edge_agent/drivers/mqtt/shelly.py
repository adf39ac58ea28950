"""Shelly Gen2 and later: `<prefix>/status/<component>` whole, `<prefix>/events/rpc` as changes, `online`.

A source is the device's topic prefix, `shellyplusplugs-a1b2c3`; for a BLU sensor behind a script or gateway,
the topic it publishes on, `shelly-blu/events/7c:c6:b6:7f:48:ed`. A field is `<component>/<path>`:
`switch:0/apower`, `em:0/a_voltage`, `temperature:0/tC`; of a BLU sensor the plain key. NotifyStatus names
only what has changed (Shelly API docs, Gen2+, Mqtt and RPC notifications).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.mqtt.message import Heard, flat, object_of, online, utc_ms

_CHANGES: Final = ("NotifyStatus", "NotifyFullStatus")
_PHASES: Final = {"a": "a", "b": "b", "c": "c", "total": "total"}


def filters(source: str) -> tuple[str, ...]:
    """Whole components, changes, the last will; or the one topic of a BLU sensor."""
    if "/events/" in source:
        return (source,)
    return (f"{source}/status/+", f"{source}/events/rpc", f"{source}/online")


def hear(topic: str, payload: bytes) -> list[Heard]:
    """What a message says of the device. Raises FrameError."""
    if topic.endswith("/online"):
        return [Heard(available=online(payload))]
    content = object_of(payload)
    if topic.endswith("/events/rpc"):
        changes = _changes(content)
        return [Heard(flat(changes), time_ms=utc_ms(changes.get("ts")))] if changes else []
    component = _component(topic)
    return [Heard(flat(content, f"{component}/" if component else ""))]


def _changes(content: Mapping[str, Any]) -> dict[str, Any]:
    """The changed components; empty where the message is another kind of event. Raises FrameError."""
    if content.get("method") not in _CHANGES:
        return {}
    params = content.get("params")
    if not isinstance(params, dict):
        raise FrameError("malformed", "NotifyStatus without params")
    return params


def _component(topic: str) -> str | None:
    head, _, last = topic.rpartition("/")
    return last if head.endswith("/status") else None


def describe(topic: str, payload: bytes, asked: Asked) -> dict[str, Any]:  # noqa: ARG001  # all are called alike
    """A message in words that carry their unit. Raises FrameError."""
    if topic.endswith("/online"):
        return {"available": online(payload)}
    content = object_of(payload)
    if topic.endswith("/events/rpc"):
        return _notification(content)
    component = _component(topic)
    if component is not None:
        return _measurements(component, content, whole=True)
    if "BTHome_version" in content:
        return _blu(content)
    return _gen1(content)


def _notification(content: Mapping[str, Any]) -> dict[str, Any]:
    changes = _changes(content)
    found: dict[str, Any] = {}
    for component, part in changes.items():
        if isinstance(part, Mapping):
            found |= _measurements(component, part, whole=False)
    fields: dict[str, Any] = {"measurements": found, **found}
    if "src" in content:
        fields["device"] = content["src"]
    if "ts" in changes:
        fields["timestamp"] = changes["ts"]
    return fields


_SWITCH: Final = {
    "output": "switch_on",
    "apower": "power_w",
    "voltage": "voltage_v",
    "current": "current_a",
    "freq": "frequency_hz",
    "pf": "power_factor",
}


def _measurements(component: str, part: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    kind = component.split(":")[0]
    if kind in ("switch", "pm1"):
        return _switch(part, whole=whole)
    if kind == "em":
        return _three_phases(part)
    if kind == "temperature":
        return {"temperature_c": part.get("tC")}
    if kind == "humidity":
        return {"humidity_pct": part.get("rh")}
    return {}


def _switch(part: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    fields = {name: part[key] for key, name in _SWITCH.items() if key in part}
    if whole and "apower" not in part:
        # The whole component without a power: this model does not meter.
        fields["power_w"] = None
    energy, temperature = part.get("aenergy"), part.get("temperature")
    if isinstance(energy, Mapping):
        fields["energy_wh"] = energy.get("total")
    if isinstance(temperature, Mapping):
        fields["device_temp_c"] = temperature.get("tC")
    return fields


def _three_phases(part: Mapping[str, Any]) -> dict[str, Any]:
    def phases(word: str) -> dict[str, Any]:
        return {name: part[f"{key}_{word}"] for key, name in _PHASES.items() if f"{key}_{word}" in part}

    return {
        "power_w": phases("act_power"),
        "voltage_v": phases("voltage"),
        "current_a": {key: value for key, value in phases("current").items() if key != "total"},
        "neutral_current_a": part.get("n_current"),
    }


def _gen1(content: Mapping[str, Any]) -> dict[str, Any]:
    """The HTTP status of the first generation, whose energy is in watt-minutes."""
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


def _blu(content: Mapping[str, Any]) -> dict[str, Any]:
    return {_BLU.get(key, key): value for key, value in content.items()}
