"""Carries parcels onto the disk, and holds them while the disk takes nothing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from edge_agent.clock.clock import Clock
from edge_agent.spool.contents import Parcel, Sealed
from edge_agent.spool.errors import SpoolBroken, SpoolError
from edge_agent.spool.thread import SpoolThread

_log = logging.getLogger(__name__)

#: Values held in memory while the disk takes nothing: about 5 MB, hours of a small site. Then the oldest go.
HELD_READINGS: Final = 100_000
#: Events count as this many readings against the bound.
_EVENT_WEIGHT: Final = 4
#: Parcels sealed in one transaction when several wait behind a slow disk.
_GROUP: Final = 32
RETRY_S: Final = 1.0
#: An SD card may rest for seconds; one that rests for longer is not coming back.
DISK_ANSWERS_WITHIN_S: Final = 60.0


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
        #: What the disk is taking now. It outlives whoever waits for it.
        self._in_hand: tuple[list[tuple[Parcel, int]], asyncio.Future[list[Sealed]]] | None = None
        self._in_hand_since_s = 0.0
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

        May be cancelled and run again: a parcel on its way to the disk is waited for by the next run.
        """
        self._wake.set()
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

    def standstill(self) -> str | None:
        """Why it does not get on: the disk does not answer."""
        held_s = time.monotonic() - self._in_hand_since_s
        if self._in_hand is None or held_s <= DISK_ANSWERS_WITHIN_S:
            return None
        return f"the disk has not answered for {held_s:.0f} s"

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(RETRY_S):
                await self._stopping.wait()

    async def _carry_all(self) -> bool:
        """Whether all that waited is on disk."""
        while self._waiting or self._in_hand:
            if not await self._carry(1 if self.error else _GROUP):
                return False
        return True

    async def _carry(self, most: int) -> bool:
        group, sealing = self._in_hand or self._take_in_hand(most)
        # Not `await sealing`: whoever cancels us must not cancel what the disk is doing.
        await asyncio.wait([sealing])
        self._in_hand = None
        error = sealing.exception()
        if error is None:
            self._weight -= sum(weight for _, weight in group)
            self._recovered()
            self._look_for_drops()
            for batch in sealing.result():
                self._on_sealed(batch)
            await self._tell_lost()
            return True
        self._waiting.extendleft(reversed(group))
        if isinstance(error, SpoolBroken) or not isinstance(error, SpoolError):
            raise error
        self._failed(error)
        return False

    def _take_in_hand(self, most: int) -> tuple[list[tuple[Parcel, int]], asyncio.Future[list[Sealed]]]:
        group = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        sealing = self._spool.seal_all([parcel for parcel, _ in group], self._clock())
        self._in_hand, self._in_hand_since_s = (group, sealing), time.monotonic()
        return group, sealing

    async def _tell_lost(self) -> None:
        """Count in the spool what was given up in memory."""
        readings, events = self.lost_readings, self.lost_events
        if not readings and not events:
            return
        self.lost_readings = self.lost_events = 0
        try:
            await self._spool.note_unspooled(readings, events, self._clock())
        except SpoolError:  # counted with the next parcel
            self.lost_readings += readings
            self.lost_events += events

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
