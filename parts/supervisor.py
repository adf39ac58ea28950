"""Keeps the parts of a process at work, and knows how each of them is.

A part that ends, dies or is cancelled is started anew with growing pauses and counted; what no new start
mends ends the process with its reason. No task watches: the event loop itself calls when one is done.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from parts.backoff import Backoff
from parts.part import Part, PartState
from parts.turn import Turn

LOGGER = logging.getLogger("plumbline.parts")

FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 30.0
#: A part that was started anew is well again once it has run for so long.
STEADY_S: Final = 10.0
#: A process has so long to come up: what is not well by then fails.
STARTS_WITHIN_S: Final = 10.0
#: For what is under way when the process is to end; then it is cancelled.
ENDS_WITHIN_S: Final = 15.0
#: `asyncio.wait_for`, which aiomqtt uses, swallows on Python 3.11 a cancellation that comes together with its
#: result: so it is asked again.
_CANCEL_AGAIN_S: Final = 0.5


@dataclass(slots=True)
class _Place:
    """A part at work, between two starts, or waiting for its turn."""

    part: Part
    over: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    timer: asyncio.TimerHandle | None = None
    started_s: float = 0.0
    restarts: int = 0
    reason: str = ""
    backoff: Backoff = field(default_factory=lambda: Backoff(FIRST_PAUSE_S, LONGEST_PAUSE_S))

    @property
    def has_its_turn(self) -> bool:
        return self.part.lease is None or self.part.lease.ours

    @property
    def is_steady(self) -> bool:
        return self._has_run_for(STEADY_S)

    @property
    def is_well_again(self) -> bool:
        return self._has_run_for(STEADY_S if self.part.steady_s is None else self.part.steady_s)

    def _has_run_for(self, length_s: float) -> bool:
        return self.task is not None and (not self.restarts or time.monotonic() - self.started_s >= length_s)


class Supervisor:
    """Runs parts. `fatal` errors of theirs end all."""

    def __init__(self, parts: Sequence[Part], fatal: tuple[type[Exception], ...] = ()) -> None:
        turns = {id(part.lease): part.lease for part in parts if part.lease is not None}
        self._places = [_Place(part) for part in [*map(self._keeping, turns.values()), *parts]]
        self._fatal = fatal
        self._failure: BaseException | None = None
        self._ending = False
        self._stop = asyncio.Event()
        self._began_s = time.monotonic()
        self._is_up = False

    async def run(self, stop: asyncio.Event, ending: Callable[[], None] = lambda: None) -> None:
        """Until `stop`; then `ending` is called, for who sleeps, and all ends. Raises the fatal error."""
        self._stop = stop
        for place in self._places:
            self._launch(place)
        try:
            await stop.wait()
        finally:
            self._ending = True
            for place in self._places:
                self._end(place)
            ending()
            await self._all_ended()
        if self._failure is not None:
            raise self._failure

    def states(self) -> list[PartState]:
        """How each part is, in the order of the table."""
        return [
            PartState(
                name=place.part.name,
                why=self._why(place),
                waiting=not place.has_its_turn,
                restarts=place.restarts,
                reason=place.reason,
                counters=place.part.counters(),
            )
            for place in self._places
        ]

    def failing(self) -> list[str]:
        """The names of the parts that do not do their work."""
        return [place.part.name for place in self._places if self._why(place) is not None]

    def starting(self) -> bool:
        """Whether parts have yet to come up: until all were well at once, but for ten seconds at most."""
        late = time.monotonic() - self._began_s >= STARTS_WITHIN_S
        self._is_up = self._is_up or late or not self.failing()
        return not self._is_up

    def _keeping(self, turn: Turn) -> Part:
        turn.changed = self._turned
        return Part(f"lease: {turn.name}", turn.keep, counters=lambda: {"ours": turn.ours})

    def _why(self, place: _Place) -> str | None:
        if not place.has_its_turn:
            return None
        if not place.is_well_again:
            return f"started anew: {place.reason}" if place.restarts else "has not started"
        return place.part.well()

    def _launch(self, place: _Place) -> None:
        place.timer = None
        if self._ending or not place.has_its_turn or place.task is not None:
            return
        place.over.clear()
        place.started_s = time.monotonic()
        place.task = asyncio.get_running_loop().create_task(_work(place), name=place.part.name)
        place.task.add_done_callback(lambda task: self._ended(place, task))

    def _end(self, place: _Place) -> None:
        place.over.set()
        if place.timer is not None:
            place.timer.cancel()
            place.timer = None
        if place.task is not None and not place.part.heeds_stop:
            place.task.cancel()

    def _ended(self, place: _Place, task: asyncio.Task[None]) -> None:
        steady, place.task = place.is_steady, None
        error = None if task.cancelled() else task.exception()
        if error is not None and isinstance(error, self._fatal):
            self._failure = self._failure or error
            self._stop.set()
        elif self._ending or place.over.is_set():
            if error is not None:
                LOGGER.error("%s, at the end: %s", place.part.name, _reason(error, task))
            self._launch(place)  # its turn may have come back meanwhile
        else:
            self._again(place, error, task, steady=steady)

    def _again(
        self, place: _Place, error: BaseException | None, task: asyncio.Task[Any], *, steady: bool
    ) -> None:
        if steady:
            place.backoff.reset()
        place.restarts += 1
        place.reason = _reason(error, task)
        pause_s = place.backoff.pause_s()
        LOGGER.error("%s: %s; started anew in %.1f s", place.part.name, place.reason, pause_s, exc_info=error)
        place.timer = asyncio.get_running_loop().call_later(pause_s, self._launch, place)

    def _turned(self) -> None:
        for place in self._places:
            if place.part.lease is None:
                continue
            if place.has_its_turn:
                LOGGER.info("this process has the lease: %s", place.part.name)
                self._launch(place)
            else:
                self._end(place)

    async def _all_ended(self) -> None:
        """Whoever cancels us meanwhile is obeyed once no task is left."""
        cancelled: asyncio.CancelledError | None = None
        patience_s = ENDS_WITHIN_S
        while tasks := [place.task for place in self._places if place.task is not None]:
            try:
                await asyncio.wait(tasks, timeout=patience_s)
            except asyncio.CancelledError as error:
                cancelled = error
            for task in tasks:
                task.cancel()
            patience_s = _CANCEL_AGAIN_S
        if cancelled is not None:
            raise cancelled


async def _work(place: _Place) -> None:
    await place.part.run(place.over)


def _reason(error: BaseException | None, task: asyncio.Task[Any]) -> str:
    if error is None:
        return "cancelled" if task.cancelled() else "came to its end"
    return f"{type(error).__name__}: {error}"
