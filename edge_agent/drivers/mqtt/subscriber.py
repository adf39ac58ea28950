"""The MQTT devices of a site: one subscription to the broker they publish to. The only socket among drivers.

A clean session: what was published while the agent was away is of an unknown time and is not asked for.
Messages are taken as they come; the queue before them is bounded, and at its bound the oldest gives way,
counted, for the newest says how things stand.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import aiomqtt
from paho.mqtt.reasoncodes import ReasonCode

from edge_agent.broker import Broker
from edge_agent.clock.clock import Clock
from edge_agent.drivers.contract import LineCounters
from edge_agent.drivers.mqtt.arrival import Arrivals, Collecting, MqttDevice
from edge_agent.tasks.together import Together, alone, leaves, reasons
from parts.backoff import Backoff

_log = logging.getLogger(__name__)

KEEPALIVE_S: Final = 15
FIRST_RECONNECT_S: Final = 0.25
LONGEST_RECONNECT_S: Final = 30.0
#: MQTT 3.1.1 §3.9.3.
_SUBACK_FAILURE: Final = 0x80
#: Messages taken from the broker and not yet read: a second of a thousand devices.
QUEUE_BOUND: Final = 1_000


@dataclass(frozen=True, slots=True)
class MqttPlan:
    """The broker on site and the devices heard through it."""

    broker: Broker
    devices: tuple[MqttDevice, ...]
    #: The client's name at the broker.
    identifier: str

    @property
    def port(self) -> str:
        """What status calls it."""
        return f"mqtt:{self.broker.host}:{self.broker.port}"


class MqttDevices:
    """Listens for good; a broker that is away is tried again, ever more seldom."""

    def __init__(self, plan: MqttPlan, collector: Collecting, clock: Clock) -> None:
        self.plan = plan
        self.counters = LineCounters()
        self._arrivals = Arrivals(plan.devices, collector, clock, self.counters)
        self._backoff = Backoff(FIRST_RECONNECT_S, LONGEST_RECONNECT_S)
        self.subscribed = False

    async def run(self) -> None:
        """Until cancelled. Raises `together.Ended` where a task of a connection was gone without an error."""
        while True:
            why = await self._connect_once()
            pause_s = self._backoff.pause_s()
            _log.warning("%s: %s; again in %.1f s", self.plan.port, why, pause_s)
            await asyncio.sleep(pause_s)

    async def _connect_once(self) -> str:
        """One connection, to its end, as a task of its own; why it ended."""
        try:
            await alone(f"{self.plan.port}: connection", self._connection())
        except BaseExceptionGroup as group:
            if not all(isinstance(error, aiomqtt.MqttError | OSError) for error in leaves(group)):
                raise
            return reasons(group)
        finally:
            self.subscribed = False
            self._arrivals.lost()
        return "the connection came to its end"

    async def _connection(self) -> None:
        async with self._client() as client:
            # Before subscribing: retained messages, which come at once, say who is away.
            self._arrivals.connected(time.monotonic())
            granted = await client.subscribe([(each, 1) for each in self._arrivals.filters])
            self._tell_refusals(granted)
            self._backoff.reset()
            self.subscribed = True
            together = Together()
            together.start(f"{self.plan.port}: take", self._take(client))
            together.start(f"{self.plan.port}: watch", self._watch())
            await together.run()

    def _tell_refusals(self, granted: Iterable[object]) -> None:
        """A device whose topic the broker keeps from us would only seem silent."""
        for each, code in zip(self._arrivals.filters, granted, strict=True):
            refused = code.is_failure if isinstance(code, ReasonCode) else code == _SUBACK_FAILURE
            if refused:
                _log.error("%s: may not listen to %s: its access list must let us", self.plan.port, each)

    def _client(self) -> aiomqtt.Client:
        broker = self.plan.broker
        return aiomqtt.Client(
            broker.host,
            broker.port,
            identifier=self.plan.identifier,
            username=broker.username,
            password=broker.password(),
            tls_context=broker.tls_context(),
            keepalive=KEEPALIVE_S,
            clean_session=True,
            queue_type=bounded_queue(self.counters),
            max_queued_incoming_messages=QUEUE_BOUND,
            logger=_log.getChild("client"),
        )

    async def _take(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            topic, payload = message.topic.value, bytes(message.payload)
            for ask in self._arrivals.take(topic, payload, message.retain, time.monotonic()):
                # QoS 0, as Sparkplug says of commands.
                await client.publish(ask.topic, ask.payload, qos=0)

    async def _watch(self) -> None:
        while True:
            next_s = self._arrivals.silence(time.monotonic())
            await asyncio.sleep(max(next_s - time.monotonic(), 0.01))


def bounded_queue(counters: LineCounters) -> Any:  # noqa: ANN401  # aiomqtt takes a class, asyncio's is generic
    """A queue class whose oldest message gives way at its bound, counted."""

    class Bounded(asyncio.Queue[aiomqtt.Message]):
        def put_nowait(self, item: aiomqtt.Message) -> None:
            if self.full():
                self.get_nowait()
                counters.dropped += 1
            super().put_nowait(item)

    return Bounded
