"""Hints from other processes: whoever appends to the PostgreSQL log tells who follows it."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import psycopg

from store.engine import POSTGRESQL_OPTIONS
from store.log.hint import Hint
from store.log.postgresql import CHANNEL

logger = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0


class Following:
    """Listens on a connection of its own, as a task of the loop it was made in, until it is closed."""

    def __init__(self, dsn: str, hint: Hint) -> None:
        self._dsn = dsn
        self._hint = hint
        self._task = asyncio.get_running_loop().create_task(self._listen_for_ever(), name="follow the log")

    def close(self) -> None:
        """Hear no more."""
        self._task.cancel()

    async def _listen_for_ever(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            before = self._hint.count
            try:
                await self._listen()
            except psycopg.Error as error:
                logger.warning("hints of the log: %s; it is polled meanwhile", str(error).strip())
            pause_s = _FIRST_PAUSE_S if self._hint.count > before else min(pause_s * 2, _LONGEST_PAUSE_S)
            await asyncio.sleep(pause_s)

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._dsn, autocommit=True, **POSTGRESQL_OPTIONS
        ) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._hint.notify()  # it may have grown while nobody listened
            async for _ in connection.notifies():
                self._hint.notify()


def follow(dsn: str, hint: Hint) -> Following:
    """Notify `hint` whenever a process has appended to the log at `dsn` (`postgresql://…`).

    To be called in the loop of those who wait for the hint. While the server is away there are no hints; it
    is tried again for ever, and a reader polls all the same.
    """
    return Following(dsn, hint)
