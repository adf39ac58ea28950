"""The parts of the agent and who watches them: none ends unseen.

A part that ends, dies or is cancelled is started anew with growing pauses, counted and told in the status.
One that says that it stands still is cancelled and started anew, too. A part that the agent is nothing
without (`vital`) ends the process with its reason once a new start has not helped several times in a row; and
so does what only another process can mend. There is no task that watches, so there is none that could end:
the loop itself calls.
"""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge_agent.tasks.together import Ended, leaves
from parts.backoff import Backoff
from wire.status import MOST_PARTS, PartStatus

_log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 30.0
#: A part that has worked for so long is well again, and its next pause is the first.
STEADY_S: Final = 10.0
#: New starts of a vital part, one soon after the other, before the process ends: some three minutes.
MOST_IN_A_ROW: Final = 12
_LOOK_EVERY_S: Final = 2.0
_LONGEST_REASON: Final = 256
_CANCEL_AGAIN_S: Final = 0.5


class PartFailed(Exception):  # noqa: N818  # it names what failed
    """A part the agent is nothing without does not work, whatever is tried: another process may."""


def works() -> None:
    """For parts that cannot say more than that they run."""


@dataclass(frozen=True, slots=True)
class Part:
    """`run` goes on until it is cancelled or, at the end of the agent, is told to stop. `standstill` says why
    the part does not get on although its task lives, None where it does."""

    name: str
    run: Callable[[], Awaitable[None]]
    vital: bool = False
    standstill: Callable[[], str | None] = works


@dataclass(slots=True)
class _Place:
    """A part at work, or between two starts."""

    part: Part
    task: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None
    started_s: float = 0.0
    in_a_row: int = 0
    restarts: int = 0
    reason: str = ""
    #: Why it was cancelled, where that was our doing.
    stood_still: str | None = None
    may_end: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)
    backoff: Backoff = field(default_factory=lambda: Backoff(FIRST_PAUSE_S, LONGEST_PAUSE_S))


