"""Ends the tasks of a running event loop in turn, as a cancellation or as an error of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from types import TracebackType
from typing import Any


class Broken(Exception):  # noqa: N818  # a planted fault
    """What a task is made to raise."""


class Breakable(Coroutine[Any, Any, Any]):
    """A coroutine in which a cancellation arrives as `Broken` once it is to break."""

    def __init__(self, within: Coroutine[Any, Any, Any]) -> None:
        self.within = within
        self.breaks = False

    def send(self, value: Any) -> Any:  # a coroutine's own types
        """Go on."""
        return self.within.send(value)

    def throw(
        self,
        kind: Any,  # as in the base class
        value: BaseException | object = None,
        trace: TracebackType | None = None,
    ) -> Any:
        """Hand on an exception, or break."""
        if self.breaks:
            self.breaks = False
            return self.within.throw(Broken("a planted fault"))
        return self.within.throw(kind) if value is None else self.within.throw(kind, value, trace)

    def close(self) -> None:
        """End it."""
        self.within.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self.within.__await__()


def make_tasks_breakable() -> None:
    """Tasks that this event loop makes from now on can be broken."""

    def factory(
        loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any
    ) -> asyncio.Task[Any]:
        return asyncio.Task(Breakable(work), loop=loop, **options)

    asyncio.get_running_loop().set_task_factory(factory)  # type: ignore[arg-type]  # typeshed wants a Future


def end(task: asyncio.Task[Any], *, by_error: bool) -> None:
    """Cancel the task, or make it raise `Broken` where it stands."""
    within = task.get_coro()
    assert isinstance(within, Breakable)
    within.breaks = by_error
    task.cancel()


def tasks_named() -> dict[str, asyncio.Task[Any]]:
    """The tasks that were given a name, not counting ours."""
    return {
        task.get_name(): task
        for task in asyncio.all_tasks()
        if isinstance(task.get_coro(), Breakable) and not task.get_name().startswith(("Task-", "None"))
    }
