"""Whose turn it is: a lease, asked again and again by one part, which others wait for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

#: Who has the lease proves it, and who has not asks again, so often.
EVERY_S: Final = 2.0


class Lease(Protocol):
    """Of several processes one does a piece of work, and when it dies another takes over.

    The work must stay right when two do it at once: a lease spares work, it protects nothing. Blocking; used
    by one thread at a time.
    """

    def hold(self) -> bool:
        """Take it, or make sure it is still ours; whether it is."""

    def release(self) -> None:
        """Let another take it. Harmless where it is not ours."""


class Turn:
    """`ours` is what the lease last said. `threads` runs what blocks."""

    def __init__(
        self, name: str, lease: Lease, threads: Callable[[Callable[[], bool]], Awaitable[bool]]
    ) -> None:
        self.name = name
        self.ours = False
        self.changed: Callable[[], None] = lambda: None
        self._lease = lease
        self._threads = threads

    async def keep(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises what the lease raises; it is not ours then."""
        try:
            while not stop.is_set():
                self._now(ours=await self._threads(self._lease.hold))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(EVERY_S):
                        await stop.wait()
        finally:
            self._now(ours=False)
            self._lease.release()

    def _now(self, *, ours: bool) -> None:
        if ours != self.ours:
            self.ours = ours
            self.changed()
