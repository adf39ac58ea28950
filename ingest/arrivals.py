"""The bounded place between the socket and ingest where messages wait, handed over in groups."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any


class Arrivals(asyncio.Queue[Any]):
    """A queue whose `get` takes everything that waits, as a list: one task switch a group, not a message.

    At the bound the newest is dropped and counted: nothing is lost by that, as its agent has no receipt and
    sends it again. (asyncio.Queue leaves `_init`, `_get` and `_put` to subclasses.)
    """

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.dropped = 0
        super().__init__()

    def _init(self, maxsize: int) -> None:  # noqa: ARG002 - as in the base class
        self._queue: deque[Any] = deque()

    def _get(self) -> list[Any]:
        group = list(self._queue)
        self._queue.clear()
        return group

    def put_nowait(self, item: Any) -> None:  # noqa: ANN401 - as in the base class
        """Take `item` in, or drop it at the bound."""
        if self.qsize() >= self.bound:
            self.dropped += 1
        else:
            super().put_nowait(item)