class Supervisor:
    """Keeps parts at work."""

    def __init__(
        self,
        parts: Sequence[Part],
        fatal: type[Exception],
        changed: Callable[[], None],
        stopping: asyncio.Event,
    ) -> None:
        """An error of the kind `fatal` sets `stopping`: all ends. `changed`: there is news for a status."""
        self._places = {part.name: _Place(part) for part in parts}
        self._fatal = fatal
        self._changed = changed
        self._stopping = stopping
        self._failure: BaseException | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._calls = _Place(Part("callbacks", _nothing))

    @property
    def names(self) -> list[str]:
        """Of all parts."""
        return list(self._places)

    def start(self) -> None:
        """Set all parts to work."""
        asyncio.get_running_loop().set_exception_handler(self._in_a_callback)
        for place in self._places.values():
            self._launch(place)
        self._look()

    async def until_stopped(self) -> None:
        """Raises what no new start mends: the fatal error, or PartFailed."""
        await self._stopping.wait()
        self._raise_failure()

    async def finish(self, names: Sequence[str], within_s: float | None = None) -> None:
        """The parts have been told to end, or are told now: they are waited for, and cancelled where
        `within_s` is over. Raises the fatal error one of them ended with."""
        places = [self._places[name] for name in names]
        for place in places:
            self._release(place)
        pending = {place.task for place in places if place.task is not None}
        if pending and within_s != 0.0:
            _, pending = await asyncio.wait(pending, timeout=within_s)
        while pending:
            for task in pending:
                task.cancel()
            _, pending = await asyncio.wait(pending, timeout=_CANCEL_AGAIN_S)
        self._raise_failure()

    async def abandon(self) -> None:
        """End whatever still runs."""
        self._failure = None
        if self._looking is not None:
            self._looking.cancel()
        await self.finish(list(self._places), within_s=0.0)

    def statuses(self) -> list[PartStatus]:
        """Those that ended at least once, the most restless first."""
        places = [*self._places.values(), self._calls]
        restless = sorted((place for place in places if place.restarts), key=lambda place: -place.restarts)
        return [
            PartStatus(
                name=place.part.name[:128],
                restarts=place.restarts,
                reason=place.reason,
                works=place is self._calls or self._is_steady(place),
            )
            for place in restless[:MOST_PARTS]
        ]

    def standing_still(self) -> list[str]:
        """Names of vital parts that do not work now: the watchdog is not fed for such an agent."""
        return [
            name
            for name, place in self._places.items()
            if place.part.vital
            and not place.may_end
            and (place.task is None or place.part.standstill() is not None)
        ]

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _is_steady(self, place: _Place) -> bool:
        return place.task is not None and time.monotonic() - place.started_s >= STEADY_S

    def _launch(self, place: _Place) -> None:
        if place.may_end:
            return
        place.started_s = time.monotonic()
        place.timer = place.stood_still = None
        loop = asyncio.get_running_loop()
        place.task = loop.create_task(_work(place.part), name=place.part.name)
        place.task.add_done_callback(lambda task: self._ended(place, task))

    def _release(self, place: _Place) -> None:
        place.may_end = True
        if place.timer is not None:
            place.timer.cancel()

    def _ended(self, place: _Place, task: asyncio.Task[None]) -> None:
        steady, place.task = self._is_steady(place), None
        error = None if task.cancelled() else task.exception()
        fatal = [leaf for leaf in leaves(error) if isinstance(leaf, self._fatal)] if error else []
        if fatal:
            self._fail(fatal[0])
        elif not place.may_end:
            if error is not None:
                # Not the error's text: it might hold a badge number.
                _log.error("%s", "".join(traceback.format_tb(error.__traceback__)))
            self._again(place, _reason(error, task, place.stood_still), steady)
        elif error is not None:
            _log.error("%s, at the end: %s", place.part.name, _reason(error, task, None))

    def _again(self, place: _Place, reason: str, steady: bool) -> None:
        if steady:
            place.backoff.reset()
            place.in_a_row = 0
        place.restarts += 1
        place.in_a_row += 1
        place.reason = reason[:_LONGEST_REASON]
        if place.part.vital and place.in_a_row > MOST_IN_A_ROW:
            self._fail(PartFailed(f"{place.part.name}: {reason}, {place.in_a_row} times in a row"))
            return
        pause_s = place.backoff.pause_s()
        _log.error("%s: %s; started anew in %.1f s", place.part.name, reason, pause_s)
        place.timer = asyncio.get_running_loop().call_later(pause_s, self._launch, place)
        self._changed()

    def _in_a_callback(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A timer's or transport's call has failed: it belongs to no task, but is to be seen like one."""
        loop.default_exception_handler(context)
        if "handle" in context and (error := context.get("exception")) is not None:
            self._calls.restarts += 1
            self._calls.reason = _kind_and_place(error)[:_LONGEST_REASON]
            self._changed()

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        self._stopping.set()

    def _look(self) -> None:
        """End what stands still: its end is then seen like any other."""
        self._looking = asyncio.get_running_loop().call_later(_LOOK_EVERY_S, self._look)
        for place in self._places.values():
            if place.task is not None and not place.may_end and (why := place.part.standstill()):
                place.stood_still = f"stood still: {why}"
                place.task.cancel()


async def _nothing() -> None:
    pass


async def _work(part: Part) -> None:
    await part.run()


def _reason(error: BaseException | None, task: asyncio.Task[None], stood_still: str | None) -> str:
    """The kind of an error and where it was. Not its text, which might hold a badge number."""
    if stood_still is not None:
        return stood_still
    if error is None:
        return "cancelled" if task.cancelled() else "came to its end"
    return "; ".join(sorted({_kind_and_place(leaf) for leaf in leaves(error)}))


def _kind_and_place(error: BaseException) -> str:
    if isinstance(error, Ended):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
