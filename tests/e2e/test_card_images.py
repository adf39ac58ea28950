"""An old card image put back, a card cloned: every reading is in the log once, and none is refused."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge_agent.agent import Agent
from store.log.contract import Log
from store.log.postgresql import PostgresqlLog
from store.log.sqlite import SqliteLog
from tests.edge_agent.cloud import cloud, until
from tests.edge_agent.place import Place
from tests.logged import batches
from tests.postgres import postgres_cluster, postgres_dsn
from tests.servers import Mosquitto
from wire.batch import Batch, decode

__all__ = ["postgres_cluster", "postgres_dsn"]  # fixtures

FAR_MS = 4_000_000_000_000


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Log:
    """Closed by the cloud that writes it."""
    if request.param == "sqlite":
        return SqliteLog(tmp_path / "log.db")
    return PostgresqlLog(request.getfixturevalue("postgres_dsn"))


@pytest.fixture
async def place(tmp_path: Path, broker: Mosquitto) -> AsyncIterator[Place]:
    async with plugged(tmp_path / "card", broker) as one:
        yield one


@pytest.fixture
async def clone(tmp_path: Path, broker: Mosquitto) -> AsyncIterator[Place]:
    async with plugged(tmp_path / "clone", broker) as one:
        yield one


@asynccontextmanager
async def plugged(folder: Path, broker: Mosquitto) -> AsyncIterator[Place]:
    folder.mkdir()  # noqa: ASYNC240 - once, before anything runs
    one = Place(folder, broker.port)
    one.line.plug()
    yield one
    one.line.unplug()


def numbers(batches: list[Batch]) -> list[int]:
    """What device `one` counted, as often as it is there."""
    columns = [frame.values["water_volume"] for b in batches for frame in b.frames if frame.device == "one"]
    return sorted(int(value) for column in columns for value in column if value is not None)


def taken(log: Log) -> list[Batch]:
    return [decode(record.entry.payload) for record in batches(log)]


async def run(place: Place, until_it: Callable[[Agent], bool]) -> str:
    """One run of the agent on the card; the stream it began."""
    async with place.agent() as agent:
        stream = agent._spool.stream
        await until(lambda: until_it(agent), timeout_s=30, what="the run")
    return stream


def empty(agent: Agent) -> bool:
    return agent._spool.batches == 0


async def drained(place: Place) -> None:
    """What the agent sealed at its end goes out with the next run, its line unplugged."""
    place.line.unplug()
    await run(place, empty)
    place.line.plug()


def copy(place: Place, image: Path) -> None:
    image.mkdir()
    for path in place.folder.glob("spool.db*"):
        shutil.copy(path, image)


def put_back(place: Place, image: Path) -> None:
    for path in place.folder.glob("spool.db*"):
        path.unlink()
    for path in image.glob("spool.db*"):
        shutil.copy(path, place.folder)


async def test_a_card_image_put_back_counts_on_under_a_stream_of_its_own(
    place: Place, broker: Mosquitto, log: Log, tmp_path: Path
) -> None:
    """The image holds batches that were unsent when it was made and have come since; the log is trimmed."""
    kept: list[Batch] = []
    streams = set()
    async with cloud(broker.port, answers=False, log=log) as sky:
        await run(place, lambda agent: agent._spool.batches > 5)
        copy(place, tmp_path / "image")
        async with sky.answering():
            for _ in range(2):
                streams.add(await run(place, lambda agent: of_stream(log, agent._spool.stream) > 5))
                await drained(place)
                kept += taken(log)
                log.trim(FAR_MS, log.last_offset())
                put_back(place, tmp_path / "image")
            await drained(place)
        kept += taken(log)
        assert sky.records.quarantine.items() == []
    found = numbers(kept)
    assert len(streams) == 2
    assert found == sorted(set(found)), "none twice"
    assert found[-1] - len(found) <= 2 * 6, "none lost but what was asked when a run ended"


def of_stream(log: Log, stream: str) -> int:
    return sum(batch.stream == stream for batch in taken(log))


async def test_two_clones_at_work_at_once_lose_nothing_to_each_other(
    place: Place, clone: Place, broker: Mosquitto
) -> None:
    """They have one name at the broker, which lets in one at a time, and hear one topic of receipts."""
    async with cloud(broker.port) as sky:
        await run(place, lambda _: len(numbers(taken(sky.log))) > 3)
        await drained(place)
        for path in place.folder.glob("spool.db*"):
            shutil.copy(path, clone.folder)
        before = taken(sky.log)
        async with place.agent() as one, clone.agent() as other:
            both = {one._spool.stream, other._spool.stream}
            await until(
                lambda: {batch.stream for batch in taken(sky.log)} >= both, timeout_s=60, what="both heard"
            )
        await drained(place)
        await drained(clone)
        after = taken(sky.log)[len(before) :]
        for stream in both:
            found = numbers([batch for batch in after if batch.stream == stream])
            assert found == list(range(found[0], found[-1] + 1)), "none lost, none twice"
        assert [item.reason for item in sky.records.quarantine.items()] == []
