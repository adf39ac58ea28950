"""Shelly Gen2 and later: `<prefix>/status/<component>` whole, `<prefix>/events/rpc` as changes, `online`.

A source is the device's topic prefix, `shellyplusplugs-a1b2c3`; for a BLU sensor behind a script or gateway,
the topic it publishes on, `shelly-blu/events/7c:c6:b6:7f:48:ed`. A field is `<component>/<path>`:
`switch:0/apower`, `em:0/a_voltage`, `temperature:0/tC`; of a BLU sensor the plain key. NotifyStatus names
only what has changed (Shelly API docs, Gen2+, Mqtt and RPC notifications). A component says in `errors` what
of it must not be believed (the status of each in "Components and Services"): that is null. A BTHome sensor's
status repeats the last value it heard, whose time is `last_updated_ts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from edge_agent.drivers.decoding import Asked, FrameError
from edge_agent.drivers.mqtt import shelly_words
from edge_agent.drivers.mqtt.message import Heard, flat, object_of, online, utc_ms

_CHANGES: Final = ("NotifyStatus", "NotifyFullStatus")
#: What an error takes away, by the beginnings of the keys it means; `out_of_range:voltage` names its own.
_UNTRUE: Final = {
    "power_meter_failure": ("act_", "aprt_", "apower", "voltage", "current", "freq", "pf", "total_"),
    "ct_type_not_set": ("act_", "aprt_", "current", "pf", "total_"),
    "out_of_range:active_power": ("act_power", "apower"),
    "out_of_range:apparent_power": ("aprt_power",),
    "out_of_range:temperature": ("tC", "tF"),
    "out_of_range:humidity": ("rh",),
    "read": ("tC", "tF", "rh", "value", "lux", "percent"),
}
_OUT_OF_RANGE: Final = "out_of_range:"
_PHASES: Final = ("a", "b", "c", "n")
_REPEATED: Final = ("bthomesensor", "bthomedevice")


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
        parts = {name: part for name, part in changes.items() if name != "ts"}
        return list(_parts(parts, utc_ms(changes.get("ts"))))
    component = _component(topic)
    if component is None:
        return [Heard(flat(content))]
    return list(_parts({component: content}, None))


def _parts(parts: Mapping[str, Any], time_ms: int | None) -> Iterator[Heard]:
    """The components of one message; those that repeat an old value have a time each."""
    live: dict[str, Any] = {}
    for name, part in parts.items():
        believed = _believed(part) if isinstance(part, dict) else part
        if name.split(":")[0] in _REPEATED and isinstance(part, dict):
            at_ms = utc_ms(part.get("last_updated_ts"))
            told = at_ms is not None
            yield Heard(flat({name: believed}), time_ms=at_ms, dated=told, repeated=told)
        else:
            live[name] = believed
    if live:
        yield Heard(flat(live), time_ms=time_ms)


def _believed(part: Mapping[str, Any]) -> dict[str, Any]:
    """A component's status, null where its errors say that a value is none."""
    believed = dict(part)
    for prefix in ("", *(f"{phase}_" for phase in _PHASES)):
        told = part.get(f"{prefix}errors")
        untrue = tuple(prefix + word for error in _listed(told) for word in _untrue(str(error)))
        believed |= {key: None for key in part if untrue and key.startswith(untrue)}
    return believed


def _listed(told: object) -> list[Any]:
    return told if isinstance(told, list) else []


def _untrue(error: str) -> tuple[str, ...]:
    """The beginnings of the keys that an error takes away."""
    if error in _UNTRUE:
        return _UNTRUE[error]
    word = error.removeprefix(_OUT_OF_RANGE)
    return (word,) if word and word != error else ()


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
        said = shelly_words.measurements(component, _believed(content), whole=True)
        return said or {"component": component, "status": dict(content)}
    if "BTHome_version" in content:
        return shelly_words.blu(content)
    return shelly_words.first_generation(content)


def _notification(content: Mapping[str, Any]) -> dict[str, Any]:
    changes = _changes(content)
    found: dict[str, Any] = {}
    for component, part in changes.items():
        if isinstance(part, Mapping):
            found |= shelly_words.measurements(component, _believed(part), whole=False)
    fields: dict[str, Any] = {"measurements": found, **found}
    if "src" in content:
        fields["device"] = content["src"]
    if "ts" in changes:
        fields["timestamp"] = changes["ts"]
    return fields
