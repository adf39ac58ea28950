"""A Modbus device for proofs: each time it is read, every counter in it has grown by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from simulator.devices.modbus_rtu import ModbusSlave, Table, words

#: One request reads at most 125 registers, a counter takes two; a poll must be one request.
MOST_COUNTERS: Final = 62


class CountingSlave(ModbusSlave):
    """Holding 0-1, 2-3, … hold the same uint32, high word first: 1 in the first reply, 2 in the second."""

    def __init__(
        self, address: int, counters: int, monotonic_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        if not 1 <= counters <= MOST_COUNTERS:
            raise ValueError(f"counters must be 1 to {MOST_COUNTERS}, not {counters}")
        super().__init__(address, self._next, lambda _now_ms: self.silent)
        self._counters = counters
        self._monotonic_ns = monotonic_ns
        self.silent = False
        self.last = 0
        #: When each of the last replies was given, monotonic; whoever writes them down clears it.
        self.sent_ns: list[int] = []

    def answer(self, request: bytes, now_ms: int) -> bytes | None:
        """The reply; only one that carries the counters counts."""
        reply = super().answer(request, now_ms)
        if reply is not None and not reply[1] & 0x80:
            self.last += 1
            self.sent_ns.append(self._monotonic_ns())
        return reply

    def _next(self, table: Table, now_ms: int) -> Mapping[int, int]:
        del now_ms
        return dict(enumerate(words(self.last + 1) * self._counters)) if table == "holding" else {}
