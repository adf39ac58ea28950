"""Live state of every project that somebody looks at: follows the log, judges, and wakes the streams.

*Is*: one follower for all projects, one channel per project with viewers. A channel holds the newest figures and
the version at which each last changed. That is all a stream needs: whoever comes back with the version it has
seen gets exactly the figures that changed since, and a slow reader skips what is already out of date. So there
is no queue per viewer, and nothing that could overflow.

*Is not*: a history. A reader from another life of the channel (another epoch) gets the whole snapshot.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from store.log.contract import Log, Record
from store.log.hint import Hint
from web.language import LANGUAGES, Language
from web.project import Project
from web.reading import Chart, Stores
from web.site_state import Digest, SiteState, digest, local_day, watch
from web.situation import judge
from web.wording import Figure, figures
from wire.batch import BatchError, decode

LOGGER = logging.getLogger("plumbline.web.live")

#: A step of the follower: enough to run through a backlog, short enough not to hold back what is live.
STEP_RECORDS: Final = 16
#: Without a hint (another process appends) the log is polled so often.
POLL_S: Final = 0.1
#: At most ten pushes a second and project.
PUSH_EVERY_S: Final = 0.1
TICK_S: Final = 1.0
#: Late readings: totals and chart are read again at most so often, and never for more than a twentieth of the time.
REREAD_EVERY_S: Final = 2.0
REREAD_SHARE: Final = 20
#: A channel nobody looks at is kept so long: a phone that comes back from a pocket finds it warm.
KEEP_IDLE_S: Final = 600.0
#: Open streams of one project; beyond it a visitor is told to come back.
MOST_VIEWERS: Final = 200
CHART: Final = "chart"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a stream has come: the channel's life and the version seen."""

    epoch: str
    version: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.version}"

    @staticmethod
    def parse(text: str | None) -> Cursor | None:
        """The cursor in a Last-Event-ID, None where there is none."""
        epoch, _, version = (text or "").rpartition("-")
        return Cursor(epoch, int(version)) if epoch and version.isdecimal() and len(version) < 16 else None


@dataclass(frozen=True, slots=True)
class Update:
    """What a stream sends: `whole` is a snapshot; else the figures that changed. `chart`: read it again."""

    cursor: Cursor
    whole: bool
    figures: list[Figure]
    chart: bool


