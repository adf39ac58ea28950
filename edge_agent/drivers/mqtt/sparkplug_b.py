"""Sparkplug B: edge nodes that say at birth what they have, then only what has changed, by number.

A device's address is `group/node` or `group/node/device`; a field is the metric's name. What a number
(alias) means stands in the birth alone: data without a birth, or a hole in the sequence 0 to 255, is not
guessed at, and the node is asked for a rebirth (Eclipse Sparkplug 3.0.0 §5.4, §5.7, §6.4.6).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from edge_agent.drivers.decoding import Asked
from edge_agent.drivers.mqtt import sparkplug_payload
from edge_agent.drivers.mqtt.message import Ask, Heard, Raw, object_of, text_of
from edge_agent.drivers.mqtt.sparkplug_payload import Metric, Payload

_NAMESPACE: Final = "spBv1.0"
_REBIRTH: Final = "Node Control/Rebirth"
_BD_SEQ: Final = "bdSeq"
#: A node that cannot be born is not asked more often.
REBIRTH_EVERY_S: Final = 10.0
#: Aliases kept of one node: far more than any has.
MOST_METRICS: Final = 20_000


def split(address: str) -> tuple[str, str]:
    """`group/node[/device]` as the node and the device (empty for the node itself). Raises ValueError."""
    parts = address.split("/")
    if len(parts) not in (2, 3) or not all(parts) or set(address) & set("+#"):
        raise ValueError(f'"{address}" is no Sparkplug address: group/node or group/node/device')
    return "/".join(parts[:2]), parts[2] if len(parts) == 3 else ""


def filters(source: str) -> tuple[str, ...]:
    """All a node and its devices say."""
    group, node = source.split("/")
    return (f"{_NAMESPACE}/{group}/+/{node}/#",)


@dataclass(frozen=True, slots=True)
class Place:
    """The parts of a topic."""

    group: str
    kind: str
    node: str
    device: str = ""


def place_of(topic: str) -> Place | None:
    """The parts of a node's or device's topic; None for STATE and what is not Sparkplug's."""
    parts = topic.split("/")
    if parts[0] != _NAMESPACE or len(parts) not in (4, 5):
        return None
    return Place(parts[1], parts[2], parts[3], parts[4] if len(parts) == 5 else "")


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Node:
    """One node's session: what its birth said, and where its sequence stands."""

    source: str
    clock: Callable[[], int] = _utc_ms
    #: Device (empty: the node) and alias to the metric's name and data type.
    _metrics: dict[tuple[str, int], tuple[str, int | None]] = field(default_factory=dict)
    _born: set[str] = field(default_factory=set)
    _seq: int | None = None
    _bd_seq: float | None = None
    _asked_s: float | None = None
    rebirths_asked: int = 0

    def hear(self, topic: str, payload: bytes, now_s: float) -> list[Heard]:
        """What a message says of the node and its devices. Raises FrameError."""
        place = place_of(topic)
        if place is None or place.kind not in _KINDS:
            return []
        said = sparkplug_payload.read(payload)
        return _KINDS[place.kind](self, place, said, now_s)

    def node_birth(self, place: Place, said: Payload, now_s: float) -> list[Heard]:
        """NBIRTH: everything said before is void."""
        self._metrics.clear()
        self._born = {""}
        self._seq = said.seq
        self._bd_seq = _bd_seq(said)
        if said.seq is None:
            self._born.clear()
            return self._rebirth(now_s)
        return self._birth(place, said)

    def device_birth(self, place: Place, said: Payload, now_s: float) -> list[Heard]:
        """DBIRTH."""
        if not self._in_order(said):
            return self._rebirth(now_s)
        self._metrics = {key: value for key, value in self._metrics.items() if key[0] != place.device}
        self._born.add(place.device)
        return self._birth(place, said)

    def data(self, place: Place, said: Payload, now_s: float) -> list[Heard]:
        """NDATA and DDATA."""
        if place.device not in self._born or not self._in_order(said):
            return self._rebirth(now_s)
        named = [self._named(place.device, metric) for metric in said.metrics]
        known = _moments(place.device, said, (metric for metric in named if metric is not None))
        return known + (self._rebirth(now_s) if None in named else [])

    def node_death(self, place: Place, said: Payload, now_s: float) -> list[Heard]:  # noqa: ARG002  # alike
        """NDEATH, unless it is the will of a session before this one."""
        bd_seq = _bd_seq(said)
        if self._bd_seq is not None and bd_seq is not None and bd_seq != self._bd_seq:
            return []
        self._born.clear()
        self._seq = None
        return [Heard(available=False)]

    def device_death(self, place: Place, said: Payload, now_s: float) -> list[Heard]:
        """DDEATH."""
        if not self._in_order(said):
            return [Heard(available=False, part=place.device), *self._rebirth(now_s)]
        self._born.discard(place.device)
        return [Heard(available=False, part=place.device)]

    def _birth(self, place: Place, said: Payload) -> list[Heard]:
        for metric in said.metrics:
            if metric.alias is not None and metric.name is not None and len(self._metrics) < MOST_METRICS:
                self._metrics[place.device, metric.alias] = (metric.name, metric.datatype)
        return [Heard(available=True, part=place.device), *_moments(place.device, said, said.metrics)]

    def _in_order(self, said: Payload) -> bool:
        """Whether this message follows the one before; a hole ends the session."""
        if self._seq is None or said.seq is None or said.seq != (self._seq + 1) % 256:
            self._born.clear()
            self._seq = None
            return False
        self._seq = said.seq
        return True

    def _named(self, device: str, metric: Metric) -> Metric | None:
        if metric.name is not None:
            return metric
        known = self._metrics.get((device, metric.alias if metric.alias is not None else -1))
        if known is None:
            return None
        # The type may be left out after birth; an integer needs it for its sign.
        name, datatype = known
        value: Any = metric.value
        if metric.datatype is None and type(value) is int:
            value = sparkplug_payload.signed(value, datatype)
        return replace(metric, name=name, datatype=datatype, value=value)

    def _rebirth(self, now_s: float) -> list[Heard]:
        if self._asked_s is not None and now_s - self._asked_s < REBIRTH_EVERY_S:
            return []
        self._asked_s = now_s
        self.rebirths_asked += 1
        group, node = self.source.split("/")
        topic = f"{_NAMESPACE}/{group}/NCMD/{node}"
        return [Heard(ask=Ask(topic, sparkplug_payload.command(_REBIRTH, self.clock())))]


