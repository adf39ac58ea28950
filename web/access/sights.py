"""Who saw what, on its way into the log of access.

What changes something is written in the transaction of the change. What was only seen is gathered and written
once a second: a page does not wait for a disk. What a crash may lose of it is that second.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final

from parts.part import Part
from parts.progress import Progress
from store.errors import StoreError
from store.records.access_log import Deed
from store.threads import UPKEEP

INTERVAL_S: Final = 1.0
#: Beyond it the newest are counted and dropped.
MOST_WAITING: Final = 10_000
#: The same person sees the same again within this: once is told.
AGAIN_MS: Final = 60_000


class Sights:
    """Lives in the event loop."""

    def __init__(self, write: Callable[[Sequence[Deed]], None]) -> None:
        """`write` blocks; raises StoreError where the store is away, and what waits is kept then."""
        self._write = write
        self._waiting: list[Deed] = []
        self._recent: OrderedDict[tuple[str, str, str, str, str], int] = OrderedDict()
        #: Dropped because too much waited.
        self.dropped = 0
        self.written = 0

    def add(self, deed: Deed) -> None:
        """To be written soon."""
        key = (deed.firm, deed.who, deed.address, deed.act, deed.what)
        if deed.time - self._recent.get(key, -AGAIN_MS) < AGAIN_MS:
            return
        if len(self._waiting) >= MOST_WAITING:
            self.dropped += 1
            return
        self._recent.pop(key, None)
        self._recent[key] = deed.time
        if len(self._recent) > MOST_WAITING:
            self._recent.popitem(last=False)
        self._waiting.append(deed)

    async def flush(self) -> None:
        """Write what waits. Raises StoreError."""
        if not self._waiting:
            return
        deeds, self._waiting = self._waiting, []
        try:
            await UPKEEP.run(self._write, deeds)
        except StoreError:
            self._waiting = deeds + self._waiting
            raise
        self.written += len(deeds)

    def part(self) -> Part:
        """What writes, beside the pages."""
        progress = Progress()
        return Part("sights", lambda stop: self._keep(stop, progress), self._counters, progress.well)

    async def _keep(self, stop: asyncio.Event, progress: Progress) -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL_S):
                    await stop.wait()
            progress.begin()
            try:
                await self.flush()
                progress.done()
            except StoreError as error:
                progress.failed(error)

    def _counters(self) -> dict[str, int]:
        return {"waiting": len(self._waiting), "written": self.written, "dropped": self.dropped}
