"""Serial lines at work: one task a line, one request in flight on it.

Who is asked when is the matter of `schedule`. Waiting goes by the monotonic clock: the wall clock may jump.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from edge_agent.clock.clock import Clock
from edge_agent.drivers.contract import (
    CardRead,
    DriverError,
    LineCounters,
    LineLost,
    ListeningDriver,
    PolledDriver,
    Port,
    PortSettings,
)
from edge_agent.gather.collector import Collector
from edge_agent.gather.passage import Reader
from edge_agent.line.schedule import Asked, Beat, Busy, Schedule
from parts.backoff import Backoff

_log = logging.getLogger(__name__)

FIRST_REOPEN_S: Final = 0.5
LONGEST_REOPEN_S: Final = 30.0
#: Every question has time-outs of its own, far below this.
LONGEST_QUESTION_S: Final = 300.0


class OpenPort(Port, Protocol):
    """A port that can be given back."""

    def close(self) -> None: ...


Opener = Callable[[PortSettings], OpenPort]


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


@dataclass(slots=True)
class Line:
    """A line at work. `run` opens the port, reads for good and opens it again when it is lost."""

    plan: LinePlan
    collector: Collector
    clock: Clock
    opener: Opener
    counters: LineCounters = field(default_factory=LineCounters)
    _backoff: Backoff = field(default_factory=lambda: Backoff(FIRST_REOPEN_S, LONGEST_REOPEN_S))
    _asking_since_s: float | None = None
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _ends: bool = False
    _schedule: Schedule | None = None

    @property
    def is_asked(self) -> bool:
        """Whether its devices are asked, and do not speak of themselves."""
        return isinstance(self.plan, PolledPlan)

    def stop(self) -> None:
        """Let `run` end once the device that is being asked has answered: its answer comes only once."""
        self._ends = True
        self._wake.set()

    def hurry(self, device: str) -> bool:
        """Ask a device now, not at its next beat. Whether it is one of those this line asks."""
        found = self._schedule is not None and self._schedule.hurry(device)
        self._wake.set()
        return found

    async def run(self) -> None:
        """Until stopped; a line that only listens until cancelled."""
        while not self._ends:
            lost = await self._run_until_lost()
            if lost is not None:
                pause_s = self._backoff.pause_s()
                _log.warning("%s: %s; again in %.1f s", self.plan.settings.path, lost, pause_s)
                await self._woken_within(pause_s)

    async def _run_until_lost(self) -> DriverError | None:
        """What the port was lost by; None where it was closed because it is to end."""
        try:
            await self._run_open()
        except DriverError as error:
            for device in devices_of(self.plan):
                self.collector.failure(device, self.clock(), error.reason)
            return error
        return None

    def standstill(self) -> str | None:
        """Why it does not get on: a question that no time-out ends."""
        since_s = self._asking_since_s
        if since_s is None or time.monotonic() - since_s <= LONGEST_QUESTION_S:
            return None
        return f"one question for more than {LONGEST_QUESTION_S:.0f} s"

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
            self._backoff.reset()
            device = devices[heard.address]
            if isinstance(heard, CardRead):
                self.collector.card(device, self.clock(), heard.card)
            elif heard.online:
                self.collector.restored(device)
            else:
                self.collector.failure(device, self.clock(), "no_reply")

    async def _poll(self, port: Port, plan: PolledPlan) -> None:
        schedule, busy = Schedule(plan.devices), Busy(time.monotonic())
        self._schedule = schedule
        while not self._ends:
            beat, due_s = schedule.next()
            if await self._woken_within(due_s - time.monotonic()):
                continue
            started_s = time.monotonic()
            self._asking_since_s = started_s
            try:
                answered = await self._ask(port, plan, beat)
            finally:
                self._asking_since_s = None
            now_s = time.monotonic()
            self.counters.utilisation = busy.add(started_s, now_s)
            (schedule.served if answered else schedule.failed)(beat, started_s, now_s, self.clock())

    async def _woken_within(self, seconds: float) -> bool:
        """Whether, before the time is over, it is to end or somebody is to be asked sooner."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, 0.0)):
                await self._wake.wait()
        woken = self._wake.is_set()
        self._wake.clear()
        return woken

    async def _ask(self, port: Port, plan: PolledPlan, beat: Beat) -> bool:
        """Whether the device answered, also where nothing of it is due."""
        target = beat.target(time.monotonic())
        if not target.points:
            return True
        try:
            reply = await plan.driver.poll(port, target, self.counters, plan.settings.timeout_s)
        except LineLost:
            raise
        except DriverError as error:
            if beat.failures == 0:
                _log.warning("%s on %s: %s", target.device, plan.settings.path, error)
            self.collector.failure(target.device, self.clock(), error.reason)
            return False
        self._backoff.reset()
        self.collector.reply(target.device, self.clock(), reply)
        return True
