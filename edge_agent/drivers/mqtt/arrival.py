"""What a device's message becomes: readings, badges, faults. Pure but for the collector it is given."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from edge_agent.drivers.contract import LineCounters, Reply, Target
from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.mqtt import mapping
from edge_agent.drivers.mqtt.dialects import DIALECTS
from edge_agent.drivers.mqtt.message import Ask, Heard, Listener
from wire.batch import FaultReason
from wire.durations import DAY_MS, HOUR_MS

_log = logging.getLogger(__name__)

#: A device's own time is taken from so long ago; an older one is a clock that is wrong.
OLDEST_LIVE_MS: Final = HOUR_MS
#: Kept readings are sent after weeks without a gateway.
OLDEST_KEPT_MS: Final = 31 * DAY_MS
#: An earlier time (before 2020) is of a clock that nobody has set.
FIRST_SET_MS: Final = 1_577_836_800_000
#: Clocks differ by so much; what lies further ahead is a clock that is wrong.
LATEST_AHEAD_MS: Final = 2_000
#: A message is late where the device's time is so far back; else it is dated when it comes. Many devices
#: write whole seconds: dated by them, two things in one second would be taken for one.
LATE_MS: Final = 2_000
#: Topics whose way is remembered; at the bound all are forgotten and found anew.
_MOST_ROUTES: Final = 4_096


class Collecting(Protocol):
    """What is done with readings (see `edge_agent.gather.collector`)."""

    def reply(self, device: str, time_ms: int, reply: Reply) -> None: ...
    def failure(self, device: str, time_ms: int, reason: FaultReason) -> None: ...
    def restored(self, device: str) -> None: ...
    def card(self, device: str, time_ms: int, card: str) -> None: ...


@dataclass(frozen=True, slots=True)
class MqttDevice:
    """A device that is heard. `target.address` is the dialect's; `silent_after_s` 0 is never."""

    target: Target
    dialect: str
    codec: str | None = None
    #: The field that holds a card's number, where the device reads badges.
    badge: str | None = None
    silent_after_s: float = 0.0


@dataclass(slots=True)
class _Stamps:
    """Times given to one device's readings: at one time a quantity has one value, or the other were lost."""

    asked_ms: int = -1
    last_ms: int = -1
    said: dict[str, float | None] = field(default_factory=dict)

    def now(self, now_ms: int, values: Mapping[str, float | None]) -> int | None:
        """The next free time from `now_ms` on; None for a device faster than milliseconds."""
        base_ms = self.last_ms if 0 <= self.last_ms - now_ms <= LATEST_AHEAD_MS else now_ms
        taken = base_ms == self.last_ms and not self.said.keys().isdisjoint(values)
        if base_ms + taken - now_ms > LATEST_AHEAD_MS:
            return None
        return self._give(now_ms, base_ms + taken, values)

    def late(self, own_ms: int, values: Mapping[str, float | None]) -> int:
        """The time a device gave, or the next free one; the same value again is the same reading again."""
        base_ms = self.last_ms if own_ms == self.asked_ms else own_ms
        other = any(name in self.said and self.said[name] != value for name, value in values.items())
        return self._give(own_ms, base_ms + (base_ms == self.last_ms and other), values)

    def _give(self, asked_ms: int, given_ms: int, values: Mapping[str, float | None]) -> int:
        self.said = {**(self.said if given_ms == self.last_ms else {}), **values}
        self.asked_ms, self.last_ms = asked_ms, given_ms
        return given_ms


@dataclass(slots=True)
class _Heard:
    """A device, and when it last spoke (monotonic)."""

    device: MqttDevice
    part: str
    last_s: float = 0.0
    silent: bool = False
    live: _Stamps = field(default_factory=_Stamps)
    late: _Stamps = field(default_factory=_Stamps)


@dataclass(slots=True)
class _Source:
    """Devices that speak through one set of topics."""

    name: str
    listener: Listener
    filters: tuple[str, ...]
    devices: list[_Heard] = field(default_factory=list)
    complained: bool = False


