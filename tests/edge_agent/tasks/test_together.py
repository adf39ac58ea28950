"""Tasks that stand and fall together: none ends unseen, and nothing of a failure is left in who waited."""

from __future__ import annotations

import asyncio

import pytest

from edge_agent.tasks.together import Ended, Together, alone, leaves, reasons


async def forever() -> None:
    await asyncio.Event().wait()


async def fail(text: str) -> None:
    raise OSError(text)


async def test_the_first_that_fails_brings_down_the_others() -> None:
    together = Together()
    together.start("other", forever())
    together.start("first", fail("no route"))
    with pytest.raises(BaseExceptionGroup) as caught:
        await together.run()
    assert reasons(caught.value) == "no route"
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("ends_by", ["returning", "cancelled"])
async def test_a_member_that_is_gone_without_an_error_is_named(ends_by: str) -> None:
    together = Together()
    together.start("other", forever())
    together.start("beat", asyncio.sleep(0) if ends_by == "returning" else forever())
    if ends_by == "cancelled":
        asyncio.get_running_loop().call_soon(
            lambda: next(task for task in asyncio.all_tasks() if task.get_name() == "beat").cancel()
        )
    with pytest.raises(BaseExceptionGroup) as caught:
        await together.run()
    (ended,) = leaves(caught.value)
    assert isinstance(ended, Ended)
    assert str(ended).startswith("beat: ")


async def test_members_that_may_return_are_waited_for() -> None:
    done: list[int] = []

    async def one(number: int) -> None:
        await asyncio.sleep(0)
        done.append(number)

    together = Together()
    for number in range(3):
        together.start(f"{number}", one(number), may_return=True)
    await together.run()
    assert sorted(done) == [0, 1, 2]


async def test_after_a_failed_attempt_a_time_out_is_a_time_out() -> None:
    """On Python 3.11.2 it is a CancelledError after a failed TaskGroup in the same task."""
    for _ in range(2):
        with pytest.raises(BaseExceptionGroup):
            await alone("attempt", fail("refused"))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await forever()


async def test_cancelling_who_waits_ends_a_member_that_hears_only_the_second_time() -> None:
    """`asyncio.wait_for` of Python 3.11 loses a cancellation that comes together with its result."""

    async def hard_of_hearing() -> None:
        try:
            await forever()
        except asyncio.CancelledError:
            await forever()

    waiting = asyncio.create_task(alone("deaf", hard_of_hearing()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(asyncio.all_tasks()) == 1
