"""A reader of the log at work: step after step, woken by hints, patient with stores that fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

from parts.backoff import Backoff
from parts.progress import Progress
from store.errors import StoreError
from store.log.hint import Hint
from store.threads import Threads

#: How long a nudge may be missing before the log is looked at all the same.
POLL_S: Final = 1.0


class Taken(NamedTuple):
    """What a step took. `full`: there may be more at once."""

    batches: int
    full: bool


async def read_on(
    threads: Threads,
    step: Callable[[], Taken],
    failed: Callable[[StoreError], None],
    progress: Progress,
    hint: Hint,
    linger_s: float,
    stop: asyncio.Event,
) -> None:
    """Until `stop`; a step that has begun is finished. Steps run in `threads`.

    A step that raises StoreError is told to `failed` and `progress`, and done again, ever more slowly. After
    one that took all there was, so much may gather as comes within `linger_s`.
    """
    backoff = Backoff()
    while not stop.is_set():
        count = hint.count
        progress.begin()
        try:
            taken = await threads.run(step)
        except StoreError as error:
            failed(error)
            progress.failed(error)
            await pause(backoff.pause_s(), stop)
            continue
        backoff.reset()
        progress.done()
        if not taken.batches:
            await hint.wait(POLL_S, count)
        elif not taken.full:
            await pause(linger_s, stop)


async def pause(seconds: float, stop: asyncio.Event) -> None:
    """So long, or until `stop`."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return
