"""For the tests of this folder: the agent's own spool and uplink, somebody with an agent's account who sends
what no agent sends, and a whole ingest with its stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiomqtt

from edge_agent.broker import Broker as EdgeBroker
from edge_agent.link.uplink import Uplink
from edge_agent.spool.spool import Spool
from edge_agent.spool.thread import SpoolThread
from ingest.receive import BrokerAddress
from ingest.recent import Recent
from ingest.service import Ingest
from ingest.writer import Writer
from store.log.hint import Hint
from store.log.sqlite import SqliteLog
from store.records.registry import Directory
from store.timeseries.sqlite import SqliteTimeSeries
from tests.records import open_records
from wire import batch as wire_batch
from wire import receipt as wire_receipt
from wire.batch import Batch, Event, Frame
from wire.ranges import Ranges
from wire.receipt import Receipt
from wire.status import Status

SITE: Final = "fenglin-18"
STREAM: Final = "01K" + "A" * 23
NOW: Final = 1_764_000_000_000


def batch(seq: int, *, stream: str = STREAM, values: Sequence[float] = (50.0,), badge: bool = False) -> Batch:
    """A batch whose readings say which they are by their time."""
    time = NOW + 10 * seq
    frame = Frame(
        device="meter-main",
        time=list(range(time, time + len(values))),
        values={"frequency": list(values)},
    )
    event = Event(device="gate", time=time, kind="badge", badge="b:" + "9f" * 16)
    return Batch(stream=stream, seq=seq, sent=time, frames=[frame], events=[event] if badge else [])


async def until(condition: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
    """Wait on a condition without holding the loop. Raises TimeoutError naming `what`."""
    try:
        async with asyncio.timeout(timeout_s):
            while not condition():  # noqa: ASYNC110 - a condition over real stores rings no event
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise TimeoutError(f"{what} did not hold within {timeout_s} s") from None


class Edge:
    """A real spool with a real uplink; what it seals are readings that say which they are by their time."""

    def __init__(self, spool: SpoolThread, address: BrokerAddress, password_file: Path | None) -> None:
        self.spool = spool
        broker = EdgeBroker(address.host, address.port, address.username, password_file)
        self.uplink = Uplink(SITE, "pi-1", broker, spool, self._status, lambda: NOW)
        self._sealed = 0

    async def _status(self, online: bool) -> Status:
        return Status(online=online, sent=NOW, stream=self.spool.stream)

    async def seal(self, how_many: int) -> None:
        """As many batches as that."""
        numbers = range(self._sealed + 1, self._sealed + how_many + 1)
        self._sealed += how_many
        for sealed in await self.spool.seal_all([(batch(number).frames, []) for number in numbers], NOW):
            self.uplink.sealed(sealed)

    async def receipted(self) -> None:
        """Until it may forget everything."""
        await until(lambda: self.spool.batches == 0, "receipts for all")


@asynccontextmanager
async def edge(address: BrokerAddress, folder: Path) -> AsyncIterator[Edge]:
    """An agent's way to the cloud at work."""
    spool = SpoolThread(Spool.open(folder / "spool.db", 64 << 20, NOW))
    password_file = None
    if address.password is not None:
        password_file = folder / "agent-password"
        password_file.write_text(address.password)
    one = Edge(spool, address, password_file)
    running = asyncio.create_task(one.uplink.run())
    try:
        yield one
    finally:
        one.uplink.stop()
        await running
        await spool.close()


@dataclass
class Agent:
    """Somebody with an agent's account who sends what no agent sends, and notes the receipts."""

    client: aiomqtt.Client
    name: str = "pi-1"
    receipts: list[Receipt] = field(default_factory=list)

    async def send(self, payload: bytes, kind: str = "batch", *, retain: bool = False) -> None:
        await self.client.publish(f"plumbline/v1/{SITE}/{self.name}/{kind}", payload, qos=1, retain=retain)

    async def send_batches(self, *seqs: int) -> None:
        for seq in seqs:
            await self.send(wire_batch.encode(batch(seq)))

    async def listen(self) -> None:
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            self.receipts.append(wire_receipt.decode(message.payload))

    def accepted(self) -> Ranges:
        return Ranges(pair for receipt in self.receipts for pair in receipt.accepted)

    async def has(self, first: int, last: int) -> None:
        await until(lambda: (first, last) in self.accepted().pairs(), f"receipts for {first}..{last}")


@asynccontextmanager
async def agent(address: BrokerAddress, name: str = "pi-1") -> AsyncIterator[Agent]:
    """An agent that is connected and hears its receipts."""
    async with aiomqtt.Client(
        address.host,
        address.port,
        username=address.username,
        password=address.password,
        tls_context=address.tls_context(),
        protocol=aiomqtt.ProtocolVersion(address.protocol),
    ) as client:
        await client.subscribe(f"plumbline/v1/{SITE}/{name}/receipt", qos=1)
        connected = Agent(client, name)
        listening = asyncio.create_task(connected.listen())
        try:
            yield connected
        finally:
            listening.cancel()


class Cloud:
    """Ingest and writer over real files in `folder`."""

    def __init__(
        self,
        folder: Path,
        address: BrokerAddress,
        directory: Callable[[], Directory] | None = None,
    ) -> None:
        self.log = SqliteLog(folder / "log.db")
        self.timeseries = SqliteTimeSeries(folder / "timeseries.db")
        self.records = open_records(folder)
        self.hint = Hint()
        self.now_ms = NOW
        self.recent = Recent()
        self.ingest = Ingest(address, self.log, self.records, self.hint, self.clock, self.recent, directory)
        self.writer = Writer(
            self.log, self.timeseries, self.records, self.hint, self.clock, recent=self.recent
        )

    def clock(self) -> int:
        return self.now_ms

    def frequencies(self) -> list[int]:
        """The times of all readings that are in the store."""
        return self.timeseries.raw(SITE, "meter-main", "frequency", 0, NOW * 2)[0]

    def close(self) -> None:
        for store in (self.log, self.timeseries, self.records):
            store.close()


@asynccontextmanager
async def running(cloud: Cloud) -> AsyncIterator[Cloud]:
    """The cloud at work and connected; stopped and closed at the end."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(cloud.ingest.run(stop))
        tasks.create_task(cloud.writer.run(stop))
        try:
            await until(lambda: cloud.ingest.receiver.counters.connected, "ingest connected")
            yield cloud
        finally:
            stop.set()
    cloud.close()
