"""ESPHome over MQTT: one value a topic, `<prefix>/<component>/<object id>/state`, as plain text.

A source is the node's topic prefix; a field is `<component>/<object id>`. Topics and texts as in ESPHome's
docs (components/mqtt) and its mqtt_component.cpp and mqtt_sensor.cpp: a value that is none comes as `nan`, or
as `None` with newer versions.
"""

from __future__ import annotations

import math
from typing import Any, Final

from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.mqtt.message import Heard, Raw, object_of, on_off, online, text_of

_NO_VALUE: Final = frozenset({"nan", "none", "unknown", "unavailable", ""})
_NUMBERS: Final = frozenset({"sensor", "number"})
_SWITCHES: Final = frozenset({"binary_sensor", "switch", "lock"})


def filters(source: str) -> tuple[str, ...]:
    """All states of a node and its last will."""
    return (f"{source}/+/+/state", f"{source}/status")


def hear(topic: str, payload: bytes) -> list[Heard]:
    """What a message says of the node. Raises FrameError."""
    place = _place(topic)
    if place is None:
        return [Heard(available=online(payload))]
    return [Heard({"/".join(place): _value_or_none(place[0], payload)})]


def _place(topic: str) -> tuple[str, str] | None:
    """Component and object; None for the node's last will. Raises FrameError."""
    parts = topic.split("/")
    if parts[-1] == "status":
        return None
    if len(parts) < 4 or parts[-1] != "state":
        raise FrameError("unknown_topic", f"{topic}: neither a state nor a status of ESPHome")
    return parts[-3], parts[-2]


def _value_or_none(component: str, payload: bytes) -> Raw:
    """A text that is no value costs its own field, not the node."""
    try:
        return _value(component, payload)
    except FrameError:
        return None


def _value(component: str, payload: bytes) -> Raw:
    text = text_of(payload)
    if component in _SWITCHES:
        known = on_off(text)
        if known is None and text.lower() not in _NO_VALUE:
            raise FrameError("malformed", f"neither ON nor OFF: {text[:40]!r}")
        return known
    if component not in _NUMBERS:
        return text
    if text.lower() in _NO_VALUE:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise FrameError("malformed", f"no number: {text[:40]!r}") from error
    return value if math.isfinite(value) else None


#: Home Assistant's abbreviations in discovery messages.
_ABBREVIATED: Final = {
    "state_topic": "stat_t",
    "unit_of_measurement": "unit_of_meas",
    "device_class": "dev_cla",
    "availability_topic": "avty_t",
    "state_class": "stat_cla",
}


def describe(topic: str, payload: bytes, asked: Asked) -> dict[str, Any]:  # noqa: ARG001  # all are called alike
    """A message in plain words. Raises FrameError."""
    if topic.endswith("/config"):
        return _discovery(object_of(payload))
    place = _place(topic)
    if place is None:
        return {"available": online(payload)}
    return {"component": place[0], "object_id": place[1], "value": _value(place[0], payload)}


def _discovery(config: dict[str, Any]) -> dict[str, Any]:
    base = str(config.get("~", ""))
    fields: dict[str, Any] = {}
    for name, short in _ABBREVIATED.items():
        value = config.get(name, config.get(short))
        if isinstance(value, str):
            fields[name] = value.replace("~", base) if base else value
    fields["unit"] = fields.pop("unit_of_measurement", None)
    return fields
