"""Zigbee2MQTT: one JSON object a device on `<base>/<friendly name>`, availability beside it.

A source is the device's topic, `zigbee2mqtt/kitchen leak`. Which unit a field has is the device's matter
(`voltage` is millivolts of a battery on a sensor, volts of the mains on a plug): its profile says it.
Topics as in Zigbee2MQTT's docs, guide/usage/mqtt_topics_and_messages. A base topic and a friendly name may
have several levels each, so any beginning of the address may be the base. `last_seen` dates a message: after
its own start Zigbee2MQTT repeats what it knew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.mqtt import zigbee_zcl
from edge_agent.drivers.mqtt.message import Heard, flat, json_of, object_of, on_off, online, utc_ms


def filters(source: str) -> tuple[str, ...]:
    """The device's own topics and the state of its bridge, whichever part of the address is its base."""
    parts = source.split("/")
    bases = ["/".join(parts[:count]) for count in range(1, len(parts))] or parts
    return (source, f"{source}/availability", *(f"{base}/bridge/state" for base in bases))


def hear(topic: str, payload: bytes) -> list[Heard]:
    """What a message says of the device. Raises FrameError."""
    if topic.endswith(("/availability", "/bridge/state")):
        # The bridge's return says nothing of the devices behind it.
        up = online(payload)
        return [] if up and topic.endswith("/bridge/state") else [Heard(available=up)]
    if not payload:
        return []
    content = object_of(payload)
    seen_ms = utc_ms(content.get("last_seen"))
    told = seen_ms is not None
    return [Heard(flat(content), time_ms=seen_ms, dated=told, repeated=told)]


#: Fields with one meaning on every device, and the unit in the name.
_NAMES: Final = {
    "temperature": "temperature_c",
    "humidity": "humidity_pct",
    "pressure": "pressure_hpa",
    "battery": "battery_pct",
    "device_temperature": "device_temperature_c",
    "power": "power_w",
    "current": "current_a",
    "energy": "energy_kwh",
    "consumption": "energy_kwh",
}
_MAINS: Final = frozenset({"power", "current", "energy", "consumption"})


def describe(topic: str, payload: bytes, asked: Asked) -> dict[str, Any]:
    """A message in words that carry their unit. Raises FrameError."""
    if asked.kind == "zcl_to_z2m":
        return {"payload": zigbee_zcl.payload(asked.device or "", object_of(payload))}
    if not payload:
        return {"cleared": True}
    if topic.endswith("/bridge/state"):
        return {"bridge_online": online(payload)}
    if topic.endswith("/availability"):
        return {"available": online(payload)}
    if topic.endswith("/bridge/event"):
        event = object_of(payload)
        data = event.get("data")
        return {"event": event.get("type"), **(data if isinstance(data, dict) else {})}
    content = json_of(payload)
    if not isinstance(content, dict):
        raise FrameError("malformed", "a device's message is a JSON object")
    return _named(content) or {"payload": {}}


def _named(content: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, value in content.items():
        if key == "voltage":
            fields["voltage_v" if _MAINS & content.keys() else "battery_mv"] = value
        elif key == "state":
            fields["state"] = on_off(value) if on_off(value) is not None else value
        else:
            fields[_NAMES.get(key, key)] = value
    if content.get("action"):
        fields["is_event"] = True
    return fields
