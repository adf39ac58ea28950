"""The reader of the log from which alerts and progress will come. Now it keeps its place in it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import asdict, dataclass
from typing import Final

from parts.part import Part
from parts.progress import Progress
from parts.turn import Turn
from store.errors import StoreError
from store.log.contract import Log
from store.log.hint import Hint
from store.log.reader import Taken, read_on
from store.records.records import Records
from store.threads import ANALYTICS

LOGGER = logging.getLogger("plumbline.analytics")

READER: Final = "analytics"
#: A step of the follower, in batches.
STEP_BATCHES: Final = 500
#: A position is a transaction: not one for every batch that trickles in.
LINGER_S: Final = 1.0


@dataclass(slots=True)
class FollowerCounters:
    """Since the process started; `position` is a log offset."""

    batches: int = 0
    position: int = 0
    store_failures: int = 0
    registered: bool = False


class Follower:
    """Reads the log in order from where it last was. A store that fails is asked again, ever more slowly."""

    def __init__(self, log: Log, records: Records, hint: Hint) -> None:
        self._log = log
        self._records = records
        self._hint = hint
        self._progress = Progress()
        self.counters = FollowerCounters()

    def part(self, lease: Turn | None = None) -> Part:
        """It as a part of a process; `lease`: where several processes might do its work."""
        return Part("analytics", self.run, lambda: asdict(self.counters), self._progress.well, lease)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; a step that has begun is finished."""
        await read_on(ANALYTICS, self._step, self._failed, self._progress, self._hint, LINGER_S, stop)

    def _failed(self, error: StoreError) -> None:
        self.counters.store_failures += 1
        LOGGER.error("%s; the log waits", error)

    def _step(self) -> Taken:
        """Read on and keep the place. The log waits for who has one, so it is taken before the first step."""
        if not self.counters.registered:
            self._records.readers.move(READER, 0)
            self.counters.registered = True
        records = self._log.read(self._records.readers.position(READER), STEP_BATCHES)
        if records:
            with self._records.begin() as done:  # what comes of them will be here, too
                done.readers.move(READER, records[-1].offset)
            self.counters.position = records[-1].offset
            self.counters.batches += len(records)
        return Taken(len(records), full=len(records) == STEP_BATCHES)
