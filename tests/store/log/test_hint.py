"""A nudge wakes every waiter, is never lost between two waits, and may be missing."""

from __future__ import annotations

import asyncio

from store.log.hint import Hint


async def test_it_wakes_everybody_who_waits() -> None:
    hint = Hint()
    waiters = [asyncio.create_task(hint.wait(30)) for _ in range(5)]
    await asyncio.sleep(0)
    hint.notify()
    assert await asyncio.gather(*waiters) == [True] * 5


async def test_without_one_the_wait_ends_by_itself() -> None:
    assert await Hint().wait(0.01) is False


async def test_one_that_came_between_reading_and_waiting_is_not_lost() -> None:
    hint = Hint()
    seen = hint.count
    hint.notify()
    assert await hint.wait(30, since=seen) is True
    assert await hint.wait(0.01, since=hint.count) is False


async def test_one_that_came_before_is_no_reason_to_wake() -> None:
    hint = Hint()
    hint.notify()
    assert await hint.wait(0.01) is False
