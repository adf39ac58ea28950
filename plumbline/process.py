"""What every process of the cloud has: its stores, how its interpreter is set, and its table of parts."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TextIO

from parts.part import Part
from parts.supervisor import Supervisor
from parts.vitals import Vitals, vitals
from plumbline.settings import Settings, SettingsError
from plumbline.stores import Stores, open_stores
from store import private
from store.log.hint import Hint
from store.threads import SWITCH_INTERVAL_S

LOGGER = logging.getLogger("plumbline")
#: A batch is two thousand lists and dictionaries without a cycle among them, and hundreds of batches wait for
#: the writer. Looking for cycles every 700 new objects, Python's default, takes a third off the readings per
#: second; these thresholds gain a sixth over (20_000, 20, 50) (`make bench ONLY=ingest`).
GC_THRESHOLDS: Final = (100_000, 50, 20)


class Process:
    """A table of parts. `hint` wakes, at the end, those who sleep; `child`: how a process of ours is."""

    def __init__(self, hint: Hint, child: Callable[[], Vitals] | None = None) -> None:
        self._hint = hint
        self._child = child
        self._parts: list[Part] = []
        self._supervisor: Supervisor | None = None

    def add(self, *parts: Part) -> None:
        """To be done before `run`."""
        self._parts += parts

    def vitals(self) -> Vitals:
        """How all parts are, those of the child too. Never blocks."""
        if self._supervisor is None:
            return Vitals(["start"], {}, starting=True)
        own = vitals(self._supervisor)
        return own if self._child is None else own.with_those_of(self._child())

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises SettingsError where a part finds that it cannot work by them."""
        self._supervisor = Supervisor(self._parts, fatal=(SettingsError,))
        await self._supervisor.run(stop, ending=self._hint.notify)


@contextlib.contextmanager
def opened(settings: Settings, *, alone: bool = False) -> Iterator[Stores]:
    """The stores. `alone`: no second process that asks for this on the folder."""
    _close(settings.data)
    set_interpreter()
    with contextlib.ExitStack() as stack:
        if alone:
            stack.enter_context(_alone(settings.data))
        yield stack.enter_context(open_stores(settings))


def set_interpreter() -> None:
    """How often it looks for cycles, and how long a thread computes before it gives way.

    What is there by now stays for good: to look through it again and again would hold up a page or a receipt
    for tens of milliseconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    sys.setswitchinterval(SWITCH_INTERVAL_S)


def _close(folder: Path) -> None:
    """An older version left it open to others."""
    try:
        private.folder(folder)
    except OSError as error:
        raise SettingsError(f"{folder}: {error.strerror}; `data` names a folder to write into") from error
    for path in private.mend(folder):
        LOGGER.warning("%s: others may read it, and it is not ours to close: chown it", path)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[TextIO]:
    """Two processes over one folder would each think the log theirs."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError(f"{folder}: another plumbline serves this folder; stop it first") from error
        yield file
