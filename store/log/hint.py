"""A nudge that the log has grown. Polling is the truth; a hint only makes it quick."""

from __future__ import annotations

import asyncio


class Hint:
    """Wakes every waiter of one event loop. Nothing is lost between waits: a reader notes `count` before it
    reads the log, and a wait since that count returns at once if there has been a hint meanwhile."""

    def __init__(self) -> None:
        self.count = 0
        self._next: asyncio.Event = asyncio.Event()

    def notify(self) -> None:
        """The log has grown. To be called in the waiters' event loop."""
        self.count += 1
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, timeout_s: float, since: int | None = None) -> bool:
        """Until the next hint, at most `timeout_s`; whether there was one.

        With `since` (a former `count`) it returns at once where a hint has come after that.
        """
        if since is not None and since != self.count:
            return True
        try:
            async with asyncio.timeout(timeout_s):
                await self._next.wait()
        except TimeoutError:
            return False
        return True
