"""A part that ends, however, is started anew and told; health is the sum of what parts say of themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from parts import progress as progress_module
from parts import supervisor as supervisor_module
from parts import turn as turn_module
from parts.part import Part
from parts.progress import Progress
from parts.supervisor import Supervisor
from parts.turn import Turn
from tests.edge_agent.cloud import until


class Unusable(Exception):  # noqa: N818  # what no new start mends
    pass


class Worker:
    """Runs until told to end, and then raises `error` where there is one."""

    def __init__(self) -> None:
        self.starts = 0
        self.error: Exception | None = None
        self.go = asyncio.Event()
        self.why: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        self.starts += 1
        waiting = [asyncio.create_task(event.wait()) for event in (stop, self.go)]
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        self.go.clear()
        if self.error is not None:
            raise self.error

    def part(self, name: str, turn: Turn | None = None) -> Part:
        return Part(name, self.run, lambda: {"starts": self.starts}, lambda: self.why, turn)


class Held:
    """A lease that is ours while `ours` says so."""

    def __init__(self) -> None:
        self.ours = False

    def hold(self) -> bool:
        return self.ours

    def release(self) -> None:
        self.ours = False


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervisor_module, "STEADY_S", 0.05)


@asynccontextmanager
async def supervised(*parts: Part) -> AsyncIterator[Supervisor]:
    one, stop = Supervisor(parts, (Unusable,)), asyncio.Event()
    task = asyncio.create_task(one.run(stop))
    try:
        yield one
    finally:
        stop.set()
        await task


@pytest.mark.parametrize(("error", "reason"), [(None, "came to its end"), (ValueError("a"), "ValueError: a")])
async def test_a_part_that_ends_is_started_anew_and_fails_until_it_is_steady(
    error: Exception | None, reason: str
) -> None:
    ends, other = Worker(), Worker()
    ends.error = error
    async with supervised(ends.part("ends"), other.part("other")) as parts:
        await until(lambda: parts.failing() == [])
        ends.go.set()
        await until(lambda: ends.starts == 2)
        assert parts.failing() == ["ends"]
        ends.error = None
        await until(lambda: parts.failing() == [])
        told = parts.states()[0]
        assert (told.restarts, told.reason, other.starts) == (1, reason, 1)


async def test_a_part_that_says_itself_when_it_works_again_is_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor_module, "STEADY_S", 3600.0)
    ends = Worker()
    async with supervised(replace(ends.part("ends"), steady_s=0)) as parts:
        await until(lambda: parts.failing() == [])
        ends.why = "has not said anything yet"
        ends.go.set()
        await until(lambda: ends.starts == 2)
        assert parts.failing() == ["ends"]
        ends.why = None
        assert parts.failing() == []
        assert parts.states()[0].restarts == 1


async def test_health_is_the_sum_of_what_parts_say() -> None:
    one, other = Worker(), Worker()
    async with supervised(one.part("one"), other.part("other")) as parts:
        await until(lambda: parts.failing() == [])
        other.why = "refused"
        assert parts.failing() == ["other"]
        assert [(state.why, dict(state.counters)) for state in parts.states()] == [
            (None, {"starts": 1}),
            ("refused", {"starts": 1}),
        ]


async def test_it_starts_until_all_are_well_and_then_never_again() -> None:
    one, other = Worker(), Worker()
    other.why = "not connected yet"
    async with supervised(one.part("one"), other.part("other")) as parts:
        await until(lambda: parts.failing() == ["other"])
        assert parts.starting()
        other.why = None
        assert not parts.starting()
        other.why = "refused"
        assert not parts.starting()


async def test_what_is_not_well_in_time_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "STARTS_WITHIN_S", 0.05)
    one = Worker()
    one.why = "refused"
    async with supervised(one.part("one")) as parts:
        await until(lambda: not parts.starting())
        assert parts.failing() == ["one"]


async def test_what_no_new_start_mends_ends_all_with_its_reason() -> None:
    one, other = Worker(), Worker()
    one.error = Unusable("port 80 is taken")
    one.go.set()
    with pytest.raises(Unusable, match="port 80"):
        await Supervisor([one.part("one"), other.part("other")], (Unusable,)).run(asyncio.Event())
    assert len(asyncio.all_tasks()) == 1


async def test_who_waits_for_a_lease_is_well_and_works_when_it_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turn_module, "EVERY_S", 0.01)
    lease, worker = Held(), Worker()

    async def here(hold: Callable[[], bool]) -> bool:
        return hold()

    turn = Turn("work", lease, here)
    async with supervised(worker.part("work", turn)) as parts:
        await until(lambda: [state.waiting for state in parts.states()] == [False, True])
        await until(lambda: parts.failing() == [])
        assert worker.starts == 0
        lease.ours = True
        await until(lambda: worker.starts == 1)
        lease.ours = False
        await until(lambda: parts.states()[1].waiting)
        assert parts.states()[1].restarts == 0


async def test_a_part_that_does_not_heed_is_cancelled_at_the_end() -> None:
    async def forever(_: asyncio.Event) -> None:
        await asyncio.Event().wait()

    async with supervised(Part("forever", forever, heeds_stop=False)) as parts:
        await until(lambda: parts.failing() == [])
    assert len(asyncio.all_tasks()) == 1


def test_progress_tells_of_the_last_failure_and_of_what_does_not_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = Progress()
    assert one.well() is None
    one.begin()
    one.failed(OSError("disk full"))
    assert one.well() == "disk full"
    one.begin()
    one.done()
    assert one.well() is None
    monkeypatch.setattr(progress_module, "LATE_S", -1.0)
    one.begin()
    assert one.well() == "no answer for 0 s"
