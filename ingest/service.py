"""From the broker into the log, and the receipt back: nothing is confirmed that is not on disk."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from ingest.accept import LONGEST_DETAIL, Accepted, Refused, accept
from ingest.receive import Arrival, BrokerAddress, Receiver
from ingest.recent import Recent, Stored
from store.errors import StoreError
from store.log.contract import Log
from store.log.hint import Hint
from store.records.contract import AgentState, Quarantined, Records
from wire import payload as wire_payload
from wire.payload import PayloadError
from wire.ranges import Ranges
from wire.receipt import Receipt, Refusal
from wire.status import Status
from wire.topics import Topic

logger = logging.getLogger(__name__)

#: The most that is committed at once: beyond this a larger group saves nothing and delays its first receipt.
GROUP_BATCHES: Final = 256
#: What may be judged and wait for its commit. Beyond it judging waits, and the queue behind the socket fills.
WAITING_BATCHES: Final = 2 * GROUP_BATCHES
#: A group must not keep pages and receipts waiting: so many take some 4 ms.
_JUDGED_AT_A_TIME: Final = 8
_CANCEL_AGAIN_S: Final = 0.5
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 10.0


@dataclass(slots=True)
class IngestCounters:
    """Since the process started. `readings` and `appended` count what is new, `duplicates` what came again;
    `partly_refused` were accepted without some of their values; `waiting` are judged, not committed."""

    batches: int = 0
    readings: int = 0
    appended: int = 0
    duplicates: int = 0
    refused: int = 0
    partly_refused: int = 0
    statuses: int = 0
    store_failures: int = 0
    waiting: int = 0


@dataclass(slots=True)
class _Judged:
    """A batch with what came of it."""

    arrival: Arrival
    received: int
    outcome: Accepted | Refused


@dataclass(slots=True)
class _Answer:
    """What one agent is to be told of one stream."""

    accepted: Ranges = field(default_factory=Ranges)
    refused: list[Refusal] = field(default_factory=list)


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
    ) -> None:
        """`clock` gives UTC milliseconds. `recent` is where a writer in the same process looks first."""
        self.receiver = Receiver(address)
        self._log = log
        self._records = records
        self._hint = hint
        self._clock = clock
        self._recent = recent
        self._judged: asyncio.Queue[_Judged] = asyncio.Queue(WAITING_BATCHES)
        self.counters = IngestCounters()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; what is then on its way has no receipt and comes again."""
        async with asyncio.TaskGroup() as tasks:
            work = [
                tasks.create_task(self._judge_all(), name="ingest: judge"),
                tasks.create_task(self._commit_all(), name="ingest: commit"),
            ]
            await stop.wait()
            running = set(work)
            while running:
                # More than once: aiomqtt waits with `asyncio.wait_for`, which on Python 3.11 swallows a
                # cancellation that comes together with the result.
                for task in running:
                    task.cancel()
                _, running = await asyncio.wait(running, timeout=_CANCEL_AGAIN_S)

    async def _judge_all(self) -> None:
        async with aclosing(self.receiver.arrivals()) as groups:
            async for group in groups:
                for number, arrival in enumerate(group, 1):
                    await self._judge(arrival)
                    if number % _JUDGED_AT_A_TIME == 0:
                        await asyncio.sleep(0)

    async def _judge(self, arrival: Arrival) -> None:
        if arrival.topic.kind == "status":
            await self._note_status(arrival)
            return
        now_ms = self._clock()
        await self._judged.put(_Judged(arrival, now_ms, accept(arrival.topic, arrival.payload, now_ms)))
        self.counters.batches += 1
        self.counters.waiting = self._judged.qsize()

    async def _note_status(self, arrival: Arrival) -> None:
        """Keep what an agent says of itself. A failing store costs this status, not the next one."""
        self.counters.statuses += 1
        now_ms, topic = self._clock(), arrival.topic
        try:
            status = Status.model_validate_json(wire_payload.unpack(arrival.payload))
        except (PayloadError, ValidationError) as error:
            detail = str(error)[:LONGEST_DETAIL]
            item = Quarantined(now_ms, str(topic), arrival.payload, "schema", detail, topic.site, topic.agent)
            await self._stored("quarantine", lambda: self._records.quarantine([item]))
            return
        state = AgentState(topic.site, topic.agent, now_ms, status)
        await self._stored("status", lambda: self._records.put_agent_state(state))

    async def _stored(self, what: str, store: Callable[[], None]) -> bool:
        try:
            await asyncio.to_thread(store)
        except StoreError as error:
            self.counters.store_failures += 1
            logger.error("%s not stored: %s", what, error)  # noqa: TRY400 - the reason is in the message
            return False
        return True

    async def _commit_all(self) -> None:
        async for group in self._groups():
            offsets: list[int | None] = []
            pause_s = _FIRST_PAUSE_S
            while not await self._stored("batches", lambda: offsets.extend(self._commit(group))):  # noqa: B023
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
            self._count(group, offsets)
            if any(offset is not None for offset in offsets):
                self._hint.notify()
            await self._answer(group)

    async def _groups(self) -> AsyncIterator[list[_Judged]]:
        """Everything that waits, up to a bound."""
        while True:
            group = [await self._judged.get()]
            while len(group) < GROUP_BATCHES and not self._judged.empty():
                group.append(self._judged.get_nowait())
            self.counters.waiting = self._judged.qsize()
            yield group

    def _commit(self, group: Sequence[_Judged]) -> list[int | None]:
        """Quarantine first, then the log: what has a receipt is in one of them. Blocking; offsets of what was
        accepted, None for what came again."""
        set_aside = [item for judged in group if (item := _quarantined(judged)) is not None]
        if set_aside:
            self._records.quarantine(set_aside)
        accepted = [judged.outcome for judged in group if isinstance(judged.outcome, Accepted)]
        offsets = self._log.append([one.entry for one in accepted], self._clock()) if accepted else []
        if self._recent is not None:
            for one, offset in zip(accepted, offsets, strict=True):
                if offset is not None:
                    self._recent.add(
                        Stored(offset, one.entry.site, one.entry.agent, one.blocks, one.events, one.readings)
                    )
        return offsets

    def _count(self, group: Sequence[_Judged], offsets: Sequence[int | None]) -> None:
        accepted = [judged.outcome for judged in group if isinstance(judged.outcome, Accepted)]
        counters = self.counters
        counters.refused += len(group) - len(accepted)
        for one, offset in zip(accepted, offsets, strict=True):
            if offset is None:
                counters.duplicates += 1
                continue
            counters.appended += 1
            counters.readings += one.readings
            counters.partly_refused += bool(one.set_aside)

    async def _answer(self, group: Iterable[_Judged]) -> None:
        """One receipt an agent and stream. One that cannot be sent is asked for again by a resend."""
        for (site, agent, stream), answer in _answers(group).items():
            receipt = Receipt(stream=stream, accepted=answer.accepted.pairs(), refused=answer.refused)
            payload = wire_payload.pack(receipt.model_dump_json().encode())
            await self.receiver.publish(Topic(site, agent, "receipt"), payload)


