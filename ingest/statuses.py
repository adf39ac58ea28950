"""What agents say of themselves: into the log where it has changed, whole into the records.

It goes beside the batches, never before them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Final

from ingest.changes import Agents, Key, is_change
from parts.backoff import Backoff
from parts.progress import Progress
from store.errors import StoreError
from store.log.change import listening_entry
from store.log.contract import Log
from store.log.hint import Hint
from store.records.contract import AgentState, Quarantined
from store.records.records import Records
from store.threads import UPKEEP

logger = logging.getLogger(__name__)

#: The newest status of so many agents may wait; it is kilobytes each, and an agent says it again soon.
BOUND: Final = 10_000
#: Of one agent so many changes may wait while a store is away; the newest then takes the last one's place.
MOST_CHANGES: Final = 16
#: How often it is looked whether an agent has fallen silent.
LOOK_EVERY_S: Final = 10.0


class Statuses:
    """What of each agent waits to be stored: its newest status, and before that what was a change."""

    def __init__(
        self,
        log: Log,
        records: Records,
        hint: Hint,
        clock: Callable[[], int],
        sites: Callable[[], Iterable[str]] = tuple,
        bound: int = BOUND,
    ) -> None:
        """`sites`: those whose agents are known from before; `clock`: UTC ms."""
        self._log = log
        self._records = records
        self._hint = hint
        self._clock = clock
        self._sites = sites
        self._bound = bound
        self._agents = Agents()
        self._waiting: dict[Key, list[AgentState]] = {}
        self._aside: dict[tuple[str | None, str | None], Quarantined] = {}
        #: When a batch of an agent came last.
        self._heard: dict[Key, int] = {}
        #: Since when the sites are heard, None while they are not; and whether that has been entered.
        self._since: int | None = None
        self._entered: int | None = None
        self._woken = asyncio.Event()
        self.dropped = 0
        self.failures = 0
        self.changes = 0
        self.progress = Progress()

    def counts(self) -> dict[str, int]:
        """Since the process started; `waiting` now."""
        return {
            "waiting": len(self), "changes": self.changes, "dropped": self.dropped, "failures": self.failures,
        }  # fmt: skip

    def __len__(self) -> int:
        return len(self._waiting) + len(self._aside)

    def note(self, judged: AgentState | Quarantined) -> None:
        """Take it in, or drop it at the bound and count it."""
        known = (judged.site, judged.agent) in (
            self._aside if isinstance(judged, Quarantined) else self._waiting
        )
        if not known and len(self) >= self._bound:
            self.dropped += 1
            return
        if isinstance(judged, Quarantined):
            self._aside[judged.site, judged.agent] = judged
        else:
            _follow(self._waiting.setdefault((judged.site, judged.agent), []), judged)
        self._woken.set()

    def hear(self, site: str, agent: str) -> None:
        """A batch of it came: it is not silent, whether or not it says so."""
        self._heard[site, agent] = self._clock()

    def listen(self, heard: bool) -> None:
        """From now on the sites are heard, after a start or an outage of ours; or they are not."""
        self._since = self._clock() if heard else None
        self._woken.set()

    async def run(self) -> None:
        """Store what waits, for ever. A store that is away is asked again with growing pauses."""
        backoff = Backoff()
        while True:
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._woken.wait()
            except TimeoutError:
                pass
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
        aside, self._aside = self._aside, {}
        self.progress.begin()
        try:
            grown = await UPKEEP.run(self._store, taken, list(aside.values()), self._since)
            taken, aside = {}, {}
            self.progress.done()
            if grown:
                self._hint.notify()
        finally:
            if taken or aside:
                self._wait_again(taken, aside)

    def _wait_again(
        self, taken: dict[Key, list[AgentState]], aside: dict[tuple[str | None, str | None], Quarantined]
    ) -> None:
        self._aside = aside | self._aside
        newer, self._waiting = self._waiting, taken
        for key, states in newer.items():
            for state in states:
                _follow(self._waiting.setdefault(key, []), state)
        self._woken.set()

    def _store(self, taken: dict[Key, list[AgentState]], aside: list[Quarantined], since: int | None) -> bool:
        """Blocking; whether the log has grown. First the log: a change that was entered is known by its
        identity, one of which only the records knew would be lost."""
        grown = self._enter_listening(since)
        self._recall(taken)
        entries = [entry for said in taken.values() for entry in self._agents.entries(said)]
        if entries:
            grown = _new(self._log.append(entries, self._clock())) or grown
        with self._records.begin() as done:
            done.quarantine.add(aside)
            for said in taken.values():
                done.agent_states.put(said[-1])
        for said in taken.values():
            self._agents.take(said)
        self.changes += len(entries)
        return self._tell_silent() or grown

    def _enter_listening(self, since: int | None) -> bool:
        if since is None or since == self._entered:
            return False
        for site in self._sites():
            self._agents.know(self._records.agent_states.of(site))
        self._log.append([listening_entry(since)], self._clock())
        self._entered = since
        return True

    def _recall(self, keys: Iterable[Key]) -> None:
        for site in {site for site, agent in keys if (site, agent) not in self._agents}:
            self._agents.know(self._records.agent_states.of(site))

    def _tell_silent(self) -> bool:
        """Only who has listened so long can say that nothing came."""
        since = self._since
        if since is None:
            return False
        silent = self._agents.silent(self._clock(), since, dict(self._heard))
        if not silent:
            return False
        self._log.append([self._agents.quiet_entry(key) for key in silent], self._clock())
        self._agents.told(silent)
        self.changes += len(silent)
        return True


def _follow(waiting: list[AgentState], state: AgentState) -> None:
    """A beat takes the place of what it repeats."""
    if waiting and (len(waiting) >= MOST_CHANGES or not is_change(waiting[-1], state)):
        waiting[-1] = state
    else:
        waiting.append(state)


def _new(offsets: Iterable[int | None]) -> bool:
    return any(offset is not None for offset in offsets)
