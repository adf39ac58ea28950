"""Processes apart on PostgreSQL, InfluxDB and mosquitto say the same as one process on embedded stores."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from benchmarks.servers import Influx, Postgres
from plumbline.heartbeat import fresh_beats
from plumbline.settings import Settings
from plumbline.stores import Stores, open_stores
from store.timeseries.contract import Aggregate
from tests.plumbline.installation import SITE, installation
from tests.servers import Mosquitto, clean_environment, free_port, listens, mortal, wait_until

pytestmark = pytest.mark.processes
ROOT = Path(__file__).parents[2]
HOUR_MS = 3_600_000
ALL: tuple[Aggregate, ...] = ("min", "max", "mean", "last", "count", "increase")


def plumbline(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "plumbline", *arguments, "--config", str(folder / "plumbline.yaml")]


class Running:
    """Processes of an installation; a clean exit is demanded of each that was not killed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, name: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                mortal(plumbline(self.folder, name)),
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env=clean_environment(),
            )
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        codes = {process.wait(60) for process in self.processes}
        assert codes <= {0, -signal.SIGKILL}, self.logs()

    def logs(self) -> str:
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("*.log")))


@contextlib.contextmanager
def one_process(folder: Path) -> Iterator[Settings]:
    """`plumbline serve` with embedded stores and broker."""
    port, broker = free_port(), free_port()
    settings = installation(
        folder,
        web={"port": port},
        embedded_broker_port=broker,
        agents=[{"site": SITE, "agent": "replay", "password_file": "replay-password"}],
    )
    running = Running(folder)
    serve = running.start("serve")
    try:
        wait_until(lambda: serve.poll() is not None or listens(serve.pid, port), what="serve listening")
        yield settings
    finally:
        running.stop()


@contextlib.contextmanager
def processes_apart(folder: Path) -> Iterator[tuple[Settings, Running]]:
    """Two ingest workers that share, analytics and web."""
    port = free_port()
    with (
        Mosquitto(folder / "mosquitto") as broker,
        # Not below pytest's folder, which every pytest that starts closes to other users.
        tempfile.TemporaryDirectory(prefix="plumbline-postgres-") as cluster,
        Postgres(Path(cluster)) as postgres,
        Influx(folder / "influx") as influx,
    ):
        (folder / "dsn").write_text(postgres.create_database("plumbline"))
        rows = {"kind": "postgresql", "dsn_file": "dsn"}
        series = {"kind": "influxdb", "generation": 1, "url": influx.url, "database": "plumbline"}
        settings = installation(
            folder,
            web={"port": port},
            broker={"host": "127.0.0.1", "port": broker.port, "share": "ingest"},
            stores={"log": rows, "records": dict(rows), "time_series": series},
            agents=[{"site": SITE, "agent": "replay", "password_file": "replay-password"}],
        )
        subprocess.run(plumbline(folder, "doctor", "--fix"), cwd=ROOT, check=True, capture_output=True)
        running = Running(folder)
        try:
            web = running.start("web")
            for name in ("ingest", "ingest", "analytics"):
                running.start(name)
            wait_until(lambda: web.poll() is not None or listens(web.pid, port), what="web listening")
            wait_until(lambda: well(folder, "ingest") and well(folder, "analytics"), what="all well")
            yield settings, running
        finally:
            running.stop()


def well(folder: Path, process: str) -> bool:
    asked = subprocess.run(
        plumbline(folder, "health", "--process", process), cwd=ROOT, check=False, capture_output=True
    )
    return asked.returncode == 0


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day of a simulated site."""
    folder = tmp_path_factory.mktemp("recording")
    subprocess.run(
        [sys.executable, "-m", "simulator", "--history", str(folder), "--days", "1", "--seed", "18"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return folder


def replay(folder: Path, recording: Path) -> subprocess.Popen[bytes]:
    with (folder / "replay.log").open("wb") as log:
        return subprocess.Popen(plumbline(folder, "replay", str(recording)), cwd=ROOT, stdout=log, stderr=log)


def caught_up(stores: Stores) -> bool:
    last = stores.log.last_offset()
    return (
        last > 0
        and stores.timeseries.position() >= last
        and stores.records.readers.position("analytics") >= last
    )


def contents(stores: Stores) -> dict[str, Any]:
    """Everything a reader could ask: latest values, hours with every aggregate, events."""
    timeseries = stores.timeseries
    latest = {key: (one.time, one.value) for key, one in timeseries.latest(SITE).items()}
    end = max(time for time, _ in latest.values()) // HOUR_MS * HOUR_MS + HOUR_MS
    windows = {
        (device, quantity): timeseries.window(
            SITE, device, quantity, end - 26 * HOUR_MS, end, HOUR_MS, ALL
        ).columns
        for device, quantity in latest
    }
    events = [one.event.model_dump(exclude={"badge"}) for one in stores.records.events.between(SITE, 0, end)]
    return {"latest": latest, "windows": windows, "events": events}


def assert_alike(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one["latest"] == other["latest"]
    assert one["events"] == other["events"]
    assert one["windows"].keys() == other["windows"].keys()
    for key, columns in one["windows"].items():
        for aggregate, column in columns.items():
            assert column == pytest.approx(other["windows"][key][aggregate], nan_ok=True), (key, aggregate)


def lag_told(settings: Settings) -> int:
    """How far the time series is behind, as the pages' process says."""
    (beat,) = fresh_beats(settings.data / "health", "web").values()
    return int(beat["parts"]["stores"]["counters"]["time_series_lag"])


def test_apart_or_together_with_a_worker_killed_the_stores_say_the_same(
    tmp_path: Path, recording: Path
) -> None:
    chance = random.Random(7)
    with one_process(tmp_path / "one") as settings:
        assert replay(tmp_path / "one", recording).wait(60) == 0
        with open_stores(settings) as stores:
            wait_until(lambda: caught_up(stores), what="one process caught up")
            together = contents(stores)
    with processes_apart(tmp_path / "many") as (settings, running):
        sending = replay(tmp_path / "many", recording)
        with open_stores(settings) as stores:
            wait_until(lambda: stores.log.last_offset() > chance.randint(5, 40), what="some batches")
            os.kill(running.processes[1].pid, signal.SIGKILL)
            assert sending.wait(90) == 0, (tmp_path / "many/replay.log").read_text() + running.logs()
            wait_until(lambda: caught_up(stores), 60, f"processes apart caught up {running.logs()}")
            apart = contents(stores)
            web = f"http://127.0.0.1:{settings.web.port}/health"
            wait_until(lambda: httpx2.get(web).json() == {"status": "ok"}, what="the pages' process well")
            # The agent's leave, too, is an entry of the log.
            wait_until(lambda: lag_told(settings) == 0, what="no lag told")
    assert_alike(together, apart)
