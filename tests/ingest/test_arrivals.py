"""Messages wait in a bounded place and leave it in groups; what does not fit is counted."""

from __future__ import annotations

import asyncio

from ingest.arrivals import Arrivals


async def test_everything_that_waits_leaves_at_once() -> None:
    arrivals = Arrivals(10)
    for number in range(4):
        arrivals.put_nowait(number)
    assert await arrivals.get() == [0, 1, 2, 3]
    assert arrivals.empty()


async def test_who_waits_gets_the_first_that_comes() -> None:
    arrivals = Arrivals(10)
    waiting = asyncio.create_task(arrivals.get())
    await asyncio.sleep(0)
    arrivals.put_nowait("a")
    arrivals.put_nowait("b")
    assert await waiting == ["a", "b"]


async def test_at_the_bound_the_newest_is_dropped_and_counted() -> None:
    arrivals = Arrivals(3)
    for number in range(5):
        arrivals.put_nowait(number)
    assert arrivals.dropped == 2
    assert await arrivals.get() == [0, 1, 2]
    arrivals.put_nowait(5)
    assert await arrivals.get() == [5]
