"""How a process says on its own machine how it is: a small file, written anew every few seconds."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from parts.progress import Progress
from parts.vitals import Vitals
from store.errors import StoreError
from store.threads import HEALTH

LOGGER = logging.getLogger("plumbline.heartbeat")

EVERY_S: Final = 2.0
#: Whose beats there are.
PROCESSES: Final = ("serve", "ingest", "analytics", "web")
#: A file older than this is of a process that hangs or died.
STALE_S: Final = 15.0


class Heartbeat:
    """`<folder>/<name>-<pid>.json`: the moment, the parts that fail, and all parts with their counters.
    Removed at a clean end."""

    def __init__(self, folder: Path, name: str, vitals: Callable[[], Vitals]) -> None:
        self._path = folder / f"{name}-{os.getpid()}.json"
        self._vitals = vitals
        self._progress = Progress()
        self.well = self._progress.well

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            while not stop.is_set():
                self._progress.begin()
                try:
                    await HEALTH.run(self._beat, self._vitals())
                    self._progress.done()
                except (OSError, StoreError) as error:  # a full disk, health overloaded: the work goes on
                    self._progress.failed(error)
                    LOGGER.warning("heartbeat: %s", error)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(EVERY_S):
                        await stop.wait()
        finally:
            self._path.unlink(missing_ok=True)

    def _beat(self, vitals: Vitals) -> None:
        said = {"time_ms": time.time_ns() // 1_000_000, "failing": vitals.failing, "parts": vitals.parts}
        beside = self._path.with_suffix(".new")
        beside.write_text(json.dumps(said))
        beside.replace(self._path)


def fresh_beats(folder: Path, name: str) -> dict[str, dict[str, Any]]:
    """File name -> what it says, of the processes of this name that are alive. Files of the dead go."""
    found = {}
    for path in sorted(folder.glob(f"{name}-*.json")):
        try:
            age_s = time.time() - path.stat().st_mtime
            if age_s <= STALE_S:
                found[path.name] = json.loads(path.read_text())
            elif not Path(f"/proc/{path.stem.rsplit('-', 1)[1]}").exists():
                path.unlink(missing_ok=True)
        except (OSError, json.JSONDecodeError):
            continue  # it ended meanwhile
    return found
