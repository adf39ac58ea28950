"""What systemd is told, on a real datagram socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.host.watchdog import Systemd


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(str(tmp_path / "notify"))
        bound.settimeout(5)
        yield bound


def systemd(manager: socket.socket, watchdog_us: int = 40_000) -> Systemd:
    return Systemd({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": str(watchdog_us)})


def test_it_hears_that_the_agent_is_ready_and_that_it_stops(manager: socket.socket) -> None:
    one = systemd(manager)
    one.ready()
    one.stopping()
    assert [manager.recv(100), manager.recv(100)] == [b"READY=1", b"STOPPING=1"]


async def test_it_hears_of_progress_as_long_as_there_is_some(manager: socket.socket) -> None:
    going = asyncio.Event()
    going.set()
    watching = asyncio.create_task(systemd(manager).watch(going.wait))
    for _ in range(3):
        assert await asyncio.to_thread(manager.recv, 100) == b"WATCHDOG=1"
    going.clear()
    await asyncio.sleep(0.1)
    manager.setblocking(False)  # the socket's own word
    with contextlib.suppress(BlockingIOError):
        while manager.recv(100):  # what was on its way
            pass
    await asyncio.sleep(0.1)
    with pytest.raises(BlockingIOError):
        manager.recv(100)
    going.set()
    manager.settimeout(5)
    assert await asyncio.to_thread(manager.recv, 100) == b"WATCHDOG=1"
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)


async def test_without_a_manager_nothing_is_said_and_nothing_fails(tmp_path: Path) -> None:
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "none"), "WATCHDOG_USEC": "x"}):
        one = Systemd(environment)
        one.ready()
        await one.watch(asyncio.Event().wait)
        one.stopping()


def test_a_watchdog_meant_for_another_process_is_not_answered(manager: socket.socket) -> None:
    environment = {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}
    assert Systemd(environment).every_s is None