def _answers(group: Iterable[_Judged]) -> dict[tuple[str, str, str | None], _Answer]:
    answers: defaultdict[tuple[str, str, str | None], _Answer] = defaultdict(_Answer)
    for judged in group:
        topic, outcome = judged.arrival.topic, judged.outcome
        if isinstance(outcome, Accepted):
            answers[topic.site, topic.agent, outcome.entry.stream].accepted.add(outcome.entry.seq)
        else:
            answers[topic.site, topic.agent, outcome.stream].refused.append(outcome.refusal())
    return answers


def _quarantined(judged: _Judged) -> Quarantined | None:
    """What of it belongs into quarantine: the whole payload, also where only a part was set aside."""
    outcome, topic = judged.outcome, judged.arrival.topic
    stream: str | None
    seq: int | None
    if isinstance(outcome, Refused):
        reason, detail, stream, seq = outcome.reason, outcome.detail, outcome.stream, outcome.seq
    elif outcome.set_aside:
        reason, stream, seq = outcome.set_aside[0].reason, outcome.entry.stream, outcome.entry.seq
        detail = "; ".join(part.detail for part in outcome.set_aside)
    else:
        return None
    return Quarantined(
        judged.received,
        str(topic),
        judged.arrival.payload,
        reason,
        detail[:LONGEST_DETAIL],
        topic.site,
        topic.agent,
        stream,
        seq,
    )
