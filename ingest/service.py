"""From the broker into the log, and the receipt back: nothing is confirmed that is not on disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar

from ingest import judged as judging
from ingest import statuses
from ingest.accept import Accepted, Refused, accept
from ingest.judged import Judged
from ingest.known import Known
from ingest.probe import LogProbe
from ingest.receive import Arrival, BrokerAddress, Receiver
from ingest.recent import Recent, Stored
from ingest.statuses import Statuses
from parts.backoff import Backoff
from parts.part import Part
from parts.progress import Progress
from parts.supervisor import Supervisor
from store.errors import StoreError
from store.log.contract import Log
from store.log.hint import Hint
from store.records.contract import Records
from store.records.registry import Directory
from store.threads import COMMITS
from wire import receipt as wire_receipt

logger = logging.getLogger(__name__)

#: The most that is committed at once: beyond this a larger group saves nothing and delays its first receipt.
GROUP_BATCHES: Final = 256
#: What may be judged and wait for its commit. Beyond it judging waits, and the queue behind the socket fills.
WAITING_BATCHES: Final = 2 * GROUP_BATCHES
#: A group must not keep pages and receipts waiting: so many take some 4 ms.
_JUDGED_AT_A_TIME: Final = 8

_Result = TypeVar("_Result")
Counts = Callable[[], Mapping[str, Any]]


@dataclass(slots=True)
class IngestCounters:
    """Since the process started. `readings` and `appended` count what is new, `duplicates` what came again;
    `conflicts` came again with other content and are among the `refused`; `partly_refused` were accepted
    without some of their values; `waiting` are judged, not committed. `dropped` batches (at the bound of the
    queue behind the socket) and statuses come again from their agents."""

    batches: int = 0
    readings: int = 0
    appended: int = 0
    duplicates: int = 0
    conflicts: int = 0
    refused: int = 0
    partly_refused: int = 0
    statuses: int = 0
    store_failures: int = 0
    waiting: int = 0
    dropped: int = 0
    dropped_statuses: int = 0


class Ingest:
    """One worker: receive, judge, commit in groups, answer. Holds no state another worker needs."""

    def __init__(
        self,
        address: BrokerAddress,
        log: Log,
        records: Records,
        hint: Hint,
        clock: Callable[[], int],
        recent: Recent | None = None,
        directory: Callable[[], Directory] | None = None,
    ) -> None:
        """`clock` gives UTC milliseconds. `recent` is where a writer in the same process looks first.
        `directory` (blocking, `Registry.directory`) says who may send what; None: everything is known."""
        self.receiver = Receiver(address)
        self._log = log
        self._records = records
        self._hint = hint
        self._clock = clock
        self._recent = recent
        self._known = Known(directory)
        self._statuses = Statuses(records)
        self._judged: asyncio.Queue[Judged] = asyncio.Queue(WAITING_BATCHES)
        self._committing = Progress()
        self._probe = LogProbe(log)
        self.counters = IngestCounters()

    def parts(self) -> list[Part]:
        """Its work as parts of a process. What is on its way at the end has no receipt and comes again."""
        known, statuses, probe = self._known, self._statuses, self._probe
        rows: list[tuple[str, Callable[[], Awaitable[None]], Counts, Callable[[], str | None]]] = [
            ("broker", self._judge_all, lambda: asdict(self.receiver.counters), self.receiver.well),
            ("receipts", self._commit_all, lambda: asdict(self.counters), self._committing.well),
            ("log", probe.run, probe.counts, probe.progress.well),
            ("statuses", statuses.run, statuses.counts, statuses.progress.well),
            ("directory", known.keep_fresh, lambda: {"failures": known.failures}, known.well),
        ]
        return [
            Part(name, lambda _, work=work: work(), counters, well, heeds_stop=False)  # type: ignore[misc]
            for name, work, counters, well in rows
        ]

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`."""
        await Supervisor(self.parts()).run(stop)

    async def _judge_all(self) -> None:
        await self._known.begin()
        async with aclosing(self.receiver.arrivals()) as groups:
            async for group in groups:
                for number, arrival in enumerate(group, 1):
                    await self._judge(arrival)
                    if number % _JUDGED_AT_A_TIME == 0:
                        await asyncio.sleep(0)

    async def _judge(self, arrival: Arrival) -> None:
        if arrival.topic.kind == "status":
            self._note_status(arrival)
            return
        now_ms = self._clock()
        outcome = accept(arrival.topic, arrival.payload, now_ms, self._known.directory)
        if outcome.met_unknown and await self._known.renew():
            outcome = accept(arrival.topic, arrival.payload, now_ms, self._known.directory)
        await self._judged.put(Judged(arrival, now_ms, outcome))
        self.counters.batches += 1
        self.counters.waiting = self._judged.qsize()
        self.counters.dropped = self.receiver.counters.dropped

    def _note_status(self, arrival: Arrival) -> None:
        self._statuses.note(statuses.judge(arrival, self._clock(), self._known.directory))
        self.counters.statuses += 1
        self.counters.dropped_statuses = self._statuses.dropped

    async def _commit_all(self) -> None:
        async for group in self._groups():
            offsets = await self._commit(group)
            if any(offset is not None for offset in offsets):
                self._hint.notify()
            await self._answer(await self._without_conflicts(group, offsets))

    async def _groups(self) -> AsyncIterator[list[Judged]]:
        """Everything that waits, up to a bound."""
        while True:
            group = [await self._judged.get()]
            while len(group) < GROUP_BATCHES and not self._judged.empty():
                group.append(self._judged.get_nowait())
            self.counters.waiting = self._judged.qsize()
            yield group

    async def _persist(self, what: str, work: Callable[[], _Result]) -> _Result:
        """What `work` returns, in a thread, asked again with growing pauses while the store will not: no
        receipt goes out meanwhile, and what waits behind it is bounded."""
        backoff = Backoff()
        while True:
            self._committing.begin()
            try:
                result = await COMMITS.run(work)
            except StoreError as error:
                self._committing.failed(error)
                self.counters.store_failures += 1
                logger.error("%s not stored: %s", what, error)  # noqa: TRY400 - the reason is in the message
            else:
                self._committing.done()
                return result
            await asyncio.sleep(backoff.pause_s())

    async def _commit(self, group: Sequence[Judged]) -> list[int | None]:
        """Quarantine first, then the log: what has a receipt is in one of them. For each of the group the
        offset in the log, None for what was refused or came again."""
        await self._quarantine(group)
        accepted = [judged.outcome for judged in group if isinstance(judged.outcome, Accepted)]
        entries = [one.entry for one in accepted]
        now_ms = self._clock()
        offsets = await self._persist("batches", lambda: self._log.append(entries, now_ms)) if entries else []
        if entries:
            self._probe.proved()
        for one, offset in zip(accepted, offsets, strict=True):
            self._count(one, offset)
        given = iter(offsets)
        return [next(given) if isinstance(judged.outcome, Accepted) else None for judged in group]

    async def _quarantine(self, group: Iterable[Judged]) -> None:
        items = [item for judged in group if (item := judging.quarantined(judged)) is not None]
        if items:
            await self._persist("quarantine", lambda: self._records.quarantine(items))
        self.counters.refused += sum(isinstance(judged.outcome, Refused) for judged in group)

    def _count(self, one: Accepted, offset: int | None) -> None:
        counters = self.counters
        if offset is None:
            counters.duplicates += 1
            return
        counters.appended += 1
        counters.readings += one.readings
        counters.partly_refused += bool(one.set_aside)
        if self._recent is not None:
            entry = one.entry
            self._recent.add(Stored(offset, entry.site, entry.agent, one.blocks, one.events, one.readings))

    async def _without_conflicts(self, group: list[Judged], offsets: Sequence[int | None]) -> list[Judged]:
        """The group, where what came again with other content than stands in the log is refused."""
        repeats = [
            judged
            for judged, offset in zip(group, offsets, strict=True)
            if offset is None and isinstance(judged.outcome, Accepted)
        ]
        if not repeats:
            return group
        found = await self._persist("repeats", lambda: self._conflicts(repeats))
        await self._quarantine(found)
        self.counters.conflicts += len(found)
        refused = {id(judged.arrival): judged for judged in found}
        return [refused.get(id(judged.arrival), judged) for judged in group]

    def _conflicts(self, repeats: Sequence[Judged]) -> list[Judged]:
        """Blocking."""
        identities = [
            judged.outcome.entry.identity for judged in repeats if isinstance(judged.outcome, Accepted)
        ]
        return judging.conflicts(repeats, self._log.standing(identities))

    async def _answer(self, group: Iterable[Judged]) -> None:
        """One receipt an agent and stream. One that cannot be sent is asked for again by a resend."""
        for topic, receipt in judging.receipts(group):
            await self.receiver.publish(topic, wire_receipt.encode(receipt))
