"""The ingest of `serve` is a process of its own: whatever becomes of it is told, and another follows it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from parts import supervisor
from plumbline import heartbeat, ingest_process, processes
from plumbline.broker import configured
from plumbline.ingest_process import IngestProcess, Orders
from plumbline.settings import Settings, SettingsError
from store.log.hint import Hint
from tests.plumbline.installation import SITE, installation
from tests.plumbline.running import Running, running, until
from tests.servers import Mosquitto, free_port, wait_until
from wire.batch import Batch, Frame, encode

TOPIC = f"plumbline/v1/{SITE}/pi-1"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_S", 0.05)
    monkeypatch.setattr(supervisor, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervisor, "STEADY_S", 0.2)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    with Mosquitto(tmp_path / "mosquitto") as broker:
        place = {"host": "127.0.0.1", "port": broker.port}
        yield installation(tmp_path, web={"port": free_port()}, broker=place)


def pid_of(one: Running) -> int:
    """The child's; 0 before it was told."""
    return int(one.said().get("ingest", {}).get("counters", {}).get("pid", 0))


def works(one: Running) -> bool:
    return one.all_ok() and "broker" in one.said()


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}/exe").exists()


async def receipt_for(settings: Settings, seq: int) -> bytes:
    """What the cloud answers to a batch."""
    assert settings.broker is not None
    frame = Frame(device="meter-main", time=[1_764_000_000_000], values={"active_power": [1.0]})
    batch = Batch(stream="01KAW9Q2V7Y8M3N5P6R8S0T2W4", seq=seq, sent=1_764_000_000_000, frames=[frame])
    async with aiomqtt.Client(settings.broker.host, settings.broker.port) as agent, asyncio.timeout(60):
        await agent.subscribe(f"{TOPIC}/receipt", qos=1)
        await agent.publish(f"{TOPIC}/batch", encode(batch), qos=1)
        async for message in agent.messages:
            assert isinstance(message.payload, bytes)
            return message.payload
    raise AssertionError("no answer")


async def test_killed_it_is_told_and_the_next_one_gives_receipts(settings: Settings) -> None:
    async with running(processes.serve, settings) as one:
        await until(lambda: works(one), "well")
        assert b"accepted" in await receipt_for(settings, 1)
        first = pid_of(one)
        os.kill(first, signal.SIGKILL)
        await until(lambda: one.restarts("ingest") == 1, "it is told")
        assert f"process {first} was ended by SIGKILL" in one.said()["ingest"]["last_end"]
        await until(lambda: works(one), "well again")
        assert pid_of(one) not in (0, first)
        assert b"accepted" in await receipt_for(settings, 2)
        second = pid_of(one)
    assert not lives(second), "it ends with serve"


async def test_one_that_hangs_is_ended_and_another_works(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(processes.serve, settings) as one:
        await until(lambda: works(one), "well")
        monkeypatch.setattr(ingest_process, "LOOK_EVERY_S", 0.6)
        hanging = pid_of(one)
        os.kill(hanging, signal.SIGSTOP)
        await until(lambda: not lives(hanging), "it is ended")
        await until(lambda: one.restarts("ingest") == 1 and works(one), "another works")


async def test_one_that_cannot_work_by_the_settings_says_so_in_a_line_and_is_not_started_again(
    settings: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert settings.broker is not None
    astray = settings.model_copy(update={"data": tmp_path / "file" / "data"})
    child = IngestProcess(Orders(astray, configured(settings.broker)), Hint())
    with pytest.raises(SettingsError, match="cannot work by these settings"):
        await child.run(asyncio.Event())
    (line,) = capfd.readouterr().err.splitlines()
    assert "`data` names a folder to write into" in line


def test_it_ends_with_its_parent_however_that_ends(settings: Settings, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "plumbline", "serve", "--config", str(tmp_path / "plumbline.yaml")]
    with (tmp_path / "serve.log").open("wb") as log:
        parent = subprocess.Popen(command, stdout=log, stderr=log)
    one = Running(settings, "serve", asyncio.Event())
    wait_until(lambda: works(one), 60, "well")
    child = pid_of(one)
    parent.kill()
    parent.wait()
    wait_until(lambda: not lives(child), what="the child has ended")


def test_it_loads_nothing_of_the_web() -> None:
    code = (
        "import sys, plumbline.ingest_child; print(sorted({'fastapi', 'jinja2', 'web'} & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]"
