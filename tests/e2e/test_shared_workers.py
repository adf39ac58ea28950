"""Several ingest workers on one subscription and one log, killed at random: every reading once."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import aiomqtt
import pytest
import yaml

from store.log.contract import Log
from store.log.postgresql import PostgresqlLog
from store.log.sqlite import SqliteLog
from store.timeseries.sqlite import SqliteTimeSeries
from tests.ingest.site import NOW, SITE, STREAM, batch, until
from tests.logged import batches
from tests.postgres import postgres_cluster, postgres_dsn
from tests.servers import Mosquitto, clean_environment, mortal
from wire import batch as wire_batch
from wire import receipt as wire_receipt
from wire.ranges import Ranges

__all__ = ["postgres_cluster", "postgres_dsn"]  # fixtures

ROOT: Final = Path(__file__).parents[2]
WORKERS: Final = 3
BATCHES: Final = 450
READINGS: Final = 4
KILLS: Final = 3
#: So many without receipt at a time, and so long until one is sent again.
WINDOW: Final = 60
RESEND_S: Final = 0.5


class Workers:
    """`plumbline ingest` processes over one configuration."""

    def __init__(self, folder: Path, broker: Mosquitto, dsn: str | None) -> None:
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self.killed = 0
        (folder / "projects.yaml").write_text("projects: []\n")
        settings: dict[str, object] = {
            "data": "data",
            "projects": "projects.yaml",
            "unregistered": "accept",
            "broker": {"host": "127.0.0.1", "port": broker.port, "share": "ingest"},
        }
        if dsn is not None:
            (folder / "dsn").write_text(dsn)
            store = {"kind": "postgresql", "dsn_file": "dsn"}
            settings["stores"] = {"log": store, "records": dict(store)}
        (folder / "plumbline.yaml").write_text(yaml.safe_dump(settings))

    def start(self) -> None:
        config = str(self.folder / "plumbline.yaml")
        with (self.folder / "workers.log").open("ab") as log:
            process = subprocess.Popen(
                mortal([sys.executable, "-m", "plumbline", "ingest", "--config", config]),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=clean_environment(),
            )
        self._processes.append(process)

    def kill_one(self, chance: random.Random) -> None:
        """SIGKILL to any of those that run."""
        assert all(process.poll() is None for process in self._processes), self.said()
        victim = self._processes.pop(chance.randrange(len(self._processes)))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.killed += 1

    def said(self) -> str:
        return (self.folder / "workers.log").read_text(errors="replace")

    def up(self) -> bool:
        """Whether each says by its heartbeat that it is at work."""
        health = self.folder / "data" / "health"
        return all((health / f"ingest-{process.pid}.json").exists() for process in self._processes)

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        codes = [process.wait(60) for process in self._processes]
        assert set(codes) == {0}, self.said()

    def end(self) -> None:
        """However they are."""
        for process in self._processes:
            process.kill()
            process.wait()


class Sender:
    """An agent's uplink reduced to its promise: what has no receipt is sent again."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self.receipted = Ranges()
        self._sent_at: dict[int, float] = {}
        self._next = 1

    async def run(self) -> None:
        """Until all have their receipt."""
        listening = asyncio.create_task(self._listen())
        while len(self.receipted) < BATCHES:
            now = asyncio.get_running_loop().time()
            for seq, at in list(self._sent_at.items()):
                if now - at > RESEND_S:
                    await self._send(seq, now)
            while len(self._sent_at) < WINDOW and self._next <= BATCHES:
                await self._send(self._next, now)
                self._next += 1
            await asyncio.sleep(0.01)
        listening.cancel()

    async def _send(self, seq: int, now: float) -> None:
        self._sent_at[seq] = now
        values = [50.0 + at / 10 for at in range(READINGS)]
        payload = wire_batch.encode(batch(seq, values=values, badge=seq % 7 == 0))
        await self._client.publish(f"plumbline/v1/{SITE}/pi-1/batch", payload, qos=1)

    async def _listen(self) -> None:
        async for message in self._client.messages:
            assert isinstance(message.payload, bytes)
            receipt = wire_receipt.decode(message.payload)
            assert receipt.refused == []
            for first, last in receipt.accepted:
                self.receipted.add(first, last)
                for seq in range(first, last + 1):
                    self._sent_at.pop(seq, None)


@asynccontextmanager
async def sender(broker: Mosquitto) -> AsyncIterator[Sender]:
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await client.subscribe(f"plumbline/v1/{SITE}/pi-1/receipt", qos=1)
        yield Sender(client)


@contextmanager
def opened_log(folder: Path, dsn: str | None) -> Iterator[Log]:
    log: Log = SqliteLog(folder / "data" / "log.db") if dsn is None else PostgresqlLog(dsn)
    yield log
    log.close()


async def _send_while_killing(workers: Workers, broker: Mosquitto) -> None:
    chance = random.Random(18)
    for _ in range(WORKERS):
        workers.start()
    await until(workers.up, "all workers at work", 60)
    async with sender(broker) as site:
        sending = asyncio.create_task(site.run())
        for number in range(1, KILLS + 1):
            goal = number * BATCHES // (KILLS + 2)
            await until(lambda goal=goal: len(site.receipted) >= goal, f"{goal} receipts", 60)  # type: ignore[misc]
            workers.kill_one(chance)
            workers.start()
        await sending


@pytest.mark.processes
@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
async def test_workers_killed_at_random_cost_no_reading_and_double_none(
    store: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    dsn: str | None = request.getfixturevalue("postgres_dsn") if store == "postgresql" else None
    broker = Mosquitto(tmp_path / "mosquitto").start()
    workers = Workers(tmp_path, broker, dsn)
    try:
        async with asyncio.timeout(120):
            await _send_while_killing(workers, broker)
        series = SqliteTimeSeries(tmp_path / "data" / "timeseries.db")
        await until(lambda: _stored(series) >= BATCHES * READINGS, "all stored", 60)
        await until(workers.up, "all workers at work again", 60)
        workers.stop()
    finally:
        workers.end()
        broker.stop()
    assert workers.killed == KILLS
    assert _stored(series) == BATCHES * READINGS
    series.close()
    with opened_log(tmp_path, dsn) as log:
        assert log.streams(SITE) == {("pi-1", STREAM): [(1, BATCHES)]}
        assert len(batches(log)) == BATCHES


def _stored(series: SqliteTimeSeries) -> int:
    """The readings of a batch begin 10 ms after those before it: none falls upon another."""
    return len(series.raw(SITE, "meter-main", "frequency", 0, NOW * 2)[0])
