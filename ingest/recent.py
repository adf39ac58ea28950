"""Batches just accepted, already decoded: what spares readers in the same process the log's bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from wire.batch import Batch


@dataclass(frozen=True, slots=True)
class Stored:
    """A batch and where it stands in the log."""

    offset: int
    site: str
    agent: str
    batch: Batch


class Recent:
    """The newest accepted batches by offset, up to `bound_readings`; older ones make room. Thread-safe.

    It is only a short cut: every batch in it is in the log under the same offset, and where one is missing
    the reader goes to the log.
    """

    def __init__(self, bound_readings: int = 200_000) -> None:
        self.bound_readings = bound_readings
        self.readings = 0
        self._lock = threading.Lock()
        self._stored: OrderedDict[int, tuple[Stored, int]] = OrderedDict()

    def add(self, stored: Stored) -> None:
        """Take in a batch that is durable in the log."""
        readings = sum(len(frame.time) * len(frame.values) for frame in stored.batch.frames)
        with self._lock:
            self._stored[stored.offset] = (stored, readings)
            self.readings += readings
            while self.readings > self.bound_readings:
                _, (_, freed) = self._stored.popitem(last=False)
                self.readings -= freed

    def following(self, position: int, limit: int) -> list[Stored]:
        """The batches at position + 1, position + 2, … as far as all are here, at most `limit`."""
        with self._lock:
            found = []
            for offset in range(position + 1, position + 1 + limit):
                kept = self._stored.get(offset)
                if kept is None:
                    break
                found.append(kept[0])
            return found
