"""How a process without a page says that it is well: a small file, written anew every few seconds."""

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

from store.errors import StoreError
from store.threads import HEALTH

LOGGER = logging.getLogger("plumbline.heartbeat")

EVERY_S: Final = 2.0
#: A file older than this is of a process that hangs or died.
STALE_S: Final = 15.0


class Heartbeat:
    """`<folder>/<name>-<pid>.json`: the moment and `vitals` (called in a thread). Removed at a clean end."""

    def __init__(self, folder: Path, name: str, vitals: Callable[[], dict[str, Any]]) -> None:
        self._path = folder / f"{name}-{os.getpid()}.json"
        self._vitals = vitals

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            while not stop.is_set():
                try:
                    await HEALTH.run(self._beat)
                except (OSError, StoreError) as error:  # a full disk, a store away: the work goes on
                    LOGGER.warning("heartbeat: %s", error)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(EVERY_S):
                        await stop.wait()
        finally:
            self._path.unlink(missing_ok=True)

    def _beat(self) -> None:
        beside = self._path.with_suffix(".new")
        beside.write_text(json.dumps({"time_ms": time.time_ns() // 1_000_000} | self._vitals()))
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
