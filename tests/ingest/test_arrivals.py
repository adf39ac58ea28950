"""Messages wait in a bounded place and leave it in turn; what does not fit is the flooder's, and counted."""

from __future__ import annotations

import asyncio

from ingest.arrivals import GROUP_BYTES, GROUP_LATE, GROUP_MESSAGES, Arrivals

Message = tuple[str, int]


def queue(bound: int = 1000, most_bytes: int = 1000, of_one: int = 1000) -> Arrivals:
    return Arrivals(bound, lambda one: one[0], lambda one: one[1], most_bytes, of_one)


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


async def test_senders_are_served_in_turn() -> None:
    arrivals = queue()
    for message in [("a", 1), ("a", 2), ("a", 3), ("b", 1), ("c", 1)]:
        arrivals.put_nowait(message)
    assert await arrivals.get() == [("a", 1), ("b", 1), ("c", 1), ("a", 2), ("a", 3)]


async def test_a_group_is_bounded_in_messages_and_in_bytes() -> None:
    arrivals = queue(most_bytes=1 << 30, of_one=1 << 30)
    for _ in range(GROUP_MESSAGES + 1):
        arrivals.put_nowait(("a", 1))
    assert [len(await arrivals.get()) for _ in range(2)] == [GROUP_MESSAGES, 1]
    for _ in range(4):
        arrivals.put_nowait(("a", GROUP_BYTES // 2))
    assert [len(await arrivals.get()) for _ in range(2)] == [2, 2]


async def test_who_floods_loses_its_own() -> None:
    arrivals = queue(bound=4)
    for _ in range(9):
        arrivals.put_nowait(("flood", 1))
    arrivals.put_nowait(("quiet", 1))
    assert arrivals.dropped == 6
    assert sorted(await arrivals.get()) == [("flood", 1)] * 3 + [("quiet", 1)]


async def test_what_waits_is_bounded_in_bytes_by_sender_and_in_all() -> None:
    arrivals = queue(most_bytes=100, of_one=60)
    for name in ("a", "b"):
        for _ in range(7):
            arrivals.put_nowait((name, 10))
    assert arrivals.dropped == 4
    arrivals.put_nowait(("c", 50))
    left = await arrivals.get()
    assert ("c", 50) in left
    assert sum(size for _, size in left) <= 100
    assert arrivals.dropped == 9


async def test_who_has_taken_more_than_its_share_waits_behind_others() -> None:
    late = {"a"}
    arrivals = Arrivals(1000, lambda one: one[0], lambda one: one[1], late=late.__contains__)
    for message in [("a", 1), ("a", 2), ("b", 1), ("b", 2)]:
        arrivals.put_nowait(message)
    assert await arrivals.get() == [("b", 1), ("b", 2)]
    arrivals.put_nowait(("b", 3))
    assert await arrivals.get() == [("b", 3)]
    assert await arrivals.get() == [("a", 1), ("a", 2)]
    assert arrivals.empty()


async def test_where_only_those_wait_a_few_are_taken_at_once() -> None:
    """Who comes next does not wait for all of theirs."""
    arrivals = Arrivals(1000, lambda one: one[0], lambda one: one[1], late=lambda _: True)
    for number in range(GROUP_LATE + 1):
        arrivals.put_nowait(("a", number))
    assert len(await arrivals.get()) == GROUP_LATE
    assert len(await arrivals.get()) == 1
