"""Carries parcels onto the disk, and holds them while the disk takes nothing."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from edge_agent.clock import Clock
from edge_agent.spool import Parcel, Sealed, SpoolBroken, SpoolError
from edge_agent.spool_thread import SpoolThread

_log = logging.getLogger(__name__)

#: Values held in memory while the disk takes nothing: about 5 MB, hours of a small site. Then the oldest go.
HELD_READINGS: Final = 100_000
#: Events count as this many readings against the bound.
_EVENT_WEIGHT: Final = 4
#: Parcels sealed in one transaction when several wait behind a slow disk.
_GROUP: Final = 32
RETRY_S: Final = 1.0


class Keeper:
    """A bounded queue before the spool. At the bound the oldest parcel is given up and counted."""

    def __init__(
        self,
        spool: SpoolThread,
        clock: Clock,
        on_sealed: Callable[[Sealed], None],
        changed: Callable[[], None] = lambda: None,
        held_readings: int = HELD_READINGS,
    ) -> None:
        self._spool = spool
        self._clock = clock
        self._on_sealed = on_sealed
        self._changed = changed
        self._held_readings = held_readings
        self._waiting: deque[tuple[Parcel, int]] = deque()
        self._weight = 0
        self._wake = asyncio.Event()
        self._stopping = asyncio.Event()
        #: Readings and events lost and not yet counted in the spool.
        self.lost_readings = 0
        self.lost_events = 0
        self._seen_dropped = 0
        self.error: str | None = None

    def take(self, parcel: Parcel) -> None:
        """Queue one parcel for the disk."""
        weight = _weight(parcel)
        self._waiting.append((parcel, weight))
        self._weight += weight
        while self._weight > self._held_readings and len(self._waiting) > 1:
            self._give_up_oldest()
        self._wake.set()

    async def run(self) -> None:
        """Carry until `stop`. Raises SpoolBroken: only a restart can set the file aside.

        Not to be cancelled: a parcel on its way to the disk would be neither known nor lost.
        """
        while not (self._stopping.is_set() and await self._carry_all()):
            if self._stopping.is_set():
                _log.error("%d parcels end with this process: the spool takes nothing", len(self._waiting))
                return
            await self._wake.wait()
            self._wake.clear()
            while not await self._carry_all() and not self._stopping.is_set():
                await self._pause()

    def stop(self) -> None:
        """Let `run` end once what waits is on disk, or cannot be."""
        self._stopping.set()
        self._wake.set()

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(RETRY_S):
                await self._stopping.wait()

    async def _carry_all(self) -> bool:
        """Whether all that waited is on disk."""
        while self._waiting:
            if not await self._carry(1 if self.error else _GROUP):
                return False
        return True

    async def _carry(self, most: int) -> bool:
        group = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        try:
            sealed = await self._seal([parcel for parcel, _ in group])
        except SpoolBroken:
            raise
        except SpoolError as error:
            self._waiting.extendleft(reversed(group))
            self._failed(error)
            return False
        self._weight -= sum(weight for _, weight in group)
        self._recovered()
        self._look_for_drops()
        for batch in sealed:
            self._on_sealed(batch)
        return True

    async def _seal(self, parcels: list[Parcel]) -> list[Sealed]:
        sealed = await self._spool.seal_all(parcels, self._clock())
        if self.lost_readings or self.lost_events:
            readings, events = self.lost_readings, self.lost_events
            with suppress(SpoolError):  # counted with the next parcel
                await self._spool.note_unspooled(readings, events, self._clock())
                self.lost_readings -= readings
                self.lost_events -= events
        return sealed

    def _give_up_oldest(self) -> None:
        parcel, weight = self._waiting.popleft()
        self._weight -= weight
        self.lost_readings += sum(frame.readings() for frame in parcel[0])
        self.lost_events += len(parcel[1])
        self._changed()

    def _look_for_drops(self) -> None:
        if self._spool.dropped_batches != self._seen_dropped:
            if self._seen_dropped == 0:
                _log.error("the spool is at its bound: the oldest batches are dropped")
            self._seen_dropped = self._spool.dropped_batches
            self._changed()

    def _failed(self, error: SpoolError) -> None:
        if self.error is None:
            _log.error("the spool takes nothing (%s); readings wait in memory", error)
            self._changed()
        self.error = str(error)

    def _recovered(self) -> None:
        if self.error is not None:
            _log.warning("the spool takes readings again")
            self.error = None
            self._changed()


def _weight(parcel: Parcel) -> int:
    frames, events = parcel
    return sum(frame.readings() for frame in frames) + _EVENT_WEIGHT * len(events)
