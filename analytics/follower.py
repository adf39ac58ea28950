"""The reader of the log from which alerts and progress will come. Now it keeps its place in it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import Final

from store.errors import StoreError
from store.log.contract import Log
from store.log.hint import Hint
from store.records.contract import Records

LOGGER = logging.getLogger("plumbline.analytics")

READER: Final = "analytics"
#: A step of the follower, in batches.
STEP_BATCHES: Final = 500
#: How long a nudge may be missing before the log is looked at all the same.
POLL_S: Final = 1.0
#: A position is a transaction: not one for every batch that trickles in.
LINGER_S: Final = 1.0
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 10.0


@dataclass(slots=True)
class FollowerCounters:
    """Since the process started; `position` is a log offset."""

    batches: int = 0
    position: int = 0
    store_failures: int = 0


class Follower:
    """Reads the log in order from where it last was. A store that fails is asked again, ever more slowly."""

    def __init__(self, log: Log, records: Records, hint: Hint) -> None:
        self._log = log
        self._records = records
        self._hint = hint
        self.counters = FollowerCounters()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; a step that has begun is finished."""
        pause_s = _FIRST_PAUSE_S
        while not stop.is_set():
            count = self._hint.count
            try:
                taken = await asyncio.to_thread(self._step)
            except StoreError as error:
                self.counters.store_failures += 1
                LOGGER.error("%s; the log waits", error)  # noqa: TRY400 - the reason is in the message
                await _pause(pause_s, stop)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                continue
            pause_s = _FIRST_PAUSE_S
            if not taken:
                await self._hint.wait(POLL_S, count)
            elif taken < STEP_BATCHES:
                await _pause(LINGER_S, stop)

    def _step(self) -> int:
        """Read on and keep the place; how many batches that was."""
        records = self._log.read(self._records.position(READER), STEP_BATCHES)
        if records:
            self._records.move(READER, records[-1].offset)
            self.counters.position = records[-1].offset
            self.counters.batches += len(records)
        return len(records)


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
