"""From the broker into the log, and the receipt back: nothing is confirmed that is not on disk."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar

from ingest import judged as judging
from ingest.accept import Accepted, Refused
from ingest.arrivals import Arrivals
from ingest.clocks import Clocks
from ingest.judged import Judged
from ingest.judges import Ask, Judges
from ingest.known import Known, Load
from ingest.probe import LogProbe
from ingest.receive import Arrival, BrokerAddress, Receiver
from ingest.recent import LoggedBatch, Recent
from ingest.shares import Shares
from ingest.statuses import Statuses
from ingest.weight import Weight
from parts.backoff import Backoff
from parts.part import Part
from parts.progress import Progress
from parts.supervisor import Supervisor
from store.errors import StoreError
from store.log.contract import Log
from store.log.hint import Hint
from store.records.contract import AgentState, Quarantined
from store.records.records import Records
from store.threads import COMMITS
from wire import payload as wire_payload
from wire import receipt as wire_receipt

logger = logging.getLogger(__name__)

#: The most that is committed at once: beyond this a larger group saves nothing and delays its first receipt.
GROUP_BATCHES: Final = 256
#: What may be judged and wait for its commit. Beyond it judging waits, and the queue behind the socket fills.
WAITING_BATCHES: Final = 2 * GROUP_BATCHES
#: Judged, they may take so many bytes of memory while they wait: as they came, and some 40 a reading.
_WAITING_BYTES: Final = 16 * 1024 * 1024
_BYTES_PER_READING: Final = 40
#: What is judged here at a time. A larger message is judged in a child process, and so are those of who has
#: taken more than its share: the parser lets nobody else of its process run.
_AT_A_TIME: Final = 8
_LARGE_BYTES: Final = 64 * 1024
_COSTLY_WAITING: Final = 4096
_LONGEST_REST_S: Final = 10.0
#: So long the child waits for the next one.
_IDLE_S: Final = 300.0
#: A store that was away for so long was an outage: what the sites sent meanwhile has yet to come.
_OUTAGE_S: Final = 10.0

_Result = TypeVar("_Result")
_Outcome = Judged | AgentState | Quarantined
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
        directory: Load | None = None,
    ) -> None:
        """`clock` gives UTC milliseconds by this machine; `clocks.now` knows when that is behind.
        `recent` is where a writer in the same process looks first. `directory` says who may send what; None:
        everything is known."""
        self._log = log
        self._records = records
        self._hint = hint
        self.clocks = Clocks(clock, log_newest=_newest(log))
        self._clock = self.clocks.now
        self._recent = recent
        self._known = Known(directory)
        self._statuses = Statuses(log, records, hint, self._clock, self._known.sites)
        self._shares = Shares()
        self.receiver = Receiver(address, heard=self._statuses.listen, late=self._shares.is_over)
        self._judged: asyncio.Queue[Judged] = asyncio.Queue(WAITING_BATCHES)
        #: Of which something goes to quarantine first: nobody else's receipt waits for that.
        self._aside: asyncio.Queue[Judged] = asyncio.Queue(WAITING_BATCHES)
        self._committing = Progress()
        self._probe = LogProbe(log)
        self._costly = Arrivals(
            _COSTLY_WAITING, _agent, lambda arrival: len(arrival.payload), late=self._shares.is_over
        )
        self._judges = Judges()
        self._weight = Weight(_WAITING_BYTES)
        self.counters = IngestCounters()

    def parts(self) -> list[Part]:
        """Its work as parts of a process. What is on its way at the end has no receipt and comes again."""
        known, statuses, probe = self._known, self._statuses, self._probe
        rows: list[tuple[str, Callable[[], Awaitable[None]], Counts, Callable[[], str | None]]] = [
            ("broker", self._judge_all, lambda: asdict(self.receiver.counters), self.receiver.well),
            ("costly messages", self._judge_costly, self._costly_counts, lambda: None),
            ("receipts", self._commit_clean, lambda: asdict(self.counters), self._committing.well),
            ("set aside", self._commit_aside, lambda: {"waiting": self._aside.qsize()}, lambda: None),
            ("log", probe.run, probe.counts, probe.progress.well),
            ("statuses", statuses.run, statuses.counts, statuses.progress.well),
            ("clock", self.clocks.run, lambda: {"behind_ms": self.clocks.behind_ms}, self.clocks.well),
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
                others = []
                for arrival in group:
                    if self._is_costly(arrival):
                        self._costly.put_nowait(arrival)
                    else:
                        others.append(arrival)
                for at in range(0, len(others), _AT_A_TIME):
                    await self._judge(others[at : at + _AT_A_TIME], self._judges.here)
                self.counters.dropped = self.receiver.counters.dropped + self._costly.dropped

    def _is_costly(self, arrival: Arrival) -> bool:
        """Large, or of a sender that has taken more than its share: others are judged meanwhile. What it
        sends after that is not to overtake it."""
        return _is_large(arrival) or self._shares.is_over(_agent(arrival)) or self._costly.waits(arrival)

    async def _judge_costly(self) -> None:
        """One after the other, in the child. After a large one, and after what was sent in vain, it rests for
        as long as that took: a processor is not spent on it alone."""
        try:
            while True:
                for arrival in await self._next_costly():
                    began_s = time.monotonic()
                    if not await self._judge([arrival], self._judges.apart) or _is_large(arrival):
                        await asyncio.sleep(min(time.monotonic() - began_s, _LONGEST_REST_S))
        finally:
            self._judges.end()

    async def _next_costly(self) -> list[Arrival]:
        """A child that nobody has needed for a while is ended: it takes memory."""
        found: list[Arrival] = []
        while not found:
            try:
                async with asyncio.timeout(_IDLE_S):
                    found = await self._costly.get()
            except TimeoutError:
                self._judges.end()
        return found

    async def _judge(self, group: Sequence[Arrival], ask: Ask) -> bool:
        """Whether all of it is taken. What is judged waits for its commit. A newer directory is asked for
        where something is unknown; and where it shows that our clock is wrong, it is judged again."""
        directory = self._known.directory
        judged = await self._judge_once(group, ask)
        if any(_met_unknown(one) for one in judged) and await self._known.renew(directory):
            judged = await self._judge_once(group, ask)
        if self._hear(judged):
            judged = await self._judge_once(group, ask)
        for one in judged:
            if isinstance(one, Judged):
                await self._weight.add(_weight(one))
                await (self._aside if judging.quarantined(one) else self._judged).put(one)
                self.counters.batches += 1
            else:
                self._note_status(one)
        self.counters.waiting = self._judged.qsize() + self._aside.qsize()
        return not any(_is_set_aside(one) for one in judged)

    async def _judge_once(self, group: Sequence[Arrival], ask: Ask) -> list[_Outcome]:
        now_ms, directory, judged = self._clock(), self._known.directory, []
        for arrival, (found, cpu_s) in zip(group, await ask(group, now_ms, directory), strict=True):
            outcome = Judged(arrival, now_ms, found) if isinstance(found, Accepted | Refused) else found
            if _is_large(arrival) or _is_set_aside(outcome):
                # What is right and small is what we are for: an agent with a backlog is no burden.
                self._shares.take(_agent(arrival), cpu_s)
            judged.append(outcome)
        return judged

    def _costly_counts(self) -> dict[str, int]:
        return {"waiting": self._costly.qsize()} | self._judges.counts()

    def _hear(self, judged: Sequence[_Outcome]) -> bool:
        """Whether we know better now what time it is."""
        for one in judged:
            if isinstance(one, AgentState):
                if one.status.online:  # else it is what the agent left with the broker long ago
                    self.clocks.hear((one.site, one.agent), one.status.sent)
            elif isinstance(one, Judged) and isinstance(one.outcome, Accepted):
                self.clocks.hear(_agent(one.arrival), one.outcome.sent)
        return self.clocks.look()

    def _note_status(self, judged: AgentState | Quarantined) -> None:
        self._statuses.note(judged)
        self.counters.statuses += 1
        self.counters.dropped_statuses = self._statuses.dropped

    async def _commit_clean(self) -> None:
        await self._commit_all(self._judged)

    async def _commit_aside(self) -> None:
        await self._commit_all(self._aside)

    async def _commit_all(self, queue: asyncio.Queue[Judged]) -> None:
        async for group in self._groups(queue):
            offsets = await self._commit(group)
            if any(offset is not None for offset in offsets):
                self._hint.notify()
            await self._answer(await self._without_conflicts(group, offsets))

    async def _groups(self, queue: asyncio.Queue[Judged]) -> AsyncIterator[list[Judged]]:
        """Everything that waits, up to a bound."""
        while True:
            group = [await queue.get()]
            while len(group) < GROUP_BATCHES and not queue.empty():
                group.append(queue.get_nowait())
            self.counters.waiting = self._judged.qsize() + self._aside.qsize()
            yield group
            self._weight.take(sum(_weight(one) for one in group))

    async def _persist(self, what: str, work: Callable[[], _Result]) -> _Result:
        """What `work` returns, in a thread, asked again with growing pauses while the store will not: no
        receipt goes out meanwhile, and what waits behind it is bounded."""
        backoff, began_s = Backoff(), time.monotonic()
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
                if time.monotonic() - began_s >= _OUTAGE_S and self.receiver.counters.connected:
                    self._statuses.listen(heard=True)
                return result
            await asyncio.sleep(backoff.pause_s())

    async def _commit(self, group: Sequence[Judged]) -> list[int | None]:
        """Quarantine first, then the log: what has a receipt is in one of them. For each of the group the
        offset in the log, None for what was refused or came again."""
        await self._quarantine(group)
        accepted = [judged.outcome for judged in group if isinstance(judged.outcome, Accepted)]
        offsets = await self._persist("batches", lambda: self._append(accepted)) if accepted else []
        if accepted:
            self._probe.proved()
        for one, offset in zip(accepted, offsets, strict=True):
            self._count(one, offset)
        given = iter(offsets)
        return [next(given) if isinstance(judged.outcome, Accepted) else None for judged in group]

    def _append(self, accepted: Sequence[Accepted]) -> list[int | None]:
        """Blocking. A reader that sees them in the log finds them in columns beside it."""
        offsets = self._log.append([one.entry for one in accepted], self._clock())
        if self._recent is not None:
            for one, offset in zip(accepted, offsets, strict=True):
                if offset is not None:
                    self._recent.add(_stored(one, offset))
        return offsets

    async def _quarantine(self, group: Iterable[Judged]) -> None:
        items = [item for judged in group if (item := judging.quarantined(judged)) is not None]
        if items:
            await self._persist("quarantine", lambda: self._records.quarantine.add(items))
        self.counters.refused += sum(isinstance(judged.outcome, Refused) for judged in group)

    def _count(self, one: Accepted, offset: int | None) -> None:
        counters = self.counters
        self._statuses.hear(one.entry.site, one.entry.agent)
        if offset is None:
            counters.duplicates += 1
            return
        counters.appended += 1
        counters.readings += one.readings
        counters.partly_refused += bool(one.set_aside)

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


def _newest(log: Log) -> int | None:
    """When the newest entry was accepted (UTC ms); None where there is none any more. Blocking."""
    found = log.read(log.last_offset() - 1, 1)
    return found[0].accepted_at if found else None


def _stored(one: Accepted, offset: int) -> LoggedBatch:
    return LoggedBatch(offset, one.entry.site, one.entry.agent, one.blocks, one.events, one.readings)


def _is_set_aside(judged: _Outcome) -> bool:
    return isinstance(judged, Quarantined) or (
        isinstance(judged, Judged) and judging.quarantined(judged) is not None
    )


def _met_unknown(judged: _Outcome) -> bool:
    return isinstance(judged, Judged) and judged.outcome.met_unknown


def _agent(arrival: Arrival) -> tuple[str, str]:
    return arrival.topic.site, arrival.topic.agent


def _is_large(arrival: Arrival) -> bool:
    return wire_payload.unpacked_size(arrival.payload) > _LARGE_BYTES


def _weight(judged: Judged) -> int:
    outcome = judged.outcome
    readings = outcome.readings if isinstance(outcome, Accepted) else 0
    return len(judged.arrival.payload) + _BYTES_PER_READING * readings
