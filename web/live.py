"""Follows the log for every project that somebody looks at, and tends what time alone changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from store.log.contract import Log, Record
from store.log.decoder import Decoder
from store.log.hint import Hint
from store.threads import LIVE, PAGES
from web.channel import Channel
from web.project import Project
from web.reading import Stores
from web.site_state import Digest, SiteState, digest, local_day, watch

LOGGER = logging.getLogger("plumbline.web.live")

#: A step of the follower: enough to run through a backlog, short enough not to hold back what is live.
STEP_RECORDS: Final = 16
#: Without a hint (another process appends) the log is polled so often.
POLL_S: Final = 0.1
TICK_S: Final = 1.0
#: Late readings: totals and chart are read again at most so often, and for at most a twentieth of the time.
REREAD_EVERY_S: Final = 2.0
REREAD_SHARE: Final = 20
#: A channel nobody looks at is kept so long: a phone that comes back from a pocket finds it warm.
KEEP_IDLE_S: Final = 600.0


class Live:
    """All channels and the tasks that feed them."""

    def __init__(
        self, log: Log, stores: Stores, hint: Hint, clock: Callable[[], int], decoder: Decoder
    ) -> None:
        self._log = log
        self._stores = stores
        self._hint = hint
        self._clock = clock
        self._channels: dict[str, Channel] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._decoder = decoder
        self.failures = 0

    async def run(self) -> None:
        """Follow and tick until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._again(self._follow))
                group.create_task(self._again(self._tick))
        finally:
            self.close()

    def close(self) -> None:
        """End all streams, so that a server can stop without cutting them."""
        for channel in self._channels.values():
            channel.close()
        self._channels.clear()

    def counts(self) -> dict[str, int]:
        """For the health page."""
        channels = self._channels.values()
        return {
            "channels": len(self._channels),
            "viewers": sum(channel.viewers for channel in channels),
            "undecodable_batches": self._decoder.undecodable,
            "failures": self.failures,
        }

    async def channel(self, project: Project) -> Channel:
        """The project's channel, begun from the stores where nobody has looked lately."""
        async with self._opening.setdefault(project.id, asyncio.Lock()):
            channel = self._channels.get(project.id)
            if channel is None:
                channel = await self._open(project)
                self._channels[project.id] = channel
            channel.used_at = asyncio.get_running_loop().time()
            channel.push()
            return channel

    async def _open(self, project: Project) -> Channel:
        now = self._clock()
        # First the position, then the content: what comes between is in both, which changes nothing.
        position = await PAGES.run(self._stores.position)
        stored = await PAGES.run(self._stores.stored, project, now)
        state = SiteState(project, watch(project), local_day(project, now))
        state.hear(await PAGES.run(self._stores.agents, project.site))
        state.restore(stored)
        return Channel(project, state, position, self._clock)

    async def _again(self, work: Callable[[], Awaitable[None]]) -> None:
        """The supervisor of the two tasks."""
        while True:
            try:
                await work()
            except Exception:  # a store that fails for a moment must not end the pages
                self.failures += 1
                LOGGER.exception("live pages: going on in a second")
                await asyncio.sleep(1)

    async def _follow(self) -> None:
        while True:
            seen = self._hint.count
            if not await self._step():
                await self._hint.wait(POLL_S if self._channels else TICK_S, since=seen)

    async def _step(self) -> bool:
        """Take the next records of the log into every channel behind them; whether there were any."""
        channels = list(self._channels.values())
        if not channels:
            return False
        after = min(channel.position for channel in channels)
        for offset, found in (steps := await LIVE.run(self._read, after, channels)):
            for channel, part in found:
                channel.take(offset, part)
            await asyncio.sleep(0)
        if steps:
            for channel in channels:
                channel.position = max(channel.position, steps[-1][0])
        return bool(steps)

    def _read(
        self, after: int, channels: Sequence[Channel]
    ) -> list[tuple[int, list[tuple[Channel, Digest]]]]:
        """In a thread: the next records, decoded once and reduced to what each channel shows."""
        return [
            (record.offset, self._reduce(record, channels)) for record in self._log.read(after, STEP_RECORDS)
        ]

    def _reduce(self, record: Record, channels: Sequence[Channel]) -> list[tuple[Channel, Digest]]:
        behind = [c for c in channels if c.project.site == record.entry.site and c.position < record.offset]
        if not behind:
            return []
        batch = self._decoder.batch(record)
        if batch is None:
            return []
        return [(channel, digest(batch, channel.state.watched)) for channel in behind]

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            for channel in list(self._channels.values()):
                await self._tend(channel)

    async def _tend(self, channel: Channel) -> None:
        """What time alone changes: ages, the day, what agents say, late readings, channels nobody needs."""
        loop = asyncio.get_running_loop()
        if not channel.viewers and loop.time() - channel.used_at > KEEP_IDLE_S:
            del self._channels[channel.project.id]
            channel.close()
            return
        channel.state.turn_day(local_day(channel.project, self._clock()))
        channel.state.hear(await PAGES.run(self._stores.agents, channel.project.site))
        channel.state.ripen(self._clock())
        reread = (
            channel.state.totals_stale or channel.state.chart_stale
        ) and loop.time() >= channel.reread_at
        if reread:
            await self._reread(channel)
        channel.push(chart=reread)

    async def _reread(self, channel: Channel) -> None:
        """Late readings: count today's totals anew; done with it once the stores have them all."""
        loop = asyncio.get_running_loop()
        began, stale_to, state = loop.time(), channel.stale_to, channel.state
        complete = await PAGES.run(self._stores.position) >= stale_to
        if state.totals_stale:
            state.recount(await PAGES.run(self._stores.totals, channel.project, self._clock()))
        if complete and channel.stale_to == stale_to:
            state.totals_stale = state.chart_stale = False
        spent_s = loop.time() - began
        channel.reread_at = began + max(REREAD_EVERY_S, REREAD_SHARE * spent_s)
