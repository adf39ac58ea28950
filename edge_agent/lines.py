"""Serial lines at work: one task a line, one request in flight on it.

A device is asked at whole multiples of its interval; a beat that is missed because the line was busy is
skipped, not made up for. A device that does not answer is asked less and less often, so that it costs the
others little. Waiting goes by the monotonic clock: the wall clock may jump.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from edge_agent.clock import Clock
from edge_agent.collector import Collector
from edge_agent.drivers.contract import (
    CardRead,
    DriverError,
    LineCounters,
    LineLost,
    ListeningDriver,
    Point,
    PolledDriver,
    Port,
    PortSettings,
    Target,
)
from edge_agent.passage import Reader

_log = logging.getLogger(__name__)

FIRST_REOPEN_S: Final = 0.5
LONGEST_REOPEN_S: Final = 30.0
#: So many failures in a row are noise; from then on each one doubles the interval.
PATIENCE: Final = 3
LONGEST_BACKOFF_S: Final = 60.0
#: A beat nearer than this is the one just served (timers fire a little early).
_SAME_BEAT_S: Final = 0.005
#: Nor does a beat count that comes sooner than this share of the interval after the last: while the clock is
#: slower than time (see `steady`), each wait ends before its beat, and the rest would be a beat more.
_SOONEST_SHARE: Final = 0.75


class OpenPort(Port, Protocol):
    """A port that can be given back."""

    def close(self) -> None: ...


Opener = Callable[[PortSettings], OpenPort]


@dataclass(frozen=True, slots=True)
class Asked:
    """A device that is asked, every `interval_s`."""

    target: Target
    interval_s: float


@dataclass(frozen=True, slots=True)
class PolledPlan:
    """A line whose devices are asked."""

    settings: PortSettings
    driver: PolledDriver
    devices: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class ListeningPlan:
    """A line on which badge readers speak of themselves; most protocols have room for one."""

    settings: PortSettings
    driver: ListeningDriver
    readers: tuple[Reader, ...]


LinePlan = PolledPlan | ListeningPlan


def devices_of(plan: LinePlan) -> list[str]:
    """The ids of the devices on a line."""
    if isinstance(plan, ListeningPlan):
        return [reader.device for reader in plan.readers]
    return [asked.target.device for asked in plan.devices]


def next_beat_s(now_s: float, now_ms: int, interval_s: float) -> float:
    """When (monotonic) the wall clock next is at a whole multiple of the interval."""
    left_s = interval_s - (now_ms / 1000.0) % interval_s
    return now_s + left_s + (interval_s if left_s < min(_SAME_BEAT_S, interval_s / 10.0) else 0.0)


def beat_after_s(due_s: float, now_s: float, now_ms: int, interval_s: float) -> float:
    """As `next_beat_s`, of one that was due at `due_s`."""
    beat_s = next_beat_s(now_s, now_ms, interval_s)
    return beat_s + (interval_s if beat_s - due_s < _SOONEST_SHARE * interval_s else 0.0)


def backed_off_s(interval_s: float, failures: int) -> float:
    """The interval after so many failures in a row."""
    doublings = min(max(failures - PATIENCE + 1, 0), 16)
    return max(interval_s, min(interval_s * 2.0**doublings, LONGEST_BACKOFF_S))


@dataclass(slots=True)
class _Group:
    """Points of a device that share an interval."""

    interval_s: float
    points: tuple[Point, ...]
    due_s: float = 0.0


@dataclass(slots=True)
class _Beat:
    """A device in the line's schedule."""

    asked: Asked
    groups: list[_Group]
    due_s: float = 0.0
    failures: int = 0

    def target(self, now_s: float) -> Target:
        """The device with the points that are due."""
        due = tuple(point for group in self.groups if group.due_s <= now_s for point in group.points)
        return replace(self.asked.target, points=due)

    def served(self, started_s: float, now_s: float, now_ms: int) -> None:
        """Answered: every group that was asked waits for its next beat."""
        self.failures = 0
        for group in self.groups:
            if group.due_s <= started_s:
                # A little early, so that it is due together with its device.
                beat_s = beat_after_s(group.due_s, now_s, now_ms, group.interval_s)
                group.due_s = beat_s - _SAME_BEAT_S
        self.due_s = beat_after_s(self.due_s, now_s, now_ms, self.asked.interval_s)

    def failed(self, now_s: float, now_ms: int) -> None:
        """Not answered."""
        self.failures += 1
        self.due_s = next_beat_s(now_s, now_ms, backed_off_s(self.asked.interval_s, self.failures))


def _beat(asked: Asked) -> _Beat:
    groups: dict[float, list[Point]] = {asked.interval_s: []}
    for point in asked.target.points:
        interval_s = max(point.interval_s or 0.0, asked.interval_s)
        groups.setdefault(interval_s, []).append(point)
    return _Beat(asked, [_Group(interval_s, tuple(points)) for interval_s, points in groups.items()])


@dataclass(slots=True)
class Line:
    """A line at work. `run` opens the port, reads for good and opens it again when it is lost."""

    plan: LinePlan
    collector: Collector
    clock: Clock
    opener: Opener
    counters: LineCounters = field(default_factory=LineCounters)
    _reopen_s: float = FIRST_REOPEN_S

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._run_open()
            except DriverError as error:
                _log.warning("%s: %s; again in %.1f s", self.plan.settings.path, error, self._reopen_s)
                for device in devices_of(self.plan):
                    self.collector.failure(device, self.clock(), error.reason)
            await asyncio.sleep(self._reopen_s)
            self._reopen_s = min(self._reopen_s * 2.0, LONGEST_REOPEN_S)

    async def _run_open(self) -> None:
        port = self.opener(self.plan.settings)
        try:
            if isinstance(self.plan, ListeningPlan):
                await self._listen(port, self.plan)
            else:
                await self._poll(port, self.plan)
        finally:
            port.close()

    async def _listen(self, port: Port, plan: ListeningPlan) -> None:
        devices = {reader.address: reader.device for reader in plan.readers}
        if "" in devices:
            # The one reader of a line is there when its port is; readers with addresses say it themselves.
            self.collector.restored(devices[""])
        async for heard in plan.driver.listen(port, self.counters):
            self._reopen_s = FIRST_REOPEN_S
            device = devices[heard.address]
            if isinstance(heard, CardRead):
                self.collector.card(device, self.clock(), heard.card)
            elif heard.online:
                self.collector.restored(device)
            else:
                self.collector.failure(device, self.clock(), "no_reply")

    async def _poll(self, port: Port, plan: PolledPlan) -> None:
        beats: Sequence[_Beat] = [_beat(asked) for asked in plan.devices]
        while True:
            beat = min(beats, key=lambda one: one.due_s)
            await asyncio.sleep(max(beat.due_s - time.monotonic(), 0.0))
            await self._ask(port, plan, beat)

    async def _ask(self, port: Port, plan: PolledPlan, beat: _Beat) -> None:
        started_s = time.monotonic()
        target = beat.target(started_s)
        if not target.points:
            beat.served(started_s, started_s, self.clock())
            return
        try:
            reply = await plan.driver.poll(port, target, self.counters, plan.settings.timeout_s)
        except LineLost:
            raise
        except DriverError as error:
            if beat.failures == 0:
                _log.warning("%s on %s: %s", target.device, plan.settings.path, error)
            beat.failed(time.monotonic(), self.clock())
            self.collector.failure(target.device, self.clock(), error.reason)
            return
        self._reopen_s = FIRST_REOPEN_S
        now_ms = self.clock()
        beat.served(started_s, time.monotonic(), now_ms)
        self.collector.reply(target.device, now_ms, reply)
