"""Readers of the log: every reading into the time series, every event into the records."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from ingest import differing
from ingest.accept import recalled
from ingest.recent import LoggedBatch, Recent
from ingest.retention import BelievedClock, Forgetting, Retention
from parts.part import Part
from parts.progress import Progress
from parts.supervisor import Supervisor
from parts.turn import Turn
from store.errors import StoreError
from store.log.contract import Log, Record
from store.log.decoder import Decoder
from store.log.hint import Hint
from store.log.reader import Taken, pause, read_on
from store.records.contract import SiteEvent
from store.records.events import READER
from store.records.records import Records
from store.threads import WRITING
from store.timeseries import columns
from store.timeseries.contract import Differences, TimeSeries

logger = logging.getLogger(__name__)

#: Large steps make few transactions; this many batches of 600 readings are written in about half a second.
STEP_BATCHES: Final = 500
#: A backlog's batches are larger: a step ends with the batch that reaches this, so that memory is bounded.
STEP_READINGS: Final = 300_000
#: So many records are read from the log at a time: the most whole payloads a step holds beside its readings.
_READ_BATCHES: Final = 50
#: At most so many transactions a second where there is little to take: each of them rewrites the last page of
#: every series it touches. Nobody waits for it, as pages hear of new readings from the log.
LINGER_S: Final = 0.2
#: While idle, at most this often, in steps that hold the store's writer for about 50 ms. Else a minute still
#: being written would be rolled up anew with every reading; windows are right without.
_ROLL_UP_EVERY_S: Final = 10.0
#: Under a load that never ends, so often all the same: a store may count as durable only what it rolled up.
_ROLL_UP_AT_LEAST_EVERY_S: Final = 60.0
_ROLL_UP_MINUTES: Final = 2000
_TRIM_EVERY_S: Final = 600.0
_FORGET_EVERY_S: Final = 3600.0


@dataclass(slots=True)
class WriterCounters:
    """Since the process started; the positions are log offsets: what has been handed to the stores."""

    readings: int = 0
    events: int = 0
    time_series_position: int = 0
    events_position: int = 0
    from_log: int = 0
    rolled_up: int = 0
    trimmed: int = 0
    forgotten_readings: int = 0
    forgotten_records: int = 0
    store_failures: int = 0
    undecodable: int = 0
    #: Readings that came with another value than stands at their moment.
    differing: int = 0
    #: The reader that has kept records in the log beyond their days, and what went without being read at all.
    log_waits_for: str = ""
    unread_trimmed: int = 0


class _Readings:
    """The reader of the log that fills the time series."""

    def __init__(
        self,
        store: TimeSeries,
        records: Records,
        decoder: Decoder,
        counters: WriterCounters,
        clock: Callable[[], int],
    ) -> None:
        self.position = store.position
        self.progress = Progress()
        self._records = records
        self._clock = clock
        self.reached: int | None = None
        self._store = store
        self._decoder = decoder
        self._counters = counters

    def note(self, reached: int) -> None:
        self._counters.time_series_position = reached

    def decoded(self, record: Record) -> LoggedBatch:
        """Its readings, none where it cannot be read."""
        entry = record.entry
        blocks, events = self._decoder.of_batch(record, lambda payload: recalled(entry.site, payload)) or (
            [],
            [],
        )
        return LoggedBatch(
            record.offset, entry.site, entry.agent, blocks, events, columns.readings_of(blocks)
        )

    def take(self, batches: Sequence[LoggedBatch]) -> None:
        blocks = [block for stored in batches for block in stored.blocks]
        told = Differences()
        self._counters.readings += self._store.write(blocks, batches[-1].offset, told)
        if told.count:
            self._counters.differing += told.count
            self._records.quarantine.add(differing.items(told, self._clock()))


class _Events:
    """The reader of the log that keeps what happened."""

    def __init__(self, store: Records, decoder: Decoder, counters: WriterCounters) -> None:
        self.progress = Progress()
        self.reached: int | None = None
        self._store = store
        self._decoder = decoder
        self._counters = counters

    def position(self) -> int:
        return self._store.readers.position(READER)

    def note(self, reached: int) -> None:
        self._counters.events_position = reached

    def decoded(self, record: Record) -> LoggedBatch:
        """Only the events: readings are decoded by who wants them."""
        entry = record.entry
        return LoggedBatch(record.offset, entry.site, entry.agent, [], self._decoder.events(record), 0)

    def take(self, batches: Sequence[LoggedBatch]) -> None:
        events = [
            SiteEvent(stored.site, stored.agent, event) for stored in batches for event in stored.events
        ]
        with self._store.begin() as done:
            done.events.add(events)
            done.readers.move(READER, batches[-1].offset)
        self._counters.events += len(events)


class Writer:
    """Follows the log into two stores, each at its own pace with its own position.

    If one fails, the log waits for it; neither the other store nor the receipts do. Where to go on is
    remembered between steps and asked of the store at the start and after every failure: a store may call
    durable less than it was given.
    """

    def __init__(
        self,
        log: Log,
        timeseries: TimeSeries,
        records: Records,
        hint: Hint,
        clock: Callable[[], int],
        retention: Retention = Retention(),  # noqa: B008 - it cannot change
        recent: Recent | None = None,
    ) -> None:
        """`clock` gives UTC milliseconds. What the log holds is trimmed by age once every reader has it.
        `recent`: where an ingest in the same process leaves what it has appended."""
        self._log = log
        self._timeseries = timeseries
        self._hint = hint
        self._clock = clock
        self._retention = retention
        self._records = records
        self._believed = BelievedClock(timeseries.newest)
        self._forgetting = Forgetting(timeseries, records, retention)
        self._recent = recent or Recent()
        self._rolled_up_at_s = time.monotonic()
        self.counters = WriterCounters()
        self._decoder = Decoder(records)
        self._readings = _Readings(timeseries, records, self._decoder, self.counters, clock)
        self._events = _Events(records, self._decoder, self.counters)

    def parts(self, lease: Turn | None = None) -> list[Part]:
        """Its work as parts of a process; `lease`: where several processes might do it."""
        found = [
            Part(
                "time series",
                lambda stop: self._follow("time series", self._readings, stop),
                self._counts,
                self._readings.progress.well,
                lease,
            ),
            Part(
                "events",
                lambda stop: self._follow("events", self._events, stop),
                well=self._events.progress.well,
                lease=lease,
            ),
        ]
        return [*found, *(self._upkeep(*row, lease) for row in self._upkeep_table())]

    def _counts(self) -> dict[str, int]:
        undecodable = {"undecodable": self._decoder.undecodable}
        return asdict(self.counters) | self._timeseries.counts() | undecodable

    def _upkeep_table(self) -> list[tuple[str, float, Callable[[], bool]]]:
        return [
            ("rollups", _ROLL_UP_EVERY_S, self._roll_up),
            ("trimming of the log", _TRIM_EVERY_S, self._trim),
            ("retention", _FORGET_EVERY_S, self._forget),
        ]

    def _upkeep(self, name: str, interval_s: float, work: Callable[[], bool], lease: Turn | None) -> Part:
        progress = Progress()
        return Part(
            name,
            lambda stop: self._every(interval_s, work, progress, stop),
            well=progress.well,
            lease=lease,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; a step that has begun is finished."""
        await Supervisor(self.parts()).run(stop, ending=self._hint.notify)

    async def _follow(self, name: str, reader: _Readings | _Events, stop: asyncio.Event) -> None:
        def failed(error: StoreError) -> None:
            self.counters.store_failures += 1
            logger.error("%s: %s; the log waits", name, error)
            reader.reached = None

        await read_on(
            WRITING, lambda: self._step(reader), failed, reader.progress, self._hint, LINGER_S, stop
        )

    def _step(self, reader: _Readings | _Events) -> Taken:
        """Take one step from where the reader is; where that is not known, its store says."""
        position = reader.position() if reader.reached is None else reader.reached
        batches = self._recent.following(position, STEP_BATCHES) or self._from_log(reader, position)
        if batches:
            reader.take(batches)
            position = batches[-1].offset
        reader.reached = position
        reader.note(position)
        self.counters.undecodable = self._decoder.undecodable
        reached = self.counters.time_series_position, self.counters.events_position
        self._recent.forget(min(reached), max(reached))
        full = len(batches) >= STEP_BATCHES or sum(stored.readings for stored in batches) >= STEP_READINGS
        return Taken(len(batches), full or self._recent.presses)

    def _from_log(self, reader: _Readings | _Events, position: int) -> list[LoggedBatch]:
        """As far as there is no short cut."""
        batches: list[LoggedBatch] = []
        readings = 0
        until = self._recent.next_after(position)
        for record in self._following(position):
            if until is not None and record.offset >= until:
                break
            stored = reader.decoded(record)
            batches.append(stored)
            readings += stored.readings
            if len(batches) >= STEP_BATCHES or readings >= STEP_READINGS:
                break
        self.counters.from_log += len(batches)
        return batches

    def _following(self, position: int) -> Iterator[Record]:
        while records := self._log.read(position, _READ_BATCHES):
            yield from records
            position = records[-1].offset

    async def _every(
        self, interval_s: float, work: Callable[[], bool], progress: Progress, stop: asyncio.Event
    ) -> None:
        """Repeat `work` until it says it is done, then again after `interval_s`."""
        while not stop.is_set():
            progress.begin()
            try:
                done = await WRITING.run(work)
                progress.done()
            except StoreError as error:
                progress.failed(error)
                self.counters.store_failures += 1
                logger.error("%s: %s", work.__name__, error)  # noqa: TRY400 - the reason is in the message
                done = True
            await pause(interval_s if done else 0.0, stop)

    def _roll_up(self) -> bool:
        """A step, when nothing waits in the log or the last was long ago; whether there is no more to do."""
        busy = self._log.last_offset() > self.counters.time_series_position
        if busy and time.monotonic() - self._rolled_up_at_s < _ROLL_UP_AT_LEAST_EVERY_S:
            return True
        rolled_up = self._timeseries.roll_up(_ROLL_UP_MINUTES)
        self.counters.rolled_up += rolled_up
        if rolled_up < _ROLL_UP_MINUTES:
            self._rolled_up_at_s = time.monotonic()
            return True
        return False

    def _trim(self) -> bool:
        """By age, what every reader has. The two stores are waited for for ever; any other reader for
        `wait_days` more: it may be dead for good, and the disk must not fill for it."""
        stored = min(self._readings.position(), self._events.position())
        others = {name: at for name, at in self._records.readers.positions().items() if at < stored}
        slowest = min(others, key=lambda name: others[name], default="")
        now_ms, kept = self._believed.now(self._clock()), self._retention
        before, proofs = kept.log_before(now_ms), kept.proofs_before(now_ms)
        self.counters.trimmed += self._log.trim(before, others.get(slowest, stored), proofs)
        self.counters.log_waits_for = slowest if slowest and self._log.older(before, stored) else ""
        if self.counters.log_waits_for:
            unread = self._log.trim(kept.unread_before(now_ms), stored, proofs)
            if unread:
                self.counters.unread_trimmed += unread
                logger.error("the log waited %g days for its reader %r, no longer", kept.wait_days, slowest)
        return True

    def _forget(self) -> bool:
        readings, rows = self._forgetting.forget(self._believed.now(self._clock()))
        self.counters.forgotten_readings += readings
        self.counters.forgotten_records += rows
        return True
