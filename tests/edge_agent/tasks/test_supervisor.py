"""A part that ends, however, is started anew, counted and told; what no new start mends ends the process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from edge_agent.tasks import supervisor as supervisor_module
from edge_agent.tasks.supervisor import Part, PartFailed, Supervisor, works
from tests.edge_agent.cloud import until


class Damaged(Exception):  # noqa: N818  # stands for SpoolBroken
    pass


class Worker:
    """A part that can be told how to end, and counts its starts."""

    def __init__(self) -> None:
        self.starts = 0
        self.error: Exception | None = None
        self.go = asyncio.Event()

    async def run(self) -> None:
        self.starts += 1
        await self.go.wait()
        self.go.clear()
        if self.error is not None:
            raise self.error


def supervised(
    worker: Worker, *, vital: bool = False, standstill: Callable[[], str | None] = works
) -> tuple[Supervisor, asyncio.Event, list[None]]:
    stopping, news = asyncio.Event(), list[None]()
    part = Part("worker", worker.run, vital, standstill)
    return Supervisor([part], Damaged, lambda: news.append(None), stopping), stopping, news


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervisor_module, "LONGEST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervisor_module, "_LOOK_EVERY_S", 0.01)


@pytest.mark.parametrize(
    ("error", "reason"),
    [(None, "came to its end"), (ValueError("card 0012345678"), "ValueError at test_supervisor.py:")],
)
async def test_it_is_started_anew_and_told_without_the_errors_text(error: Exception, reason: str) -> None:
    worker = Worker()
    worker.error = error
    parts, _, news = supervised(worker)
    parts.start()
    await until(lambda: worker.starts == 1)
    assert parts.statuses() == []
    worker.go.set()
    await until(lambda: worker.starts == 2)
    (status,) = parts.statuses()
    assert (status.name, status.restarts, status.works) == ("worker", 1, False)
    assert status.reason.startswith(reason)
    assert "0012345678" not in status.reason
    assert news
    await parts.abandon()


async def test_one_that_stands_still_is_started_anew() -> None:
    worker = Worker()
    parts, _, _ = supervised(worker, standstill=lambda: "asleep" if worker.starts == 1 else None)
    parts.start()
    await until(lambda: worker.starts == 2)
    assert parts.statuses()[0].reason == "stood still: asleep"
    await parts.abandon()


async def test_a_vital_part_that_never_works_ends_the_process_with_its_reason() -> None:
    worker = Worker()
    worker.error = ValueError()
    parts, stopping, _ = supervised(worker, vital=True)
    parts.start()
    while not stopping.is_set():
        worker.go.set()
        await asyncio.sleep(0)
    with pytest.raises(PartFailed, match="worker: ValueError"):
        await parts.until_stopped()
    await parts.abandon()


async def test_what_only_another_process_mends_ends_it_at_once() -> None:
    worker = Worker()
    worker.error = Damaged("the file")
    parts, _, _ = supervised(worker)
    parts.start()
    worker.go.set()
    with pytest.raises(Damaged, match="the file"):
        await parts.until_stopped()
    await parts.abandon()


async def test_a_vital_part_between_two_starts_is_not_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "FIRST_PAUSE_S", 60.0)
    worker = Worker()
    parts, _, _ = supervised(worker, vital=True)
    parts.start()
    await until(lambda: worker.starts == 1)
    assert parts.standing_still() == []
    worker.go.set()
    await until(lambda: parts.standing_still() == ["worker"])
    await parts.abandon()


async def test_an_error_in_a_timers_call_is_told_too(caplog: pytest.LogCaptureFixture) -> None:
    parts, _, _ = supervised(Worker())
    parts.start()
    asyncio.get_running_loop().call_soon(lambda: 1 // 0)
    await until(lambda: bool(parts.statuses()))
    assert parts.statuses()[0].reason.startswith("ZeroDivisionError")
    assert "ZeroDivisionError" in caplog.text
    await parts.abandon()
    asyncio.get_running_loop().set_exception_handler(None)


async def test_at_the_end_nothing_is_started_anew() -> None:
    worker = Worker()
    parts, _, _ = supervised(worker)
    parts.start()
    await until(lambda: worker.starts == 1)
    worker.go.set()
    await parts.finish(["worker"])
    assert (worker.starts, parts.statuses()) == (1, [])
    assert len(asyncio.all_tasks()) == 1
    await parts.abandon()
