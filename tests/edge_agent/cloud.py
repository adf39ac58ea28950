"""A tiny cloud for the agent's tests: it remembers every batch and answers with receipts as it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiomqtt

from wire import receipt as wire_receipt
from wire import status as wire_status
from wire.batch import Batch, decode
from wire.receipt import Receipt
from wire.status import Status

SITE, AGENT = "fenglin-18", "pi-1"
TOPIC = f"plumbline/v1/{SITE}/{AGENT}"

Answer = Callable[[Batch], Receipt | None]


def accept(batch: Batch) -> Receipt | None:
    """The usual answer."""
    return Receipt(stream=batch.stream, accepted=[(batch.seq, batch.seq)])


def silent(_: Batch) -> Receipt | None:
    """No answer."""
    return None


class Cloud:
    """What came, in order, and the answer to give."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.answer: Answer = accept
        self.delay_s = 0.0
        self.batches: list[Batch] = []
        self.payloads: list[bytes] = []
        self.statuses: list[Status] = []

    def seqs(self) -> list[int]:
        """Numbers in the order they came, repeats included."""
        return [batch.seq for batch in self.batches]

    async def send(self, receipt: Receipt) -> None:
        """A receipt out of turn."""
        await self.client.publish(f"{TOPIC}/receipt", wire_receipt.encode(receipt), qos=1)

    async def serve(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            async for message in self.client.messages:
                payload = bytes(message.payload)
                if str(message.topic).endswith("/status"):
                    self.statuses.append(wire_status.decode(payload))
                    continue
                self.payloads.append(payload)
                self.batches.append(decode(payload))
                if receipt := self.answer(self.batches[-1]):
                    group.create_task(self._later(receipt))

    async def _later(self, receipt: Receipt) -> None:
        await asyncio.sleep(self.delay_s)
        await self.send(receipt)


@asynccontextmanager
async def cloud(port: int, username: str | None = None) -> AsyncIterator[Cloud]:
    """A connected cloud for the length of an `async with`."""
    async with aiomqtt.Client("127.0.0.1", port, username=username, max_inflight_messages=1000) as client:
        client.pending_calls_threshold = 10_000
        await client.subscribe([(f"{TOPIC}/batch", 1), (f"{TOPIC}/status", 1)])
        one = Cloud(client)
        task = asyncio.create_task(one.serve())
        try:
            yield one
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, aiomqtt.MqttError, ExceptionGroup):
                await task


async def until(condition: Callable[[], bool], timeout_s: float = 15.0, what: str = "condition") -> None:
    """Wait on the event loop until `condition` holds. Raises TimeoutError naming `what`."""
    end = asyncio.get_running_loop().time() + timeout_s
    while not condition():
        if asyncio.get_running_loop().time() > end:
            raise TimeoutError(f"{what} did not hold within {timeout_s} s")
        await asyncio.sleep(0.005)
