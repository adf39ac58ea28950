"""A Modbus device for proofs: each time it is read, every counter in it has grown by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from simulator.devices.modbus_rtu import Table, words

#: One request reads at most 125 registers, a counter takes two; a poll must be one request.
MOST_COUNTERS: Final = 62


class CountingRegisters:
    """Holding 0-1, 2-3, … hold the same uint32, high word first: 1 at the first read, 2 at the second."""

    def __init__(self, counters: int) -> None:
        if not 1 <= counters <= MOST_COUNTERS:
            raise ValueError(f"counters must be 1 to {MOST_COUNTERS}, not {counters}")
        self._counters = counters
        self.last = 0

    def __call__(self, table: Table, now_ms: int) -> Mapping[int, int]:
        """The registers of a new poll."""
        del now_ms
        if table == "input":
            return {}
        self.last += 1
        return dict(enumerate(words(self.last) * self._counters))
