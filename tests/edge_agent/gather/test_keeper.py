"""While the disk takes nothing, readings wait in memory; beyond its bound they are counted."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge_agent.gather import keeper as keeper_module
from edge_agent.gather.keeper import Keeper
from edge_agent.spool.contents import Sealed
from edge_agent.spool.spool import Spool
from edge_agent.spool.thread import SpoolThread
from tests.edge_agent.cloud import until
from wire.batch import Frame

NOW_MS = 1_764_000_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("mounting a tmpfs is not permitted here (the preloaded shim tests a full disk too)")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill_up(disk: Path) -> None:
    with (disk / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while ballast.write(b"\0" * 4096):
            pass


class Kept:
    """A keeper and what it sealed."""

    def __init__(self, folder: Path, held_readings: int) -> None:
        self.spool = SpoolThread(Spool.open(folder / "spool.db", 64 << 20, NOW_MS))
        self.sealed: list[Sealed] = []
        self.changes = 0
        self.keeper = Keeper(self.spool, lambda: NOW_MS, self.sealed.append, self._changed, held_readings)

    def _changed(self) -> None:
        self.changes += 1

    def take(self, counter: int, readings: int = 100) -> None:
        times = [NOW_MS + counter * 1000 + at for at in range(readings)]
        values: dict[str, list[float | None]] = {"active_power": [float(counter)] * readings}
        self.keeper.take(([Frame(device="m", time=times, values=values)], []))


@asynccontextmanager
async def keeping(folder: Path, held_readings: int = 100_000) -> AsyncIterator[Kept]:
    one = Kept(folder, held_readings)
    task = asyncio.create_task(one.keeper.run())
    try:
        yield one
    finally:
        one.keeper.stop()
        async with asyncio.timeout(10):
            await task
        await one.spool.close()


async def test_readings_wait_for_a_full_disk_and_none_is_lost(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "RETRY_S", 0.02)
    async with keeping(small_disk) as one:
        one.take(1)
        await until(lambda: len(one.sealed) == 1)
        fill_up(small_disk)
        for counter in range(2, 60):
            one.take(counter)
        await until(lambda: one.keeper.error is not None, what="the disk refusing")
        assert one.changes >= 1
        (small_disk / "ballast").unlink()
        await until(lambda: len(one.sealed) == 59, what="everything on disk")
        assert one.keeper.error is None
        assert [batch.seq for batch in one.sealed] == list(range(1, 60))
        _, losses = await one.spool.state()
        assert losses.unspooled_readings == 0


async def test_beyond_the_bound_of_memory_the_oldest_are_counted_for_good(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper_module, "RETRY_S", 0.02)
    async with keeping(small_disk, held_readings=1000) as one:
        fill_up(small_disk)
        taken = 0
        while one.keeper.lost_readings == 0:
            taken += 1
            one.take(taken)
            await asyncio.sleep(0.001)
        lost = one.keeper.lost_readings
        assert lost % 100 == 0
        (small_disk / "ballast").unlink()
        await until(lambda: len(one.sealed) * 100 + lost == taken * 100, what="all but the lost on disk")
        await until(lambda: one.keeper.lost_readings == 0, what="the loss counted in the spool")
        _, losses = await one.spool.state()
        assert losses.unspooled_readings == lost
        assert losses.last_ms == NOW_MS


async def test_a_stop_seals_what_waits(tmp_path: Path) -> None:
    async with keeping(tmp_path) as one:
        for counter in range(200):
            one.take(counter, readings=1)
    assert [batch.seq for batch in one.sealed] == list(range(1, 201))
