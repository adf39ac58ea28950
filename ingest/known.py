"""The directory of who may send what, kept fresh beside the batches it judges."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from parts.backoff import Backoff
from parts.progress import Progress
from store.errors import StoreError
from store.records.registry import Directory
from store.threads import UPKEEP

logger = logging.getLogger(__name__)

#: How long something that was taken off the list may still be taken in.
RENEW_EVERY_S: Final = 0.5
#: Something unknown asks for a new directory, at most so often: nothing is set aside by an older one.
RENEW_AT_MOST_EVERY_S: Final = 1.0

#: The directory where it has changed since it was last asked, else None; blocks and may raise StoreError.
Load = Callable[[], Directory | None]


class Known:
    """The newest directory that could be had; None for ever where nobody is listed."""

    def __init__(self, load: Load | None) -> None:
        """`load` is called in a thread."""
        self._load = load
        self._loaded_at_s = float("-inf")
        self._lock = asyncio.Lock()
        self.directory: Directory | None = None
        self.progress = Progress()
        self.failures = 0

    def well(self) -> str | None:
        """Why it is not known who may send; None where it is."""
        if self._load is not None and self.directory is None:
            return self.progress.well() or "not read yet"
        return self.progress.well()

    def sites(self) -> list[str]:
        """Those of the directory."""
        found = self.directory or Directory()
        return sorted({*found.agents, *found.devices})

    async def begin(self) -> None:
        """Until there is a first directory: without one nothing can be judged."""
        backoff = Backoff()
        while self._load is not None and self.directory is None and not await self.renew(None):  # noqa: ASYNC110
            await asyncio.sleep(backoff.pause_s())

    async def keep_fresh(self) -> None:
        """Follow the registry, for ever."""
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            async with self._lock:
                if self._load is not None:
                    await self._renewed(self._load)

    async def renew(self, judged_by: Directory | None) -> bool:
        """Ask anew, unless that was just done; whether there is a newer one than `judged_by` now. Where it
        cannot be had the last one stays."""
        async with self._lock:
            now_s = asyncio.get_running_loop().time()
            if self._load is not None and now_s - self._loaded_at_s >= RENEW_AT_MOST_EVERY_S:
                self._loaded_at_s = now_s
                await self._renewed(self._load)
        return self.directory is not judged_by

    async def _renewed(self, load: Load) -> None:
        self.progress.begin()
        try:
            self.directory = await UPKEEP.run(load) or self.directory
            self.progress.done()
        except StoreError as error:
            self.progress.failed(error)
            self.failures += 1
            logger.error("directory: %s; the last one stays", error)  # noqa: TRY400 - the reason is in the message
