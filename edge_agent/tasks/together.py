"""Tasks that stand and fall together.

`asyncio.TaskGroup` is not for this: it passes over a member that was cancelled, and before Python 3.11.4 its
failure leaves the task it ran in unable to use `asyncio.timeout` (docs/decisions/0018). Here the work runs in
tasks of its own, of which nothing is left behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

#: `asyncio.wait_for`, which aiomqtt uses, swallows on Python 3.11 a cancellation that comes together with its
#: result: so it is asked again.
_CANCEL_AGAIN_S: Final = 0.5

Work = Coroutine[Any, Any, object]


class Ended(Exception):  # noqa: N818  # says what happened
    """A task that had to go on returned, or somebody cancelled it."""


class Together:
    """Members are started before and while `run` waits; the first that ends brings down the others."""

    def __init__(self) -> None:
        self._members: dict[asyncio.Task[object], bool] = {}
        self._over = asyncio.Event()
        self._errors: list[BaseException] = []

    def start(self, name: str, work: Work, *, may_return: bool = False) -> None:
        """A member; with `may_return` it is no failure that it comes to its end."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._members[task] = may_return
        task.add_done_callback(self._ended)

    async def run(self) -> None:
        """Until a member fails or none is left. Raises an exception group of what the members raised, `Ended`
        among it for one that should have gone on."""
        try:
            if self._members:
                await self._over.wait()
        finally:
            await self._end()
        if self._errors:
            raise BaseExceptionGroup("tasks that stand and fall together", self._errors)

    def _ended(self, task: asyncio.Task[object]) -> None:
        may_return = self._members.pop(task)
        if task.cancelled():
            if not self._over.is_set():
                self._errors.append(Ended(f"{task.get_name()}: cancelled"))
        elif (error := task.exception()) is not None:
            self._errors.append(error)
        elif not may_return and not self._over.is_set():
            self._errors.append(Ended(f"{task.get_name()}: came to its end"))
        if self._errors or not self._members:
            self._over.set()

    async def _end(self) -> None:
        """Whoever cancels us meanwhile is obeyed once no member is left."""
        self._over.set()
        cancelled: asyncio.CancelledError | None = None
        while self._members:
            for task in list(self._members):
                task.cancel()
            try:
                await asyncio.wait(list(self._members), timeout=_CANCEL_AGAIN_S)
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled


async def alone(name: str, work: Work) -> None:
    """Run one attempt as a task of its own. Raises as `Together.run`."""
    together = Together()
    together.start(name, work, may_return=True)
    await together.run()


def leaves(error: BaseException) -> list[BaseException]:
    """The errors of a group and of the groups in it; an error that is no group is its own leaf."""
    if isinstance(error, BaseExceptionGroup):
        return [leaf for each in error.exceptions for leaf in leaves(each)]
    return [error]


def reasons(error: BaseException) -> str:
    """What they say, each once."""
    return "; ".join(sorted({str(leaf) or type(leaf).__name__ for leaf in leaves(error)}))
