"""The agent at work: lines → collector → keeper → spool → uplink, started and stopped in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from edge_agent.clock.clock import Clock, utc_ms
from edge_agent.clock.timekeeping import Timekeeping
from edge_agent.drivers.mqtt.subscriber import MqttDevices, MqttPlan
from edge_agent.gather.collector import Collector
from edge_agent.gather.keeper import Keeper
from edge_agent.gather.passage import Passages, Reader
from edge_agent.host import local_socket
from edge_agent.host.local_socket import Snapshot
from edge_agent.host.vitals import vitals
from edge_agent.host.watchdog import Systemd
from edge_agent.line.lines import Line, LinePlan, Opener, PolledPlan, devices_of
from edge_agent.link.remote import Remote, Values
from edge_agent.link.status import device_statuses, dropped, line_statuses, spool_status
from edge_agent.link.uplink import Uplink
from edge_agent.site.change import Seen, SiteFiles
from edge_agent.site.installation import broker_of
from edge_agent.site.site_file import SiteFile
from edge_agent.spool.errors import SpoolBroken
from edge_agent.spool.spool import Spool
from edge_agent.spool.thread import SpoolThread
from edge_agent.tasks.supervisor import Part, Supervisor
from wire.status import Status, told_interval_s

#: Names of the two parts that carry readings away.
KEEPER: Final = "keeper"
UPLINK: Final = "uplink"
#: At the end, for the answers to what has been asked.
LAST_ANSWERS_S: Final = 2.0
#: So long a new site file may take to deliver something before the old one comes back.
TRIAL_S: Final = 60.0
#: So long the devices may take to answer to `read_now`.
READ_WITHIN_S: Final = 10.0
_LOOK_S: Final = 0.1


class Agent:
    """One site's agent. `run` ends cleanly once `stop` was called."""

    def __init__(
        self,
        site: SiteFile,
        plans: Sequence[LinePlan],
        spool: Spool,
        pepper: bytes,
        opener: Opener,
        clock: Clock = utc_ms,
        mqtt: MqttPlan | None = None,
        readers: Sequence[Reader] = (),
        timekeeping: Timekeeping | None = None,
        files: SiteFiles | None = None,
        systemd: Systemd | None = None,
    ) -> None:
        """`timekeeping` goes before `clock`, holds what is read before the time is known and marks doubt.

        With `files` it obeys commands; `reload` then says, after `run`, that the site file has changed.
        """
        self._clock = clock = timekeeping or clock
        self._timekeeping = timekeeping
        self._started_ms = clock()
        self._spool = SpoolThread(spool)
        self.reload = False
        self._systemd = systemd or Systemd({})
        self._remote = (
            None if files is None else Remote(site, files, self._read_now, self._restart, clock, self._seen)
        )
        self._uplink = Uplink(
            site.site,
            site.agent,
            broker_of(site.broker),
            self._spool,
            self._status,
            clock,
            site.status_interval_s,
            None if self._remote is None else self._remote.obey,
        )
        changed = self._uplink.status_changed
        self._keeper = Keeper(self._spool, clock, self._uplink.sealed, changed)
        self._collector = Collector(
            pepper,
            site.spool.power_cut_s,
            timekeeping.take if timekeeping else self._keeper.take,
            changed,
            Passages(readers),
            in_doubt=timekeeping.doubtful if timekeeping else lambda: False,
        )
        if timekeeping is not None:
            timekeeping.between(self._collector.flush, self._keeper.take)
        self._lines = [Line(plan, self._collector, clock, opener) for plan in plans]
        self._mqtt = None if mqtt is None else MqttDevices(mqtt, self._collector, clock)
        self._devices = [device for plan in plans for device in devices_of(plan)]
        self._devices += [device.target.device for device in (mqtt.devices if mqtt else ())]
        self._asked_devices = [
            device for plan in plans if isinstance(plan, PolledPlan) for device in devices_of(plan)
        ]
        self._site = site
        self._stopping = asyncio.Event()
        self._supervisor = Supervisor(self._parts(), SpoolBroken, changed, self._stopping)

    def stop(self) -> None:
        """Seal what is in hand, say goodbye, end."""
        self._stopping.set()

    async def run(self) -> None:
        """Until `stop`. Raises SpoolBroken when the spool's file is damaged, PartFailed when a part that all
        rests on ends again and again."""
        self._supervisor.start()
        try:
            self._systemd.ready()
            await self._supervisor.until_stopped()
            await self._end()
        finally:
            await self._supervisor.abandon()
            await self._spool.close()

    def _parts(self) -> list[Part]:
        """The agent as a table of parts."""
        parts = [
            Part(KEEPER, self._keeper.run, vital=True, standstill=self._keeper.standstill),
            Part(UPLINK, self._uplink.run, vital=True, standstill=self._uplink.standstill),
            Part(
                "top", lambda: local_socket.serve(local_socket.socket_path(self._site.spool.path), self._live)
            ),
            *(Part(line.plan.settings.path, line.run, standstill=line.standstill) for line in self._lines),
        ]
        if self._mqtt is not None:
            parts.append(Part(self._mqtt.plan.port, self._mqtt.run))
        if self._timekeeping is not None:
            parts.append(Part("time", self._timekeeping.run, vital=True))
        if self._remote is not None and self._remote.on_trial:
            parts.append(Part("trial", self._try_out))
        if self._systemd.every_s is not None:
            parts.append(Part("watchdog", lambda: self._systemd.watch(self._progress)))
        return parts

    async def _end(self) -> None:
        """What is being asked may answer; then everything that reads ends, then what carries it away."""
        for line in self._lines:
            line.stop()
        asked = [line.plan.settings.path for line in self._lines if line.is_asked]
        await self._supervisor.finish(asked, within_s=LAST_ANSWERS_S)
        carrying = (KEEPER, UPLINK)
        await self._supervisor.finish(
            [part for part in self._supervisor.names if part not in carrying], within_s=0.0
        )
        self._collector.flush()
        if self._timekeeping is not None:
            self._timekeeping.let_go()
        self._keeper.stop()
        await self._supervisor.finish([KEEPER])
        self._uplink.stop()
        await self._supervisor.finish([UPLINK])

    async def _progress(self) -> None:
        """Returns when the spool answers and every part works that all rests on."""
        await self._spool.state()
        while self._supervisor.standing_still():  # noqa: ASYNC110  # a standstill rings no event
            await asyncio.sleep(_LOOK_S)

    def _sources(self) -> list[tuple[str, Line | MqttDevices]]:
        """What readings come from, by the name status has for it."""
        found: list[tuple[str, Line | MqttDevices]] = [
            (line.plan.settings.path, line) for line in self._lines
        ]
        return found if self._mqtt is None else [*found, (self._mqtt.plan.port, self._mqtt)]

    def _restart(self) -> None:
        """The site file has changed: end, to be made anew by it."""
        self.reload = True
        self.stop()

    async def _try_out(self) -> None:
        """With a site file on trial: tell whoever sent it how it went, once that is known."""
        if self._remote is None:
            return
        since_s = time.monotonic()
        while (
            why := self._remote.lacking()
        ) is not None:  # neither a receipt nor an answer rings an event here
            if time.monotonic() - since_s > TRIAL_S and self._remote.did_not_deliver(why):
                break  # the agent ends now, to begin anew by the old file
            await asyncio.sleep(_LOOK_S)
        else:
            if (result := self._remote.delivered()) is not None:
                self._uplink.tell(result)
        await asyncio.Event().wait()

    def _seen(self) -> Seen:
        states = self._collector.devices
        answered = [
            one
            for one in self._asked_devices
            if one in states and states[one].last_read_ms is not None and states[one].fault is None
        ]
        return Seen(self._uplink.counters().last_receipt is not None, self._asked_devices, answered)

    async def _read_now(self, device: str | None) -> Values:
        """What the devices that are asked say now. Raises LookupError."""
        wanted = self._asked_devices if device is None else [device]
        began_ms = self._clock()
        for one in wanted:
            if not any(line.hurry(one) for line in self._lines):
                raise LookupError(
                    f"{one}: no device of this site that is asked ({', '.join(self._asked_devices)})"
                )
        until_s = time.monotonic() + READ_WITHIN_S
        states = self._collector.devices
        while time.monotonic() < until_s:
            if all(one in states and (states[one].last_read_ms or 0) >= began_ms for one in wanted):
                break
            await asyncio.sleep(_LOOK_S)
        fresh = [one for one in wanted if one in states and (states[one].last_read_ms or 0) >= began_ms]
        return {one: dict(states[one].values) for one in fresh}

    async def _live(self) -> Snapshot:
        return Snapshot(
            site=self._site.site,
            agent=self._site.agent,
            now=self._clock(),
            status=await self._status(online=True),
            values=local_socket.values_of(self._collector.devices),
        )

    async def _status(self, online: bool) -> Status:
        depth, losses = await self._spool.state()
        lost_events = self._keeper.lost_events + self._collector.passes_dropped
        counters = {name: source.counters for name, source in self._sources()}
        return Status(
            online=online,
            sent=self._clock(),
            stream=self._spool.stream,
            interval_s=told_interval_s(self._site.status_interval_s),
            version=_version(),
            started=self._started_ms,
            spool=spool_status(depth),
            dropped=dropped(losses, self._spool.stream, self._keeper.lost_readings, lost_events),
            uplink=self._uplink.counters(),
            lines=line_statuses(counters),
            devices=device_statuses(self._devices, self._collector.devices),
            host=vitals(self._site.spool.path),
            parts=self._supervisor.statuses(),
        )


def _version() -> str:
    try:
        return version("plumbline")
    except PackageNotFoundError:
        return ""
