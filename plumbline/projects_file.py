"""The projects file of a running server: imported again when it was edited."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from parts.part import Part
from parts.progress import Progress
from plumbline.importing import take_in
from plumbline.settings import Settings, SettingsError
from store.errors import StoreError
from store.records.records import Records
from store.threads import UPKEEP

LOGGER: Final = logging.getLogger("plumbline.projects")
#: Who edits a file looks at a page a second later.
LOOK_EVERY_S: Final = 1.0

_Mark = tuple[int, int, int]


class ProjectsFile:
    """What is wrong with the file is told once a change, and the registry stays as it is."""

    def __init__(self, settings: Settings, records: Records, clock: Callable[[], int]) -> None:
        self._settings = settings
        self._records = records
        self._clock = clock
        self._seen: _Mark | None = None
        self._progress = Progress()
        self.imported = 0

    def part(self) -> Part:
        """It as a part of a process."""
        return Part("projects file", self.run, lambda: {"imported": self.imported}, self._progress.well)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            self._progress.begin()
            try:
                await UPKEEP.run(self.look)
                self._progress.done()
            except (SettingsError, StoreError) as error:
                self._progress.failed(error)
                LOGGER.error("%s; the registry stays as it is", error)  # noqa: TRY400 - the reason is there
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await stop.wait()

    def look(self) -> bool:
        """Whether it was imported now; blocking. Raises SettingsError where it cannot be used, once a change;
        StoreError."""
        mark = self._mark()
        if mark == self._seen:
            return False
        done = bool(self._take_in(mark))
        self.imported += done
        return done

    def _take_in(self, mark: _Mark | None) -> int:
        try:
            return len(take_in(self._records, self._settings, self._clock()))
        finally:
            self._seen = mark

    def _mark(self) -> _Mark | None:
        """What differs when the file was written or replaced; None while it is not there."""
        try:
            found = self._settings.projects.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
