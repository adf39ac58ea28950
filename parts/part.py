"""What a process is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from parts.turn import Turn


def works() -> None:
    """For a part that is well when it runs."""


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things a process does at the same time.

    `run` goes on until the event it is given is set, or, without `heeds_stop`, until it is cancelled. `well`
    says why the part does not do its work although it runs, None where it does; it never blocks. `counters`
    are shown to who may see them. With a `lease` it runs while that is ours, and waits else, which is well.
    After a new start it is well again once it has run for `steady_s`: None, as long as the supervisor's rule;
    0, as soon as `well` says so.
    """

    name: str
    run: Callable[[asyncio.Event], Awaitable[None]]
    counters: Callable[[], Mapping[str, Any]] = dict
    well: Callable[[], str | None] = works
    lease: Turn | None = None
    heeds_stop: bool = True
    steady_s: float | None = None


@dataclass(frozen=True, slots=True)
class PartState:
    """How a part is. `why` is None where it is well; `reason` is what it last ended with."""

    name: str
    why: str | None
    waiting: bool
    restarts: int
    reason: str
    counters: Mapping[str, Any]