_KINDS: Final[dict[str, Callable[[Node, Place, Payload, float], list[Heard]]]] = {
    "NBIRTH": Node.node_birth,
    "DBIRTH": Node.device_birth,
    "NDATA": Node.data,
    "DDATA": Node.data,
    "NDEATH": Node.node_death,
    "DDEATH": Node.device_death,
}


def _bd_seq(said: Payload) -> float | None:
    """The number of the session, in its birth and its last will."""
    found = next((metric.value for metric in said.metrics if metric.name == _BD_SEQ), None)
    return found if isinstance(found, int | float) else None


def _moments(device: str, said: Payload, metrics: Iterable[Metric]) -> list[Heard]:
    """Metrics of one time together; each metric may have its own."""
    found: dict[tuple[int | None, bool], dict[str, Raw]] = {}
    for metric in metrics:
        if metric.name is None or metric.kind is not None or isinstance(metric.value, bytes):
            continue
        at = metric.timestamp_ms if metric.timestamp_ms is not None else said.timestamp_ms
        found.setdefault((at, metric.historical), {})[metric.name] = metric.value
    return [
        Heard(values, time_ms=at, part=device, history=old, exact=True) for (at, old), values in found.items()
    ]


def describe(topic: str, payload: bytes, asked: Asked) -> dict[str, Any]:  # noqa: ARG001  # all are called alike
    """A message as it is, aliases not looked up. Raises FrameError."""
    if "/STATE" in topic:
        text = text_of(payload)
        return {"message_type": "STATE"} | (object_of(payload) if text.startswith("{") else {"text": text})
    said = sparkplug_payload.read(payload)
    place = place_of(topic)
    fields: dict[str, Any] = {"message_type": place.kind} if place else {}
    if said.timestamp_ms is not None:
        fields["timestamp"] = said.timestamp_ms
    if said.seq is not None:
        fields["seq"] = said.seq
    if said.malformed:
        fields["malformed_metrics"] = said.malformed
    return fields | {"metrics": [metric.fields() for metric in said.metrics]}
