"""Whoever listens to one thing: woken when it has changed, told what is news to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from web.live.seats import Seats
from web.live.versions import Seen


@dataclass(frozen=True, slots=True)
class News:
    """What a stream is sent, encoded once for all that are sent the same: the members of a JSON object in
    `data`, and after it events that say nothing but their name."""

    seen: Seen
    name: str
    data: bytes
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Crowded:
    """The last word of a stream: too many are open; come back later."""


#: What is news after what was seen, None where nothing is.
Since = Callable[[Seen | None], News | None]
Stream = AsyncGenerator[News | Crowded | None]


class Audience:
    """Lives in the event loop."""

    def __init__(self, seats: Seats | None = None) -> None:
        self.seats = Seats() if seats is None else seats  # empty ones are false
        self.closed = False
        self.used_at = 0.0
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """There may be news, or somebody's seat was given up."""
        self._changed.set()
        self._changed = asyncio.Event()

    def close(self) -> None:
        """Let every stream end."""
        self.closed = True
        self.wake()

    async def listen(self, address: str, seen: Seen | None, since: Since, beat_s: float) -> Stream:
        """News as they come; None every `beat_s` without. Ends when closed; ends with Crowded where others
        need the seat of `address`."""
        seat = self.seats.take(address, self.wake)
        try:
            while not self.closed:
                if seat.given_up:
                    yield Crowded()
                    return
                changed = self._changed
                if (news := since(seen)) is not None:
                    seen = news.seen
                    yield news
                elif not await _within(changed, beat_s):
                    yield None
        finally:
            self.seats.leave(seat)
            self.used_at = asyncio.get_running_loop().time()


async def _within(changed: asyncio.Event, timeout_s: float) -> bool:
    try:
        async with asyncio.timeout(timeout_s):
            await changed.wait()
    except TimeoutError:
        return False
    return True
