"""What agents say of themselves, on its way into the records beside the batches, never before them."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from ingest import screen
from ingest.receive import Arrival
from ingest.refusals import detail
from parts.backoff import Backoff
from parts.progress import Progress
from store.errors import StoreError
from store.records.contract import AgentState, Quarantined
from store.records.records import Records
from store.records.registry import Directory
from store.threads import UPKEEP
from wire import status as wire_status
from wire.errors import WireError
from wire.receipt import RefusalReason

logger = logging.getLogger(__name__)

#: The newest status of so many agents may wait; it is kilobytes each, and an agent says it again soon.
BOUND: Final = 10_000


def judge(arrival: Arrival, now_ms: int, directory: Directory | None) -> AgentState | Quarantined:
    """The state an agent is in, or what to set aside with its reason. Never raises."""
    topic = arrival.topic
    if (why := screen.stranger(topic, directory)) is not None:
        return _set_aside(arrival, now_ms, "wrong_site", why)
    try:
        status = wire_status.decode(arrival.payload)
    except WireError as error:
        return _set_aside(arrival, now_ms, error.fault, f"{error.place}: {error.rule}")
    return AgentState(topic.site, topic.agent, now_ms, status)


def _set_aside(arrival: Arrival, now_ms: int, reason: RefusalReason, what: str) -> Quarantined:
    topic = arrival.topic
    why = detail(reason, f"{topic}: {what}")
    return Quarantined(now_ms, str(topic), arrival.payload, reason, why, topic.site, topic.agent)


class Statuses:
    """The newest of each agent waits to be stored; a newer one takes the place of one that waits."""

    def __init__(self, records: Records, bound: int = BOUND) -> None:
        self._records = records
        self._bound = bound
        self._waiting: dict[tuple[str | None, str | None, bool], AgentState | Quarantined] = {}
        self._woken = asyncio.Event()
        self.dropped = 0
        self.failures = 0
        self.progress = Progress()

    def counts(self) -> dict[str, int]:
        """Since the process started; `waiting` now."""
        return {"waiting": len(self), "dropped": self.dropped, "failures": self.failures}

    def __len__(self) -> int:
        return len(self._waiting)

    def note(self, judged: AgentState | Quarantined) -> None:
        """Take it in, or drop it at the bound and count it."""
        key = (judged.site, judged.agent, isinstance(judged, AgentState))
        if key not in self._waiting and len(self._waiting) >= self._bound:
            self.dropped += 1
            return
        self._waiting.pop(key, None)
        self._waiting[key] = judged
        self._woken.set()

    async def run(self) -> None:
        """Store what waits, for ever. A store that is away is asked again with growing pauses."""
        backoff = Backoff()
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self._store_waiting()
                backoff.reset()
            except StoreError as error:
                self.failures += 1
                logger.error("statuses not stored: %s", error)  # noqa: TRY400 - the reason is in the message
                self.progress.failed(error)
                await asyncio.sleep(backoff.pause_s())

    async def _store_waiting(self) -> None:
        """What is not stored in the end, for whatever reason, waits again."""
        taken, self._waiting = self._waiting, {}
        self.progress.begin()
        try:
            await UPKEEP.run(self._store, list(taken.values()))
            taken = {}
            self.progress.done()
        finally:
            if taken:
                self._waiting = taken | self._waiting
                self._woken.set()

    def _store(self, taken: list[AgentState | Quarantined]) -> None:
        """One transaction: they come again as they were where it fails."""
        with self._records.begin() as done:
            done.quarantine.add([one for one in taken if isinstance(one, Quarantined)])
            for one in taken:
                if isinstance(one, AgentState):
                    done.agent_states.put(one)
