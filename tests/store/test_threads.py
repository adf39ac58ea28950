"""Each purpose has its own threads: what is slow in one does not hold up another, and a crowd is refused."""

from __future__ import annotations

import asyncio
import threading

import pytest

from store.threads import OverloadedError, Threads


@pytest.fixture
def gate() -> threading.Event:
    return threading.Event()


async def test_what_hangs_in_one_purpose_holds_up_no_other(gate: threading.Event) -> None:
    pages, commits = Threads("pages", 1, 4), Threads("commits", 1, 4)
    slow = [asyncio.create_task(pages.run(gate.wait, 10)) for _ in range(3)]
    async with asyncio.timeout(5):
        assert await commits.run(lambda: "done") == "done"
    gate.set()
    assert await asyncio.gather(*slow) == [True, True, True]


async def test_beyond_its_bound_a_call_is_refused_and_counted(gate: threading.Event) -> None:
    threads = Threads("few", 1, 1)
    waiting = [asyncio.create_task(threads.run(gate.wait, 10)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError, match="few: 2 calls wait already"):
        await threads.run(lambda: None)
    assert threads.refused == 1
    gate.set()
    await asyncio.gather(*waiting)
    assert await threads.run(lambda: 3) == 3


async def test_a_call_whose_task_is_cancelled_while_it_waits_is_never_made(gate: threading.Event) -> None:
    threads = Threads("one", 1, 2)
    first = asyncio.create_task(threads.run(gate.wait, 10))
    made: list[int] = []
    second = asyncio.create_task(threads.run(made.append, 1))
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    gate.set()
    await first
    await threads.run(made.append, 2)
    assert made == [2]


async def test_what_the_work_raises_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        await Threads("x", 1, 1).run(lambda: 1 // 0)