class Arrivals:
    """The devices behind one broker."""

    def __init__(
        self,
        devices: Sequence[MqttDevice],
        collector: Collecting,
        clock: Callable[[], int],
        counters: LineCounters,
    ) -> None:
        self._collector = collector
        self._clock = clock
        self._counters = counters
        self._sources = _sources(devices)
        self._routes: dict[str, list[_Source]] = {}

    @property
    def filters(self) -> list[str]:
        """What to subscribe: each once, or a broker may send a message twice."""
        return sorted({one for source in self._sources for one in source.filters})

    def connected(self, now_s: float) -> None:
        """The broker is there: silence counts from now, and what a device is, it will say."""
        for one in self._heard():
            one.last_s, one.silent = now_s, False
            self._collector.restored(one.device.target.device)

    def lost(self) -> None:
        """The broker is gone, and with it every device."""
        for one in self._heard():
            self._collector.failure(one.device.target.device, self._clock(), "line_lost")

    def take(self, topic: str, payload: bytes, retained: bool, now_s: float) -> list[Ask]:
        """One message. Gives what is to be published in answer.

        A retained message is of nobody knows when: of it only counts whether the device is there.
        """
        asks: list[Ask] = []
        for source in self._route(topic):
            try:
                said = source.listener.hear(topic, payload, now_s)
            except FrameError as error:
                self._malformed(source, error)
                continue
            self._counters.replies += 1
            for heard in said:
                if heard.ask is not None:
                    asks.append(heard.ask)
                    continue
                for one in source.devices:
                    if heard.part in (None, one.part):
                        self._pass_on(one, heard, retained, now_s)
        self._counters.requests += len(asks)
        return asks

    def silence(self, now_s: float) -> float:
        """Report devices that have been silent too long. Gives when (monotonic) to look again."""
        next_s = now_s + 60.0
        for one in self._heard():
            if not one.device.silent_after_s:
                continue
            due_s = one.last_s + one.device.silent_after_s
            if due_s <= now_s:
                self._counters.timeouts += not one.silent
                one.silent = True
                self._collector.failure(one.device.target.device, self._clock(), "no_reply")
                continue
            next_s = min(next_s, due_s)
        return next_s

    def _heard(self) -> Iterator[_Heard]:
        for source in self._sources:
            yield from source.devices

    def _route(self, topic: str) -> list[_Source]:
        known = self._routes.get(topic)
        if known is None:
            if len(self._routes) >= _MOST_ROUTES:
                self._routes.clear()
            known = [one for one in self._sources if any(matches(each, topic) for each in one.filters)]
            self._routes[topic] = known
        return known

    def _malformed(self, source: _Source, error: FrameError) -> None:
        self._counters.checksum_errors += 1
        if not source.complained:
            # Once a source, and not the error's text: a payload may hold a badge number.
            _log.warning("%s: a message cannot be read (%s)", source.name, error.kind)
            source.complained = True
        for one in source.devices:
            self._collector.failure(one.device.target.device, self._clock(), "malformed")

    def _pass_on(self, one: _Heard, heard: Heard, retained: bool, now_s: float) -> None:
        device = one.device.target.device
        if heard.available is not None:
            self._available(one, heard.available, now_s)
        if retained or not heard.values:
            return
        self._spoke(one, heard, now_s)
        reply = mapping.reply(heard.values, one.device.target.points, one.part)
        time_ms = self._time_of(one, heard, reply.values)
        if time_ms is None:
            self._counters.dropped += 1
            return
        if reply.values:
            self._collector.reply(device, time_ms, reply)
        badge = one.device.badge
        card = heard.values.get(badge.replace(mapping.PART, one.part)) if badge else None
        if isinstance(card, str) and card:
            self._collector.card(device, time_ms, mapping.card_number(card))

    def _spoke(self, one: _Heard, heard: Heard, now_s: float) -> None:
        """The device is alive; where its message repeats what it said long ago, it was so then."""
        age_s = 0.0
        if heard.repeated and heard.time_ms is not None and heard.time_ms >= FIRST_SET_MS:
            age_s = max(self._clock() - heard.time_ms, 0) / 1000
        if now_s - age_s >= one.last_s:
            one.last_s, one.silent = now_s - age_s, False

    def _available(self, one: _Heard, available: bool, now_s: float) -> None:
        if available:
            one.last_s, one.silent = now_s, False
            self._collector.restored(one.device.target.device)
        else:
            self._collector.failure(one.device.target.device, self._clock(), "no_reply")

    def _time_of(self, one: _Heard, heard: Heard, values: Mapping[str, float | None]) -> int | None:
        """The device's own time where it is plausible, and exact or late; else now. None where there is none.

        That is a kept reading without a time or with one that is too old, and a device that says too much.
        """
        now_ms, own_ms = self._clock(), heard.time_ms
        if own_ms is None or not FIRST_SET_MS <= own_ms <= now_ms + LATEST_AHEAD_MS:
            return None if heard.history else one.live.now(now_ms, values)
        kept = heard.history or heard.dated
        if own_ms < now_ms - (OLDEST_KEPT_MS if kept else OLDEST_LIVE_MS):
            return None if kept else one.live.now(now_ms, values)
        if heard.exact:
            return min(own_ms, now_ms)
        fresh = own_ms > now_ms - LATE_MS
        return one.live.now(now_ms, values) if fresh else one.late.late(own_ms, values)


def matches(pattern: str, topic: str) -> bool:
    """Whether a topic filter takes a topic (MQTT 3.1.1 §4.7)."""
    wanted, parts = pattern.split("/"), topic.split("/")
    for place, level in enumerate(wanted):
        if level == "#":
            return len(parts) >= place
        if place >= len(parts) or level not in ("+", parts[place]):
            return False
    return len(wanted) == len(parts)


def _sources(devices: Sequence[MqttDevice]) -> list[_Source]:
    found: dict[tuple[str, str, str | None], _Source] = {}
    for device in devices:
        dialect = DIALECTS[device.dialect]
        name, part = dialect.split(device.target.address)
        key = (device.dialect, name, device.codec)
        if key not in found:
            found[key] = _Source(name, dialect.listener(name, device.codec), dialect.filters(name))
        found[key].devices.append(_Heard(device, part))
    return list(found.values())
