"""Hints from other processes: whoever appends to the log or the feed in PostgreSQL tells who follows it."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import psycopg

from parts.backoff import Backoff
from store.engine import POSTGRESQL_OPTIONS
from store.log.hint import Hint
from store.log.postgresql import CHANNEL

logger = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0


class Following:
    """Notifies `hint` whenever a process has said on `channel` of the database at `dsn` (`postgresql://…`)
    that something has grown: the log, unless told otherwise; `what` names it to people.

    To be run in the loop of those who wait for the hint. While the server is away there are no hints; it is
    tried again for ever, and a reader polls all the same.
    """

    def __init__(self, dsn: str, hint: Hint, channel: str = CHANNEL, what: str = "log") -> None:
        self._dsn = dsn
        self._hint = hint
        self._channel = channel
        self._what = what
        self.listening = False
        self._refusal = "not connected yet"

    def well(self) -> str | None:
        """Why there are no hints, None where there are."""
        return None if self.listening else self._refusal

    async def run(self) -> None:
        """Until cancelled."""
        backoff = Backoff(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
        while True:
            before = self._hint.count
            try:
                await self._listen()
            except psycopg.Error as error:
                self._refusal = str(error).strip()
                logger.warning("hints of the %s: %s; it is polled meanwhile", self._what, self._refusal)
            finally:
                self.listening = False
            if self._hint.count > before:
                backoff.reset()
            await asyncio.sleep(backoff.pause_s())

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(
            self._dsn, autocommit=True, **POSTGRESQL_OPTIONS
        ) as connection:
            await connection.execute(f"LISTEN {self._channel}")
            self.listening = True
            self._hint.notify()  # it may have grown while nobody listened
            async for _ in connection.notifies():
                self._hint.notify()
