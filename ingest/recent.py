"""Batches just accepted, already in columns: what spares readers in the same process the log's bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from store.timeseries.contract import Block
from wire.batch import Event

#: Against a float with its place in a list (32 bytes): what a batch, a block with its dictionary, a column
#: and an event with its pseudonym take beside (measured: 240, 450, 60 and 1,200 bytes).
_BATCH: Final = 8
_BLOCK: Final = 14
_COLUMN: Final = 2
_EVENT: Final = 40


@dataclass(frozen=True, slots=True)
class LoggedBatch:
    """What a batch holds, and where it stands in the log."""

    offset: int
    site: str
    agent: str
    blocks: list[Block]
    events: list[Event]
    readings: int


class Recent:
    """Accepted batches by offset, up to a bound of what they hold. Thread-safe.

    It is only a short cut: every batch in it is in the log under the same offset, and where one is missing
    the reader goes to the log. At the bound what a reader is past makes room. Where there is no such thing
    the newest is left to the log: were it the oldest, a reader that fell behind would find the next one it
    needs just gone, read it from the log, which takes longer, and never catch up.
    """

    def __init__(self, bound: int = 800_000) -> None:
        """`bound` counts readings (32 bytes), and whatever else takes memory as so many of them."""
        self.bound = bound
        self.held = 0
        self._passed = 0
        self._lock = threading.Lock()
        self._stored: OrderedDict[int, LoggedBatch] = OrderedDict()

    @property
    def presses(self) -> bool:
        """Whether so much waits that a reader should not wait for more."""
        return 2 * self.held > self.bound

    def add(self, stored: LoggedBatch) -> None:
        """Take in a batch that is durable in the log, where there is room."""
        weight = _weight(stored)
        with self._lock:
            if (before := self._stored.pop(stored.offset, None)) is not None:
                self.held -= _weight(before)
            while self.held + weight > self.bound and self._is_oldest_passed():
                self._drop_oldest()
            if self.held + weight <= self.bound:
                self._stored[stored.offset] = stored
                self.held += weight

    def following(self, position: int, limit: int) -> list[LoggedBatch]:
        """The batches at position + 1, position + 2, … as far as all are here, at most `limit`."""
        with self._lock:
            found = []
            for offset in range(position + 1, position + 1 + limit):
                kept = self._stored.get(offset)
                if kept is None:
                    break
                found.append(kept)
            return found

    def next_after(self, position: int) -> int | None:
        """The lowest offset beyond `position` that is here: so far a reader has to go to the log."""
        with self._lock:
            return min((offset for offset in self._stored if offset > position), default=None)

    def forget(self, up_to: int, passed: int = 0) -> None:
        """Make room: nobody needs the batches up to this offset any more, one reader none up to `passed`."""
        with self._lock:
            self._passed = max(passed, up_to)
            while self._stored and next(iter(self._stored)) <= up_to:
                self._drop_oldest()

    def _is_oldest_passed(self) -> bool:
        return bool(self._stored) and next(iter(self._stored)) <= self._passed

    def _drop_oldest(self) -> None:
        _, stored = self._stored.popitem(last=False)
        self.held -= _weight(stored)


def _weight(stored: LoggedBatch) -> int:
    """In readings: nulls take as much as values, and every batch, block and column has its own objects."""
    columns = sum(len(block.values) for block in stored.blocks)
    cells = sum(len(block.time) * (1 + len(block.values)) for block in stored.blocks)
    objects = _BATCH + _BLOCK * len(stored.blocks) + _COLUMN * columns
    return cells + objects + _EVENT * len(stored.events)
