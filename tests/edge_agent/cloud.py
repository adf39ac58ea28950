"""The cloud as the agent's tests meet it: a real ingest with a real log behind the broker, and somebody who
listens in and notes what passes."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import aiomqtt

from edge_agent.clock.clock import utc_ms
from ingest.receive import BrokerAddress
from ingest.service import Ingest
from store.log.contract import Log
from store.log.hint import Hint
from store.log.sqlite import SqliteLog
from store.records.registry import Directory
from tests.logged import batches
from tests.records import open_records
from wire import receipt as wire_receipt
from wire import status as wire_status
from wire.batch import Batch, decode
from wire.receipt import Receipt
from wire.status import Status

SITE, AGENT = "fenglin-18", "pi-1"
TOPIC = f"plumbline/v1/{SITE}/{AGENT}"


class Cloud:
    """What passed at the broker, in order; and in `log` and `records` what ingest made of it."""

    def __init__(
        self,
        client: aiomqtt.Client,
        address: BrokerAddress,
        folder: Path,
        directory: Directory | None,
        log: Log | None,
    ) -> None:
        self.client = client
        self.log = log or SqliteLog(folder / "log.db")
        self.records = open_records(folder)
        self.batches: list[Batch] = []
        self.payloads: list[bytes] = []
        self.statuses: list[Status] = []
        self._address = address
        self._directory = directory

    def seqs(self) -> list[int]:
        """Numbers in the order they came, repeats included."""
        return [batch.seq for batch in self.batches]

    def logged(self) -> list[tuple[str, int]]:
        """(stream, seq) of what stands in the log, in its order."""
        return [(one.entry.stream, one.entry.seq) for one in batches(self.log)]

    async def send(self, receipt: Receipt) -> None:
        """A receipt out of turn, which no ingest sends: repeated, foreign, or of somebody who guesses."""
        await self.client.publish(f"{TOPIC}/receipt", wire_receipt.encode(receipt), qos=1)

    async def listen(self) -> None:
        """Note what passes, until cancelled."""
        async for message in self.client.messages:
            payload = bytes(message.payload)
            if str(message.topic).endswith("/status"):
                self.statuses.append(wire_status.decode(payload))
                continue
            self.payloads.append(payload)
            self.batches.append(decode(payload))

    @asynccontextmanager
    async def answering(self) -> AsyncIterator[Ingest]:
        """Ingest at work. Outside of it the broker takes what comes and nobody sends a receipt."""
        known = self._directory
        load = None if known is None else lambda: known
        ingest = Ingest(self._address, self.log, self.records, Hint(), utc_ms, directory=load)
        stop = asyncio.Event()
        task = asyncio.create_task(ingest.run(stop))
        try:
            await until(lambda: ingest.receiver.counters.connected, what="ingest connected")
            yield ingest
        finally:
            stop.set()
            await task

    def close(self) -> None:
        self.log.close()
        self.records.close()


@asynccontextmanager
async def cloud(
    port: int,
    username: str | None = None,
    *,
    answers: bool = True,
    directory: Directory | None = None,
    log: Log | None = None,
) -> AsyncIterator[Cloud]:
    """A cloud for the length of an `async with`; one that answers, unless told that it does not yet."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cloud-")))
        client = await stack.enter_async_context(
            aiomqtt.Client("127.0.0.1", port, username=username, max_inflight_messages=1000)
        )
        client.pending_calls_threshold = 10_000
        await client.subscribe([(f"{TOPIC}/batch", 1), (f"{TOPIC}/status", 1)])
        address = BrokerAddress("127.0.0.1", port, username=username)
        one = Cloud(client, address, folder, directory, log)
        stack.callback(one.close)
        listening = asyncio.create_task(one.listen())
        try:
            if answers:
                await stack.enter_async_context(one.answering())
            yield one
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError, aiomqtt.MqttError):
                await listening


async def until(condition: Callable[[], bool], timeout_s: float = 60.0, what: str = "condition") -> None:
    """Wait on the event loop until `condition` holds. Raises TimeoutError naming `what`."""
    end = asyncio.get_running_loop().time() + timeout_s
    while not condition():
        if asyncio.get_running_loop().time() > end:
            raise TimeoutError(f"{what} did not hold within {timeout_s} s")
        await asyncio.sleep(0.005)
