"""Health is "ok" only while every part does its work; how it is in figures is shown to who may see it."""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import pkgutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import analytics
import ingest
import store
import web
from ingest import probe
from parts import progress, supervisor
from plumbline import heartbeat, processes
from plumbline.cli import main
from plumbline.doctor import examine
from plumbline.settings import Settings
from plumbline.stores import open_log, open_records
from store.log.contract import Entry
from tests.plumbline.installation import SITE, installation
from tests.plumbline.running import running, settled, token_for, until
from tests.servers import Mosquitto, free_port
from wire.batch import Batch, Frame, encode


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "EVERY_S", 0.05)
    monkeypatch.setattr(progress, "LATE_S", 0.5)
    monkeypatch.setattr(supervisor, "STARTS_WITHIN_S", 0.0)


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "mosquitto") as broker:
        yield broker


def over(folder: Path, broker: Mosquitto, **more: Any) -> Settings:
    place = {"host": "127.0.0.1", "port": broker.port}
    return installation(folder, web={"port": free_port()}, broker=place | more)


async def test_a_broker_that_is_away_is_named_and_comes_back(tmp_path: Path, mosquitto: Mosquitto) -> None:
    async with running(processes.serve, over(tmp_path, mosquitto)) as one:
        await until(one.all_ok, "well")
        assert await one.get("/health") == (200, {"status": "ok"})
        await asyncio.to_thread(mosquitto.stop)
        await until(lambda: one.failing() == ["broker"], "the broker is named")
        assert await one.get("/health") == (503, {"status": "failing", "failing": ["broker"]})
        await asyncio.to_thread(mosquitto.start)
        await until(one.all_ok, "well again")


async def test_while_it_starts_it_says_so_and_no_monitor_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STARTS_WITHIN_S", 3600.0)
    with Mosquitto(tmp_path / "mosquitto") as broker:
        await asyncio.to_thread(broker.stop)
        async with running(processes.serve, over(tmp_path, broker)) as one:
            await until(lambda: one.failing() == ["broker"], "all but the broker")
            assert await one.get("/health") == (200, {"status": "starting", "failing": ["broker"]})
            await asyncio.to_thread(broker.start)
            await until(one.all_ok, "well")
            assert await one.get("/health") == (200, {"status": "ok"})
            await asyncio.to_thread(broker.stop)
            await until(lambda: one.failing() == ["broker"], "away")
            assert (await one.get("/health"))[0] == 503, "it starts once"


async def test_a_broker_that_refuses_our_password_is_named_with_the_reason(tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "m", "allow_anonymous false") as broker:
        async with running(processes.serve, over(tmp_path, broker)) as one:
            await until(lambda: one.failing() == ["broker"], "the broker is named")
            assert "authori" in one.said()["broker"]["why"].lower()


async def test_a_log_that_cannot_be_written_is_named_although_nothing_comes(
    tmp_path: Path, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "EVERY_S", 0.05)
    settings = over(tmp_path, mosquitto)
    async with running(processes.ingest, settings) as one:
        await until(one.all_ok, "well")
        locking = sqlite3.connect(settings.data / "log.db", isolation_level=None)
        locking.execute("BEGIN IMMEDIATE")
        await until(lambda: "log" in one.failing(), "the log is named")
        locking.execute("ROLLBACK")
        locking.close()
        await until(one.all_ok, "well again")


async def test_records_that_cannot_be_written_are_named_although_nothing_comes(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    settings = over(tmp_path, mosquitto)
    async with running(processes.serve, settings) as one:
        await until(one.all_ok, "well")
        locking = sqlite3.connect(settings.data / "records.db", isolation_level=None)
        locking.execute("BEGIN IMMEDIATE")
        await until(lambda: "stores" in one.failing(), "the stores are named")
        locking.execute("ROLLBACK")
        locking.close()
        await until(one.all_ok, "well again")


async def test_a_time_series_that_is_locked_is_named_while_receipts_go_on(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    settings = over(tmp_path, mosquitto)
    async with running(processes.ingest, settings) as one:
        await until(one.all_ok, "well")
        locking = sqlite3.connect(settings.data / "timeseries.db", isolation_level=None)
        locking.execute("BEGIN IMMEDIATE")
        await asyncio.to_thread(append_a_batch, settings)
        await until(lambda: "time series" in one.failing(), "the time series is named")
        locking.execute("ROLLBACK")
        locking.close()
        await until(one.all_ok, "well again")
        await settled(one, 1)


def append_a_batch(settings: Settings) -> None:
    """As another worker on the same log would."""
    batch = Batch(
        stream="01KAW9Q2V7Y8M3N5P6R8S0T2W4",
        seq=1,
        sent=1_764_000_000_000,
        frames=[Frame(device="meter-main", time=[1_764_000_000_000], values={"active_power": [1.0]})],
    )
    log = open_log(settings)
    log.append([Entry(SITE, "pi-1", batch.stream, batch.seq, encode(batch))], batch.sent)
    log.close()


@pytest.mark.parametrize("process", ["health", "doctor"])
async def test_the_operators_tools_say_what_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], process: str
) -> None:
    settings = installation(
        tmp_path, web={"port": free_port()}, broker={"host": "127.0.0.1", "port": free_port()}
    )
    async with running(processes.serve, settings) as one:
        await until(lambda: one.failing() == ["broker"], "the broker is named")
        if process == "health":
            assert await asyncio.to_thread(health_of, tmp_path) == 1
            assert '"receipts"' in capsys.readouterr().out
        else:
            found = await asyncio.to_thread(lambda: list(examine(settings, fix=False)))
            assert any(line.level == "fail" and "serve: broker" in line.what for line in found)


def health_of(folder: Path) -> int:
    return main(["health", "--process", "serve", "--config", str(folder / "plumbline.yaml")])


def counters() -> list[type]:
    """Every dataclass of the cloud that is named Counters."""
    found = []
    for package in (ingest, analytics, store, web):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" in module.name:
                continue
            members = vars(importlib.import_module(module.name)).values()
            found += [
                one
                for one in members
                if isinstance(one, type)
                and one.__name__.endswith("Counters")
                and dataclasses.is_dataclass(one)
            ]
    return sorted(set(found), key=lambda one: one.__name__)


async def test_everything_counted_is_shown_to_who_may_see_it(tmp_path: Path, mosquitto: Mosquitto) -> None:
    settings = over(tmp_path, mosquitto)
    async with running(processes.serve, settings) as one:
        await until(one.all_ok, "well")
        records = open_records(settings)
        token = token_for(records, settings.firm.id, "health:read")
        records.close()
        status, answer = await one.get("/api/v1/health", token)
        _, anonymous = await one.get("/api/v1/health")
    shown = {name for part in answer["parts"].values() for name in part["counters"]}
    wanted = {field.name for one in counters() for field in dataclasses.fields(one)}
    assert status == 200
    assert len(counters()) >= 4
    assert wanted <= shown, f"counted and never shown: {sorted(wanted - shown)}"
    assert {"too_late", "passages_dropped", "undecodable", "refused_calls", "failures"} <= shown
    assert anonymous == {"status": "ok", "failing": [], "parts": None}
