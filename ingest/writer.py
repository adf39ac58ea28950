"""Readers of the log: every reading into the time series, every event into the records."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from ingest.accept import blocks_of
from ingest.recent import Recent, Stored
from store.errors import StoreError
from store.log.contract import Log, Record
from store.log.hint import Hint
from store.records.contract import Records, SiteEvent
from store.timeseries.contract import TimeSeries
from wire import batch as wire_batch

logger = logging.getLogger(__name__)

#: Large steps make few transactions; this many batches of 600 readings are written in about half a second.
STEP_BATCHES: Final = 500
#: At most so many transactions a second where there is little to take: each of them rewrites the last page of
#: every series it touches. Nobody waits for it, as pages hear of new readings from the log.
LINGER_S: Final = 0.2
#: How long a nudge may be missing before the log is looked at all the same.
POLL_S: Final = 1.0
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 10.0
#: While idle, at most this often, in steps that hold the store's writer for about 50 ms. Else a minute still
#: being written would be rolled up anew with every reading; windows are right without.
_ROLL_UP_EVERY_S: Final = 10.0
_ROLL_UP_MINUTES: Final = 2000
_TRIM_EVERY_S: Final = 600.0


@dataclass(slots=True)
class WriterCounters:
    """Since the process started; the positions are log offsets."""

    readings: int = 0
    events: int = 0
    time_series_position: int = 0
    events_position: int = 0
    from_log: int = 0
    rolled_up: int = 0
    trimmed: int = 0
    store_failures: int = 0


class _Sink(Protocol):
    """What a reader of the log does with what it reads."""

    def position(self) -> int:
        """How far it has come, durably."""

    def take(self, batches: Sequence[Stored]) -> None:
        """Store what the batches hold, and their last offset, in one transaction."""


class _TimeSeriesSink:
    def __init__(self, store: TimeSeries, counters: WriterCounters) -> None:
        self._store = store
        self._counters = counters

    def position(self) -> int:
        self._counters.time_series_position = self._store.position()
        return self._counters.time_series_position

    def take(self, batches: Sequence[Stored]) -> None:
        blocks = [block for stored in batches for block in stored.blocks]
        self._counters.readings += self._store.write(blocks, batches[-1].offset)
        self._counters.time_series_position = batches[-1].offset


class _EventSink:
    def __init__(self, store: Records, counters: WriterCounters) -> None:
        self._store = store
        self._counters = counters

    def position(self) -> int:
        self._counters.events_position = self._store.events_position()
        return self._counters.events_position

    def take(self, batches: Sequence[Stored]) -> None:
        events = [
            SiteEvent(stored.site, stored.agent, event) for stored in batches for event in stored.events
        ]
        self._store.add_events(events, batches[-1].offset)
        self._counters.events += len(events)
        self._counters.events_position = batches[-1].offset


class Writer:
    """Follows the log into two stores, each at its own pace with its own position.

    If one fails, the log waits for it; neither the other store nor the receipts do.
    """

    def __init__(
        self,
        log: Log,
        timeseries: TimeSeries,
        records: Records,
        hint: Hint,
        clock: Callable[[], int],
        retention_ms: int,
        recent: Recent | None = None,
    ) -> None:
        """`clock` gives UTC milliseconds. Log records older than `retention_ms` are trimmed once both stores
        have them. `recent`: where an ingest in the same process leaves what it has appended."""
        self._log = log
        self._timeseries = timeseries
        self._hint = hint
        self._clock = clock
        self._retention_ms = retention_ms
        self._recent = recent or Recent()
        self.counters = WriterCounters()
        self._sinks: dict[str, _Sink] = {
            "time series": _TimeSeriesSink(timeseries, self.counters),
            "events": _EventSink(records, self.counters),
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; a step that has begun is finished."""
        async with asyncio.TaskGroup() as tasks:
            for name, sink in self._sinks.items():
                tasks.create_task(self._follow(name, sink, stop), name=f"writer: {name}")
            tasks.create_task(self._every(_ROLL_UP_EVERY_S, self._roll_up, stop), name="writer: roll up")
            tasks.create_task(self._every(_TRIM_EVERY_S, self._trim, stop), name="writer: trim")
            await stop.wait()
            self._hint.notify()  # nobody shall sleep through it

    async def _follow(self, name: str, sink: _Sink, stop: asyncio.Event) -> None:
        pause_s = _FIRST_PAUSE_S
        while not stop.is_set():
            count = self._hint.count
            try:
                taken = await asyncio.to_thread(self._step, sink)
            except StoreError as error:
                self.counters.store_failures += 1
                logger.error("%s: %s; the log waits", name, error)  # noqa: TRY400 - the reason is in the message
                await _pause(pause_s, stop)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                continue
            pause_s = _FIRST_PAUSE_S
            if not taken:
                await self._hint.wait(POLL_S, count)
            elif taken < STEP_BATCHES:
                await _pause(LINGER_S, stop)

    def _step(self, sink: _Sink) -> int:
        """Take one step; how many batches that was."""
        position = sink.position()
        batches = self._recent.following(position, STEP_BATCHES) or self._from_log(position)
        if not batches:
            return 0
        sink.take(batches)
        self._recent.forget(min(self.counters.time_series_position, self.counters.events_position))
        return len(batches)

    def _from_log(self, position: int) -> list[Stored]:
        batches = [_decoded(record) for record in self._log.read(position, STEP_BATCHES)]
        self.counters.from_log += len(batches)
        return batches

    async def _every(self, interval_s: float, work: Callable[[], bool], stop: asyncio.Event) -> None:
        """Repeat `work` until it says it is done, then again after `interval_s`."""
        while not stop.is_set():
            try:
                done = await asyncio.to_thread(work)
            except StoreError as error:
                self.counters.store_failures += 1
                logger.error("%s: %s", work.__name__, error)  # noqa: TRY400 - the reason is in the message
                done = True
            await _pause(interval_s if done else 0.0, stop)

    def _roll_up(self) -> bool:
        """A step, when nothing waits in the log; whether all is rolled up."""
        if self._log.last_offset() > self._timeseries.position():
            return True
        rolled_up = self._timeseries.roll_up(_ROLL_UP_MINUTES)
        self.counters.rolled_up += rolled_up
        return rolled_up < _ROLL_UP_MINUTES

    def _trim(self) -> bool:
        consumed = min(sink.position() for sink in self._sinks.values())
        self.counters.trimmed += self._log.trim(self._clock() - self._retention_ms, consumed)
        return True


def _decoded(record: Record) -> Stored:
    """What the log holds has been accepted: it decodes."""
    entry = record.entry
    batch = wire_batch.decode(entry.payload)
    blocks = blocks_of(entry.site, batch)
    return Stored(record.offset, entry.site, entry.agent, blocks, batch.events, batch.readings())


async def _pause(pause_s: float, stop: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(pause_s):
            await stop.wait()
    except TimeoutError:
        return
