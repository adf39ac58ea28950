"""The spool for asyncio: every call runs in one thread of its own, in the order it was made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from edge_agent.spool.contents import Depth, Losses, Parcel, Sealed
from edge_agent.spool.spool import Spool
from edge_agent.spool.streams import Streams

T = TypeVar("T")


class SpoolThread:
    """The same calls as `Spool`, awaited. Raises what `Spool` raises."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")

    @property
    def streams(self) -> Streams:
        """See `Spool.streams`."""
        return self._spool.streams

    @property
    def stream(self) -> str:
        """The stream that new batches get."""
        return self._spool.stream

    async def begin_stream(self, now_ms: int) -> None:
        """See `Spool.begin_stream`."""
        await self._call(lambda: self._spool.begin_stream(now_ms))

    @property
    def last_seq(self) -> int:
        """The highest number given so far."""
        return self._spool.last_seq

    @property
    def batches(self) -> int:
        """How many batches wait for a receipt."""
        return self._spool.batches

    @property
    def dropped_batches(self) -> int:
        """See `Spool.dropped_batches`."""
        return self._spool.dropped_batches

    def seal_all(self, parcels: Sequence[Parcel], now_ms: int) -> asyncio.Future[list[Sealed]]:
        """See `Spool.seal_all`. No coroutine: it is under way at once, whoever waits for it or ceases to."""
        return self._call(lambda: self._spool.seal_all(parcels, now_ms))

    async def unsent(self, after_seq: int, limit: int) -> list[Sealed]:
        """See `Spool.unsent`."""
        return await self._call(lambda: self._spool.unsent(after_seq, limit))

    async def newest(self, limit: int) -> list[Sealed]:
        """See `Spool.newest`."""
        return await self._call(lambda: self._spool.newest(limit))

    async def acknowledge(self, ranges: Sequence[tuple[int, int]]) -> int:
        """See `Spool.acknowledge`."""
        return await self._call(lambda: self._spool.acknowledge(ranges))

    async def note_unspooled(self, readings: int, events: int, now_ms: int) -> None:
        """See `Spool.note_unspooled`."""
        await self._call(lambda: self._spool.note_unspooled(readings, events, now_ms))

    async def state(self) -> tuple[Depth, Losses]:
        """`Spool.depth` and `Spool.losses` of the same moment."""
        return await self._call(lambda: (self._spool.depth(), self._spool.losses()))

    async def close(self) -> None:
        """Wait for what is under way and close the file."""
        await self._call(self._spool.close)
        self._thread.shutdown()

    def _call(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work)
