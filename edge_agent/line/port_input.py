"""What has come through a port and is not read yet: bounded, without our own echo, until the line is lost."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from edge_agent.drivers.contract import LineLost

#: The most input kept unread: seconds of it at any RS-485 speed. At the bound the oldest bytes go, counted.
INPUT_BOUND_BYTES: Final = 16 * 1024


class Echo:
    """Takes out of the input what an adapter returns of our own output, and nothing else.

    Bytes are held back while they are a beginning of what was sent; at the first that differs all of them
    are input after all.
    """

    def __init__(self) -> None:
        self._sent = b""
        self._held = 0

    def expect(self, sent: bytes) -> None:
        """`sent` goes out now and will come back."""
        self._sent, self._held = sent, 0

    def strip(self, data: bytes) -> bytes:
        """What of `data` is no echo."""
        if not self._sent:
            return data
        waiting = self._sent[self._held :]
        if data.startswith(waiting):
            self._sent = b""
            return data[len(waiting) :]
        if waiting.startswith(data):
            self._held += len(data)
            return b""
        held, self._sent = self._sent[: self._held], b""
        return held + data


class PortInput:
    """The input of one port; `name` begins the message when the line is lost."""

    def __init__(self, name: str, local_echo: bool) -> None:
        #: Bytes thrown away because nobody read them (see INPUT_BOUND_BYTES).
        self.overflowed_bytes = 0
        self._name = name
        self._unread = bytearray()
        #: Whoever waits for input; a future of the loop's own costs a third of an event and a timeout.
        self._waiting: asyncio.Future[None] | None = None
        self._lost: str | None = None
        self._echo = Echo() if local_echo else None
        self._last_s = time.monotonic()

    def __len__(self) -> int:
        return len(self._unread)

    @property
    def lost(self) -> bool:
        """Whether the line is gone."""
        return self._lost is not None

    def sent(self, data: bytes) -> None:
        """`data` goes out now."""
        self._last_s = time.monotonic()
        if self._echo:
            self._echo.expect(data)

    def add(self, data: bytes) -> None:
        """`data` has come."""
        self._last_s = time.monotonic()
        self._unread += self._echo.strip(data) if self._echo else data
        over = len(self._unread) - INPUT_BOUND_BYTES
        if over > 0:
            del self._unread[:over]
            self.overflowed_bytes += over
        if self._unread:
            self._wake()

    def quiet_s(self) -> float:
        """Seconds since the last byte came or went."""
        return time.monotonic() - self._last_s

    def lose(self, why: str) -> None:
        """The line is gone; the first reason stands."""
        if self._lost is None:
            self._lost = f"{self._name}: {why}"
        self._wake()

    def check(self) -> None:
        """Raises LineLost when the line is gone."""
        if self._lost is not None:
            raise LineLost(self._lost)

    async def read(self, timeout_s: float) -> bytes:
        """What has come, at least one byte, or b"" after `timeout_s`. Raises LineLost once all is read."""
        if not self._unread and self._lost is None:
            await self._wait(timeout_s)
        if not self._unread:
            self.check()
        data = bytes(self._unread)
        self._unread.clear()
        return data

    async def _wait(self, timeout_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        timer = loop.call_later(timeout_s, self._wake)
        try:
            await self._waiting
        finally:
            timer.cancel()
            self._waiting = None

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def discard(self) -> None:
        """Forget what has come and was not read."""
        self._unread.clear()
        if self._echo:
            self._echo.expect(b"")
