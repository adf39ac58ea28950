"""What is under way between judging and commit, in bytes."""

from __future__ import annotations

import asyncio


class Weight:
    """How much is under way, in bytes: who adds to it waits while it is above its bound."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._room = asyncio.Event()
        self._room.set()
        self.bytes = 0

    async def add(self, size: int) -> None:
        """Once there is room."""
        await self._room.wait()
        self.bytes += size
        self._look()

    def take(self, size: int) -> None:
        """It is done with."""
        self.bytes -= size
        self._look()

    def _look(self) -> None:
        if self.bytes < self._bound:
            self._room.set()
        else:
            self._room.clear()
