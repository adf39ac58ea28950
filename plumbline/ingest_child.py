"""`python -m plumbline.ingest_child FD`: the ingest of `serve`, as `plumbline.ingest_process` starts it.

It imports nothing of the web: what it does not load takes no memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pickle
import socket
import sys

from parts.part import Part
from plumbline.commands.process import log_to_stderr, run_until_signal
from plumbline.ingest_parts import IngestParts, ingest_parts
from plumbline.ingest_process import GROWN, REPORT_EVERY_S, Orders
from plumbline.process import Process, opened
from plumbline.settings import SettingsError
from plumbline.stores import hint_parts
from store.errors import StoreError
from store.log.hint import Hint
from wire.printable import printable_lines


class Telling:
    """What the parent is told. It is never waited for: what it does not take it finds out otherwise."""

    def __init__(self, link: socket.socket, hint: Hint, process: Process, ingest: IngestParts) -> None:
        link.setblocking(False)
        self._link = link
        self._hint = hint
        self._process = process
        self._ingest = ingest
        #: Words it did not take since the process started.
        self.untold = 0

    def parts(self) -> list[Part]:
        """It as parts of a process."""
        return [
            Part("hints to the pages", lambda _: self._hints(), heeds_stop=False),
            Part("reports", lambda _: self._reports(), lambda: {"untold": self.untold}, heeds_stop=False),
        ]

    async def _hints(self) -> None:
        """For ever, as soon as the log has grown."""
        while True:
            seen = self._hint.count
            if await self._hint.wait(60, since=seen):
                self._tell(GROWN)

    async def _reports(self) -> None:
        """For ever."""
        while True:
            vitals = self._process.vitals()
            said = {
                "failing": vitals.failing,
                "parts": vitals.parts,
                "starting": vitals.starting,
                "behind_ms": self._ingest.behind_ms(),
            }
            self._tell(json.dumps(said).encode())
            await asyncio.sleep(REPORT_EVERY_S)

    def _tell(self, word: bytes) -> None:
        try:
            self._link.send(word)
        except OSError:  # full, or the parent has ended
            self.untold += 1


async def run(orders: Orders, link: socket.socket, stop: asyncio.Event) -> None:
    """Until `stop`, telling the parent by `link`."""
    hint = Hint()
    with opened(orders.settings) as stores:
        process = Process(hint)
        found = ingest_parts(orders.settings, stores, hint, orders.address)
        process.add(*hint_parts(orders.settings, hint), *found.parts)
        process.add(*Telling(link, hint, process, found).parts())
        await process.run(stop)


def main() -> int:
    """Orders from standard input; the exit code: EX_CONFIG where no new start mends it (sysexits.h)."""
    log_to_stderr()
    orders = pickle.load(sys.stdin.buffer)  # noqa: S301  # of our parent
    with contextlib.closing(socket.socket(fileno=int(sys.argv[1]))) as link:
        try:
            run_until_signal(lambda stop: run(orders, link, stop))
        except (SettingsError, StoreError) as error:
            print(printable_lines(str(error)), file=sys.stderr)
            return os.EX_CONFIG if isinstance(error, SettingsError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
