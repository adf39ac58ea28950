"""Batches just accepted, already in columns: what spares readers in the same process the log's bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from store.timeseries.contract import Block
from wire.batch import Event

#: A small object, and an event with its pseudonym (1.2 kB measured), against a float with its place in a list
#: (32 bytes).
_OBJECT: Final = 8
_EVENT: Final = 40


@dataclass(frozen=True, slots=True)
class Stored:
    """What a batch holds, and where it stands in the log."""

    offset: int
    site: str
    agent: str
    blocks: list[Block]
    events: list[Event]
    readings: int


class Recent:
    """The newest accepted batches by offset, up to a bound of what they hold. Thread-safe.

    It is only a short cut: every batch in it is in the log under the same offset, and where one is missing
    the reader goes to the log.
    """

    def __init__(self, bound: int = 400_000) -> None:
        """`bound` counts readings, and whatever else takes memory as so many of them."""
        self.bound = bound
        self.held = 0
        self._lock = threading.Lock()
        self._stored: OrderedDict[int, Stored] = OrderedDict()

    def add(self, stored: Stored) -> None:
        """Take in a batch that is durable in the log."""
        with self._lock:
            if (before := self._stored.pop(stored.offset, None)) is not None:
                self.held -= _weight(before)
            self._stored[stored.offset] = stored
            self.held += _weight(stored)
            while self.held > self.bound:
                self._drop_oldest()

    def following(self, position: int, limit: int) -> list[Stored]:
        """The batches at position + 1, position + 2, … as far as all are here, at most `limit`."""
        with self._lock:
            found = []
            for offset in range(position + 1, position + 1 + limit):
                kept = self._stored.get(offset)
                if kept is None:
                    break
                found.append(kept)
            return found

    def forget(self, up_to: int) -> None:
        """Make room: nobody needs the batches up to this offset any more."""
        with self._lock:
            while self._stored and next(iter(self._stored)) <= up_to:
                self._drop_oldest()

    def _drop_oldest(self) -> None:
        _, stored = self._stored.popitem(last=False)
        self.held -= _weight(stored)


def _weight(stored: Stored) -> int:
    """In readings: nulls take as much as values, and every batch, block and column has its own objects."""
    columns = sum(len(block.values) for block in stored.blocks)
    cells = sum(len(block.time) * (1 + len(block.values)) for block in stored.blocks)
    return cells + _OBJECT * (1 + len(stored.blocks) + columns) + _EVENT * len(stored.events)
