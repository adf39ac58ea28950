"""Whether the log can be written, also where nothing comes: a write is tried now and then."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Final

from parts.progress import Progress
from store.errors import StoreError
from store.log.contract import Log
from store.threads import HEALTH

logger = logging.getLogger(__name__)

EVERY_S: Final = 5.0


class LogProbe:
    """Tries a write whenever no commit has proved for `EVERY_S` that one is possible."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._proved_s = float("-inf")
        self.progress = Progress()
        self.probes = 0
        self.failures = 0

    def counts(self) -> dict[str, int]:
        """Since the process started."""
        return {"probes": self.probes, "failures": self.failures}

    def proved(self) -> None:
        """Something was committed."""
        self._proved_s = time.monotonic()
        self.progress.done()

    async def run(self) -> None:
        """For ever."""
        while True:
            if time.monotonic() - self._proved_s >= EVERY_S:
                await self._probe()
            await asyncio.sleep(EVERY_S)

    async def _probe(self) -> None:
        self.probes += 1
        self.progress.begin()
        try:
            await HEALTH.run(self._log.probe)
        except StoreError as error:
            self.failures += 1
            self.progress.failed(error)
            logger.error("the log takes nothing: %s", error)  # noqa: TRY400 - the reason is in the message
        else:
            self.proved()
