"""What the running agent shows on its socket, and `top` makes of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge_agent import language
from edge_agent.commands.top import screen
from edge_agent.host import local_socket
from edge_agent.host.local_socket import Snapshot
from tests.servers import wait_until
from wire.status import DeviceStatus, Dropped, LineStatus, SpoolStatus, Status, UplinkStatus

NOW_MS = 1_764_000_000_000
SHOWN = Snapshot(
    site="fenglin-18",
    agent="pi-1",
    now=NOW_MS,
    status=Status(
        online=True,
        sent=NOW_MS,
        stream="01KAV6Z3W0000000000000000A",
        spool=SpoolStatus(batches=3, bytes=2 << 20, bound_bytes=512 << 20),
        dropped=Dropped(readings=1_200),
        uplink=UplinkStatus(last_receipt=NOW_MS - 400),
        lines=[
            LineStatus(port="/dev/ttyUSB0", requests=9, replies=7, timeouts=2, retries=2, utilisation=0.31)
        ],
        devices=[
            DeviceStatus(device="bath", last_read=NOW_MS - 1_500),
            DeviceStatus(device="gone", fault="no_reply"),
        ],
    ),
    values={"bath": {"temperature": 21.5, "relative_humidity": None}},
)


async def shown() -> Snapshot:
    return SHOWN


@contextlib.asynccontextmanager
async def serving(spool: Path) -> AsyncIterator[None]:
    task = asyncio.create_task(local_socket.serve(local_socket.socket_path(spool), shown))
    try:
        await asyncio.to_thread(wait_until, local_socket.socket_path(spool).is_socket)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_whoever_may_read_the_spool_is_shown_the_agent_as_it_is_now(tmp_path: Path) -> None:
    # Longer than the 107 bytes a socket's address holds.
    folder = tmp_path / ("x" * 100) / "spool"
    folder.mkdir(parents=True)
    async with serving(folder / "spool.db"):
        assert await asyncio.to_thread(local_socket.ask, folder / "spool.db") == SHOWN
        assert local_socket.socket_path(folder / "spool.db").stat().st_mode & 0o007 == 0
    assert list(folder.iterdir()) == []


async def test_a_socket_left_by_an_agent_that_was_killed_is_made_anew(tmp_path: Path) -> None:
    local_socket.socket_path(tmp_path / "spool.db").touch()
    async with serving(tmp_path / "spool.db"):
        assert await asyncio.to_thread(local_socket.ask, tmp_path / "spool.db") == SHOWN


async def test_a_folder_that_takes_no_socket_is_an_error_for_the_supervisor(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=os.strerror(2)):
        await local_socket.serve(tmp_path / "none" / "spool.db.live", shown)


def test_where_no_agent_runs_that_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=os.strerror(2)):
        local_socket.ask(tmp_path / "spool.db")


def test_the_screen_says_values_ages_faults_spool_receipt_and_lines() -> None:
    text = screen(SHOWN)
    assert "last receipt: 0.4 s ago" in text
    assert "spool: 3 batches wait, 2.0 of 512 MiB" in text
    assert "dropped: 1,200 readings" in text
    assert "temperature                        21.5 °C" in text
    assert "humidity                              – %" in text
    assert "gone                        never  no reply: check address" in text
    assert "/dev/ttyUSB0: 9 requests, 7 replies, 2 time-outs, 0 damaged, 2 retries" in text
    assert "line in use 31%" in text


def test_the_screen_is_in_chinese_where_that_is_the_language() -> None:
    language.choose("zh")
    assert "最近回执：0.4 s 前" in screen(SHOWN)
    assert "温度" in screen(SHOWN)