@dataclass(slots=True)
class Channel:
    """One project while somebody looks at it. Lives in the event loop."""

    project: Project
    state: SiteState
    position: int
    clock: Callable[[], int]
    epoch: str = field(default_factory=lambda: secrets.token_hex(4))
    version: int = 0
    viewers: int = 0
    used_at: float = 0.0
    reread_at: float = 0.0
    #: Up to where the stores must have come before late readings are in them.
    stale_to: int = 0
    closed: bool = False
    _figures: dict[Language, dict[str, Figure]] = field(default_factory=dict)
    _versions: dict[str, int] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _pushed_at: float = -PUSH_EVERY_S
    _push_due: asyncio.TimerHandle | None = None
    _chart: Chart | None = None
    _chart_lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def take(self, offset: int, found: Digest) -> None:
        """Fold in a batch and push what changed, at once or as soon as the rate allows."""
        self.position = offset
        self.state.take(found, self.clock())
        if self.state.chart_stale or self.state.totals_stale:
            self.stale_to = offset
        self.push_soon()

    def push_soon(self) -> None:
        """Push now, or when PUSH_EVERY_S has passed since the last push."""
        if self._push_due is not None:
            return
        loop = asyncio.get_running_loop()
        wait_s = self._pushed_at + PUSH_EVERY_S - loop.time()
        if wait_s <= 0:
            self.push()
        else:
            self._push_due = loop.call_later(wait_s, self.push)

    def push(self, chart: bool = False) -> None:
        """Judge the site as of now and wake the streams if a figure has changed in either language."""
        if self._push_due is not None:
            self._push_due.cancel()
            self._push_due = None
        self._pushed_at = asyncio.get_running_loop().time()
        situation = judge(self.state, self.clock())
        now = {language: {f.id: f for f in figures(situation, language)} for language in LANGUAGES}
        changed = {
            key
            for language in LANGUAGES
            for key, figure in now[language].items()
            if self._figures.get(language, {}).get(key) != figure
        }
        if chart:
            changed.add(CHART)
            self._chart = None
        if changed:
            self.version += 1
            self._figures = now
            self._versions.update(dict.fromkeys(changed, self.version))
            self._wake()

    def figures(self, language: Language) -> dict[str, Figure]:
        """The newest figures by id."""
        return self._figures[language]

    def since(self, cursor: Cursor | None, language: Language) -> Update | None:
        """What changed after `cursor`; everything where it is None or of another life; None for nothing."""
        here = Cursor(self.epoch, self.version)
        known = self._figures[language]
        if cursor is None or cursor.epoch != self.epoch or cursor.version > self.version:
            return Update(here, True, list(known.values()), True)
        if cursor.version == self.version:
            return None
        newer = {key for key, version in self._versions.items() if version > cursor.version}
        return Update(here, False, [f for key, f in known.items() if key in newer], CHART in newer)

    async def changes(
        self, cursor: Cursor | None, language: Language, beat_s: float
    ) -> AsyncGenerator[Update | None]:
        """Updates as they come; None every `beat_s` without one. Ends when the channel closes."""
        self.viewers += 1
        try:
            while not self.closed:
                changed = self._changed
                if (update := self.since(cursor, language)) is not None:
                    cursor = update.cursor
                    yield update
                    continue
                try:
                    async with asyncio.timeout(beat_s):
                        await changed.wait()
                except TimeoutError:
                    yield None
        finally:
            self.viewers -= 1
            self.used_at = asyncio.get_running_loop().time()

    async def chart(self, stores: Stores) -> Chart:
        """The chart, read at most once per push and minute however many ask."""
        async with self._chart_lock:
            now = self.clock()
            if self._chart is None or now >= self._chart.end:
                passages = frozenset(self.state.passages)
                self._chart = await asyncio.to_thread(stores.chart, self.project, passages, now)
            return self._chart

    def close(self) -> None:
        """Let every stream end."""
        self.closed = True
        if self._push_due is not None:
            self._push_due.cancel()
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class Live:
    """All channels and the tasks that feed them."""

    def __init__(self, log: Log, stores: Stores, hint: Hint, clock: Callable[[], int]) -> None:
        self._log = log
        self._stores = stores
        self._hint = hint
        self._clock = clock
        self._channels: dict[str, Channel] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self.undecodable = 0
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
            "undecodable_batches": self.undecodable,
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
        # First the position, then the content: what comes between is in both, and taking it twice changes nothing.
        position = await asyncio.to_thread(self._stores.position)
        stored = await asyncio.to_thread(self._stores.stored, project, now)
        state = SiteState(project, watch(project), local_day(project, now))
        state.agents = await asyncio.to_thread(self._stores.agents, project.site)
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
        for offset, found in (steps := await asyncio.to_thread(self._read, after, channels)):
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
        try:
            batch = decode(record.entry.payload)
        except BatchError as error:
            self.undecodable += 1
            LOGGER.warning("log offset %d: %s", record.offset, error)
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
        channel.state.agents = await asyncio.to_thread(self._stores.agents, channel.project.site)
        reread = (
            channel.state.totals_stale or channel.state.chart_stale
        ) and loop.time() >= channel.reread_at
        if reread:
            await self._reread(channel)
        channel.push(chart=reread)

    async def _reread(self, channel: Channel) -> None:
        """Late readings: once the stores have them, count today's totals anew and let the charts be fetched."""
        loop = asyncio.get_running_loop()
        began, stale_to, state = loop.time(), channel.stale_to, channel.state
        complete = await asyncio.to_thread(self._stores.position) >= stale_to
        if state.totals_stale:
            state.recount(await asyncio.to_thread(self._stores.totals, channel.project, self._clock()))
        if complete and channel.stale_to == stale_to:
            state.totals_stale = state.chart_stale = False
        spent_s = loop.time() - began
        channel.reread_at = began + max(REREAD_EVERY_S, REREAD_SHARE * spent_s)
