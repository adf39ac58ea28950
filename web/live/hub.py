"""Follows log and feed for all that somebody looks at, and tends what time alone changes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from analytics.situation.place import Place
from analytics.situation.state import Digest, Listening, Said, SiteState, Stored, digest, watch
from parts.part import Part
from parts.progress import Progress
from store.errors import StoreError
from store.log.contract import EntryKind, Log, Record
from store.log.decoder import Decoder
from store.log.hint import Hint
from store.records.feed import Feed
from store.threads import LIVE, PAGES
from web.customer.project import Project
from web.live.agents import Agents
from web.live.audience import Audience
from web.live.channel import Channel
from web.live.feed import FeedReader
from web.live.seats import Seats, seats_of_house
from web.live.stored import StoredSites
from web.live.topics import Topics

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
#: A page that failed is told by the health for so long.
FAILING_FOR_S: Final = 60.0


#: What a page of staff is told of an entry of the log.
_TOLD: Final[dict[EntryKind, str]] = {"batch": "readings", "status": "agents", "listening": "agents"}


#: Firm and id of a project.
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Step:
    """A record of the log as pages take it. `firm` is whose site it is, None where nobody asks."""

    offset: int
    site: str
    firm: str | None
    kind: EntryKind
    found: list[tuple[Channel, Digest | Said | Listening]]


class Hub:
    """All that somebody looks at, and what feeds it: one reader of the log, one of the feed."""

    def __init__(
        self,
        log: Log,
        stored: StoredSites,
        hint: Hint,
        clock: Callable[[], int],
        decoder: Decoder,
        feed: Feed,
        feed_hint: Hint | None = None,
    ) -> None:
        self._log = log
        self._stored = stored
        self._hint = hint
        self._clock = clock
        self._house = seats_of_house()
        self.topics = Topics(self._house)
        self._feed = FeedReader(feed, self.topics, feed_hint)
        self._agents = Agents(stored.agents)
        self._channels: dict[Key, Channel] = {}
        #: How far the log has been followed.
        self._position = 0
        self._opening: dict[Key, asyncio.Lock] = {}
        self._decoder = decoder
        self._tending: set[asyncio.Task[None]] = set()
        #: Channels that went wrong and are to be closed: their pages see that they are cut off.
        self._spoiled: set[Key] = set()
        self._failed_at_s = -FAILING_FOR_S
        self._progress = Progress()
        self.failures = 0

    def parts(self) -> list[Part]:
        """What feeds the pages, as parts of a process."""
        return [
            Part("live pages", lambda _: self.run(), self.counts, self._why, heeds_stop=False),
            self._feed.part(),
        ]

    def _why(self) -> str | None:
        return self._progress.well() if self.well else "a page has failed within the last minute"

    async def run(self) -> None:
        """Follow the log until cancelled."""
        try:
            await self._again(self._follow)
        finally:
            self.close()
            for task in self._tending:
                task.cancel()
            await asyncio.gather(*self._tending, return_exceptions=True)

    def close(self) -> None:
        """End all streams, so that a server can stop without cutting them."""
        for project in list(self._channels):
            self.end(project)
        self.topics.close()

    def end(self, project: Key) -> None:
        """End the streams of one project: whoever comes back is judged anew."""
        if (channel := self._channels.pop(project, None)) is not None:
            channel.close()
            self._agents.forget(channel.project.site)

    @property
    def well(self) -> bool:
        """Whether no page has failed lately."""
        return time.monotonic() - self._failed_at_s >= FAILING_FOR_S

    def counts(self) -> dict[str, int]:
        """For the health page."""
        channels = self._channels.values()
        return {
            "channels": len(self._channels),
            "viewers": sum(channel.viewers for channel in channels),
            "topics": len(self.topics),
            "listeners": self.topics.listeners,
            "undecodable_batches": self._decoder.undecodable,
            "passages_dropped": sum(channel.state.passages_dropped for channel in channels),
            "failures": self.failures,
        }

    async def channel(self, project: Project) -> Channel:
        """The project's channel, begun from the stores where nobody has looked lately."""
        async with self._opening.setdefault(project.key, asyncio.Lock()):
            channel = self._channels.get(project.key)
            if channel is not None:
                channel.push()
            else:
                channel = await self._open(project)
                channel.push()  # before it is known: what goes wrong in it is the visitor's alone
                self._channels[project.key] = channel
                self._tend_for_life(channel)
            channel.audience.used_at = asyncio.get_running_loop().time()
            return channel

    async def _open(self, project: Project) -> Channel:
        now, place = self._clock(), project.place()
        position, stored, listening_since = await PAGES.run(self._begin, place, now)
        state = SiteState(place, watch(place), place.local_day(now))
        state.listening_since = listening_since
        state.hear(await self._agents.at(place.site))
        state.restore(stored)
        return Channel(project, state, position, self._clock, Audience(Seats(house=self._house)))

    def _begin(self, place: Place, now: int) -> tuple[int, Stored, int | None]:
        """Blocking. First the position, then the content: what comes between is in both, which changes
        nothing."""
        position = self._stored.position()
        return position, self._stored.beginning(place, now), self._log.listening_since()

    async def _again(self, work: Callable[[], Awaitable[None]]) -> None:
        """A store that fails for a moment must not end the pages."""
        while True:
            try:
                await work()
            except StoreError as error:
                self._progress.failed(error)
                self._failed(f"{error}; the pages go on in a second")
                await asyncio.sleep(TICK_S)

    @contextlib.contextmanager
    def _alone(self, channel: Channel) -> Iterator[None]:
        """What goes wrong in here costs this project's pages alone."""
        try:
            yield
        except StoreError as error:
            self._failed(f"page of {channel.project.id}: {error}")
        except Exception:  # the supervisor of one project's pages: the others must go on
            self._failed(f"page of {channel.project.id}: it is cut off and begins anew")
            LOGGER.exception("page of %s", channel.project.id)
            self._spoiled.add(channel.project.key)

    def _failed(self, what: str) -> None:
        self.failures += 1
        self._failed_at_s = time.monotonic()
        LOGGER.error("live pages: %s", what)

    def _end_spoiled(self) -> None:
        while self._spoiled:
            self.end(self._spoiled.pop())

    async def _follow(self) -> None:
        while True:
            seen = self._hint.count
            self._progress.begin()
            more = await self._step()
            self._progress.done()
            if not more:
                await self._hint.wait(POLL_S if self._is_looked_at else TICK_S, since=seen)

    @property
    def _is_looked_at(self) -> bool:
        return bool(self._channels or len(self.topics))

    async def _step(self) -> bool:
        """Take the next records of the log to whoever is behind them; whether there were any."""
        self.topics.forget_idle()
        if not self._is_looked_at:
            # A page that opens now hears of what comes after it.
            self._position = await LIVE.run(self._log.last_offset)
            return False
        channels = list(self._channels.values())
        after = min((self._position, *(channel.position for channel in channels)))
        steps = await LIVE.run(self._read, after, channels)
        for step in steps:
            await self._take(step)
        self._end_spoiled()
        if steps:
            self._position = max(self._position, steps[-1].offset)
            for channel in channels:
                channel.position = max(channel.position, steps[-1].offset)
        return bool(steps)

    async def _take(self, step: _Step) -> None:
        for channel, part in step.found:
            with self._alone(channel):
                channel.take(step.offset, part)
        if step.kind == "status":
            self._agents.changed()
        if step.firm is not None and step.offset > self._position:
            self.topics.change(step.firm, f"site:{step.site}", (_TOLD[step.kind],))
            self.topics.change(step.firm, f"firm:{step.firm}", (f"site:{step.site}",))
        await asyncio.sleep(0)

    def _read(self, after: int, channels: Sequence[Channel]) -> list[_Step]:
        """In a thread: the next records, decoded once and reduced to what each channel shows."""
        return [
            _Step(
                record.offset,
                site := entry.site,
                self._firm(site),
                entry.kind,
                self._reduce(record, channels),
            )
            for record in self._log.read(after, STEP_RECORDS)
            for entry in (record.entry,)
        ]

    def _firm(self, site: str) -> str | None:
        return self._stored.firm_of(site) if site and len(self.topics) else None

    def _reduce(
        self, record: Record, channels: Sequence[Channel]
    ) -> list[tuple[Channel, Digest | Said | Listening]]:
        entry = record.entry
        behind = [channel for channel in channels if channel.position < record.offset]
        if entry.kind == "listening":
            return [(channel, Listening(entry.seq)) for channel in behind]
        behind = [channel for channel in behind if channel.project.site == entry.site]
        if behind and entry.kind == "status":
            change = self._decoder.change(record)
            return [(channel, Said(entry.agent, change)) for channel in behind if change is not None]
        return self._digests(record, behind)

    def _digests(
        self, record: Record, behind: Sequence[Channel]
    ) -> list[tuple[Channel, Digest | Said | Listening]]:
        batch = self._decoder.batch(record) if behind else None
        if batch is None:
            return []
        found: list[tuple[Channel, Digest | Said | Listening]] = []
        for channel in behind:
            with self._alone(channel):
                found.append((channel, digest(batch, channel.state.watched)))
        return found

    def _tend_for_life(self, channel: Channel) -> None:
        """A task of its own: a store that is slow for one project holds up no other."""
        task = asyncio.create_task(self._tend_until_closed(channel), name=f"page of {channel.project.id}")
        self._tending.add(task)
        task.add_done_callback(lambda task: self._tended(channel, task))

    def _tended(self, channel: Channel, task: asyncio.Task[None]) -> None:
        """A page nobody tends would stay as it is and seem to live: it is cut off, to begin anew."""
        self._tending.discard(task)
        if not channel.closed:
            self._failed(f"page of {channel.project.id}: its task is gone; it is cut off and begins anew")
            self.end(channel.project.key)

    async def _tend_until_closed(self, channel: Channel) -> None:
        await asyncio.sleep(TICK_S)
        while not channel.closed:
            with self._alone(channel):
                await self._tend(channel)
            self._end_spoiled()
            await asyncio.sleep(TICK_S)

    async def _tend(self, channel: Channel) -> None:
        """What time alone changes: ages, the day, what agents say, late readings, channels nobody needs."""
        loop = asyncio.get_running_loop()
        idle = not channel.viewers and loop.time() - channel.audience.used_at > KEEP_IDLE_S
        if idle or channel.has_lost_links:
            self.end(channel.project.key)
            return
        channel.state.turn_day(channel.state.place.local_day(self._clock()))
        reread = False
        try:
            reread = await self._refresh(channel)
        finally:
            channel.push(day=reread)  # also where the stores are away: ages go on

    async def _refresh(self, channel: Channel) -> bool:
        """Ask the stores for what the log does not say; whether totals and story were read again."""
        channel.state.hear(await self._agents.at(channel.project.site))
        channel.state.ripen(self._clock())
        stale = channel.state.totals_stale or channel.state.story_stale
        if not stale or asyncio.get_running_loop().time() < channel.reread_at:
            return False
        await self._reread(channel)
        return True

    async def _reread(self, channel: Channel) -> None:
        """Late readings: count today's totals anew; done with it once the stores have them all."""
        loop = asyncio.get_running_loop()
        began, stale_to, state = loop.time(), channel.stale_to, channel.state
        complete = await PAGES.run(self._stored.position) >= stale_to
        if state.totals_stale:
            state.recount(await PAGES.run(self._stored.totals, state.place, self._clock()))
        if complete and channel.stale_to == stale_to:
            state.totals_stale = state.story_stale = False
        spent_s = loop.time() - began
        channel.reread_at = began + max(REREAD_EVERY_S, REREAD_SHARE * spent_s)
