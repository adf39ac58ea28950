"""A word to systemd now and then: ready, still making progress, stopping (sd_notify(3))."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

_log = logging.getLogger(__name__)

_MICROSECONDS: Final = 1_000_000
#: sd_watchdog_enabled(3) advises half of what is allowed.
_SHARE: Final = 0.5


class Systemd:
    """The service manager, where there is one. Nothing here fails for want of it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        allowed_us = environment.get("WATCHDOG_USEC", "")
        ours = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        #: How often it wants to hear of progress; None where it does not.
        self.every_s: float | None = None
        if self._address and ours and allowed_us.isdecimal():
            self.every_s = _SHARE * int(allowed_us) / _MICROSECONDS

    def ready(self) -> None:
        """Everything has started."""
        self._say("READY=1")

    def stopping(self) -> None:
        """It ends because it was asked to."""
        self._say("STOPPING=1")

    async def watch(self, progress: Callable[[], Awaitable[object]]) -> None:
        """Say that things go on, as long as they do: `progress` must come back in time. Until cancelled.

        A loop that hangs never comes here; a spool that hangs lets `progress` hang. Then systemd restarts us.
        """
        if self.every_s is None:
            return
        while True:
            try:
                async with asyncio.timeout(self.every_s):
                    await progress()
            except TimeoutError:
                _log.error("no progress within %.0f s: systemd will restart this process", self.every_s)
            else:
                self._say("WATCHDOG=1")
            await asyncio.sleep(self.every_s / 2)

    def _say(self, text: str) -> None:
        if not self._address:
            return
        # A leading @ stands for the null byte of Linux's abstract names.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.connect(address)
            manager.send(text.encode())
