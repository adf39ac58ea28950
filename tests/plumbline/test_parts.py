"""Whichever task of a process of the cloud ends, and however: it is told, and the process works on."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Final

import pytest

from parts import supervisor
from plumbline import heartbeat, ingest_child, processes
from plumbline.broker import configured
from plumbline.heartbeat import Heartbeat
from plumbline.ingest_process import IngestProcess, Orders
from plumbline.settings import Settings
from plumbline.stores import turn
from store.lease import FileLease
from store.log.hint import Hint
from tests.breakable import end, make_tasks_breakable, tasks_named
from tests.plumbline.installation import installation
from tests.plumbline.running import Process, Running, running, until
from tests.postgres import bare_postgres_dsn, postgres_cluster, postgres_dsn
from tests.servers import Mosquitto, free_port

__all__ = ["bare_postgres_dsn", "postgres_cluster", "postgres_dsn"]

PARTS_OF_THE_CHILD: Final = {
    "broker", "costly messages", "receipts", "set aside", "log", "statuses", "clock", "directory",
    "time series", "events", "rollups", "trimming of the log", "retention", "hints to the pages", "reports",
}  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervisor, "STEADY_S", 0.2)
    monkeypatch.setattr(heartbeat, "EVERY_S", 0.05)
    monkeypatch.setattr(ingest_child, "REPORT_EVERY_S", 0.05)


def part_of(task: str, parts: set[str]) -> str:
    """`web: server` belongs to the part `web`."""
    return max((part for part in parts if task == part or task.startswith(f"{part}: ")), key=len)


async def end_each_in_turn(process: Process, settings: Settings, *, by_error: bool) -> set[str]:
    """The parts of this process, of which each was seen to end and to work again."""
    make_tasks_breakable()
    async with running(process, settings) as one:
        await until(lambda: one.all_ok() and whole(one), "all parts at work")
        parts = set(one.said()) - (PARTS_OF_THE_CHILD if process is processes.serve else set())
        names = sorted(tasks_named())
        assert {part_of(name, parts) for name in names} == parts, "each part has a task of its name"
        for name in names:
            await see_it_end(one, name, part_of(name, parts), by_error=by_error)
    return parts


def whole(one: Running) -> bool:
    """Whether a child has said of its parts how they are."""
    return one.name != "serve" or set(one.said()) >= PARTS_OF_THE_CHILD


async def see_it_end(one: Running, task: str, part: str, *, by_error: bool) -> None:
    before = one.restarts(part)
    await until(lambda: task in tasks_named(), f"{task} at work")
    end(tasks_named()[task], by_error=by_error)
    await until(lambda: one.restarts(part) > before, f"{task} is told")
    assert ("planted fault" if by_error else "cancelled") in one.said()[part]["last_end"] or task != part
    await until(one.all_ok, f"all well after {task}")


@pytest.mark.parametrize("by_error", [False, True], ids=["cancelled", "raising"])
async def test_each_task_of_serve(tmp_path: Path, *, by_error: bool) -> None:
    settings = installation(tmp_path, web={"port": free_port()}, embedded_broker_port=free_port())
    parts = await end_each_in_turn(processes.serve, settings, by_error=by_error)
    assert {"embedded broker", "ingest", "analytics", "web"} <= parts


@pytest.mark.parametrize("by_error", [False, True], ids=["cancelled", "raising"])
async def test_each_task_of_the_child_of_serve(tmp_path: Path, *, by_error: bool) -> None:
    """Here with a parent that writes down what it is told, as `serve` does."""
    with Mosquitto(tmp_path / "broker") as broker:
        settings = installation(tmp_path, broker={"host": "127.0.0.1", "port": broker.port})
        parts = await end_each_in_turn(told_child, settings, by_error=by_error)
    assert parts == PARTS_OF_THE_CHILD


async def told_child(settings: Settings, stop: asyncio.Event) -> None:
    assert settings.broker is not None
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    apart = IngestProcess(Orders(settings, configured(settings.broker)), Hint())
    beat = Heartbeat(settings.data / "health", told_child.__name__, apart.vitals)
    ours.setblocking(False)
    with ours, theirs:
        others = [asyncio.ensure_future(work) for work in (apart.listen(ours), beat.run(stop))]
        try:
            await ingest_child.run(apart.orders, theirs, stop)
        finally:
            for other in others:
                other.cancel()
            await asyncio.gather(*others, return_exceptions=True)


@pytest.mark.parametrize("by_error", [False, True], ids=["cancelled", "raising"])
@pytest.mark.parametrize("process", [processes.ingest, processes.analytics, processes.web])
async def test_each_task_of_the_processes_apart(tmp_path: Path, process: Process, *, by_error: bool) -> None:
    with Mosquitto(tmp_path / "broker") as broker:
        settings = installation(
            tmp_path, web={"port": free_port()}, broker={"host": "127.0.0.1", "port": broker.port}
        )
        await end_each_in_turn(process, settings, by_error=by_error)


async def test_each_task_of_a_process_on_postgresql(tmp_path: Path, postgres_dsn: str) -> None:
    (tmp_path / "dsn").write_text(postgres_dsn)
    stores = {"log": {"kind": "postgresql", "dsn_file": "dsn"}}
    parts = await end_each_in_turn(processes.analytics, installation(tmp_path, stores=stores), by_error=False)
    assert "hints of the log" in parts


async def test_of_two_analytics_one_reads_until_it_ends(tmp_path: Path) -> None:
    """Two would ring every bell twice."""
    settings = installation(tmp_path)
    other = turn(settings, "analytics")
    async with running(processes.analytics, settings) as one:
        await until(lambda: one.said().get("analytics", {}).get("state") == "ok", "it reads")
        stop = asyncio.Event()
        keeping = asyncio.create_task(other.keep(stop))
        await asyncio.wait([keeping], timeout=0.1)
        assert not other.ours
        stop.set()
        await keeping
    stop.clear()
    keeping = asyncio.create_task(other.keep(stop))
    await until(lambda: other.ours, "its turn")
    stop.set()
    await keeping


async def test_who_waits_for_its_turn_is_well_and_says_so(tmp_path: Path) -> None:
    settings = installation(tmp_path)
    settings.data.mkdir()
    lease = FileLease(settings.data / "analytics.lock")
    assert lease.hold()
    async with running(processes.analytics, settings) as one:
        await until(lambda: one.failing() == [], "a beat")
        assert one.said()["analytics"]["state"] == "waiting"
        lease.release()
        await until(lambda: one.said()["analytics"]["state"] == "ok", "its turn")
