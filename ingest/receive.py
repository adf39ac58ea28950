"""MQTT towards the sites: the only module of the cloud that speaks it."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, cast

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.reasoncodes import ReasonCode

from ingest.arrivals import Arrivals
from parts.backoff import Backoff
from wire import topics
from wire.topics import Topic

logger = logging.getLogger(__name__)

#: What a broker that cannot be reached, or refuses, raises.
BrokerFailure = aiomqtt.MqttError

_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0
#: A broker that is gone without a farewell is noticed after at most twice this: then all sites wait.
_KEEPALIVE_S: Final = 6
#: For CONNACK and SUBACK. aiomqtt does not notice a connection closed before, and waits for so long.
_ANSWER_WITHIN_S: Final = 5.0


#: MQTT 3.1.1, which every broker speaks, or MQTT 5, which knows shared subscriptions.
Protocol = Literal[4, 5]
#: A share name: at least one character, none of `/`, `+` and `#` (MQTT 5.0 §4.8.2).
_SHARE: Final = re.compile(r"[^/+#\s]{1,64}")


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is and who we are to it. `ca_file` switches TLS on; with `certificate_file` and
    `key_file` (PEM) we show a certificate of our own. Workers with the same `share` (MQTT 5 only) are given
    each batch between them once; without, each of them hears everything, which costs work but is right too.

    Raises ValueError for what does not go together.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None
    protocol: Protocol = 4
    share: str | None = None

    def __post_init__(self) -> None:
        if (self.certificate_file is None) != (self.key_file is None):
            raise ValueError("certificate_file and key_file go together: give both or none")
        if self.certificate_file is not None and self.ca_file is None:
            raise ValueError("certificate_file without ca_file: name the CA that signed the broker's own")
        if self.share is not None and self.protocol != 5:
            raise ValueError("share needs protocol 5: MQTT 3.1.1 has no shared subscriptions")
        if self.share is not None and not _SHARE.fullmatch(self.share):
            raise ValueError(f"share {self.share!r}: 1 to 64 characters, none of them /, +, # or blank")

    def tls_context(self) -> ssl.SSLContext | None:
        """What a connection is made with, None without TLS. Raises OSError for files that cannot be read."""
        if self.ca_file is None:
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context

    def subscriptions(self) -> list[str]:
        """What a worker listens to. Statuses are never shared: they are retained, and a broker gives what is
        retained to no shared subscription (MQTT 5.0 §4.8.2). Several workers storing one status is one."""
        batch = topics.subscription("batch")
        shared = f"$share/{self.share}/{batch}" if self.share else batch
        return [shared, topics.subscription("status")]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message of an agent, as it came."""

    topic: Topic
    payload: bytes


@dataclass(slots=True)
class ReceiveCounters:
    """Since the process started. `dropped`: at the bound of the queue, to be sent again by their agents."""

    connected: bool = False
    connections: int = 0
    received: int = 0
    dropped: int = 0
    unsent: int = 0


class Receiver:
    """Batches and statuses of every site from one broker, and the way back for receipts.

    It subscribes with a clean session. What a broker acknowledges means nothing to an agent: only a receipt
    does. So what is lost between broker and log comes again.
    """

    def __init__(
        self,
        address: BrokerAddress,
        queue_bound: int = 4096,
        heard: Callable[[bool], None] = lambda _: None,
        late: Callable[[Hashable], bool] = lambda _: False,
    ) -> None:
        """`heard` is told when what is published begins to come, and when it no longer does. `late`: whether
        others are served before this sender, (site, agent)."""
        self.address = address
        self._late = late
        self._heard = heard
        self.counters = ReceiveCounters()
        self._queue_bound = queue_bound
        self._queue = _queue(queue_bound, late)
        self._client: aiomqtt.Client | None = None
        self._refusal = "not connected yet"

    def well(self) -> str | None:
        """Why nothing can arrive: not connected, or not subscribed; None where it can."""
        return None if self.counters.connected else self._refusal

    def waiting(self) -> int:
        """How many messages wait to be taken."""
        return self._queue.qsize()

    async def arrivals(self) -> AsyncGenerator[list[Arrival], None]:
        """Groups of messages, for ever: connects, and connects again with growing pauses."""
        backoff = Backoff(_FIRST_PAUSE_S, _LONGEST_PAUSE_S)
        while True:
            try:
                async with self._connected() as client, aclosing(_groups(client)) as groups:
                    backoff.reset()
                    async for group in groups:
                        arrived = self._arrived(group)
                        if arrived:
                            yield arrived
            except (aiomqtt.MqttError, OSError) as error:
                self._refusal = str(error) or type(error).__name__
                logger.warning("broker %s:%d: %s", self.address.host, self.address.port, error)
            await asyncio.sleep(backoff.pause_s())

    async def probe(self) -> str | None:
        """Connect and subscribe once: why the broker does not take us, None where it does."""
        try:
            async with self._connected():
                return None
        except (aiomqtt.MqttError, OSError) as error:
            return str(error)

    def _arrived(self, group: Iterable[aiomqtt.Message]) -> list[Arrival]:
        arrived = []
        for message in group:
            topic = topics.parse(message.topic.value)
            if topic is not None and isinstance(message.payload, bytes):
                arrived.append(Arrival(topic, message.payload))
        self.counters.received += len(arrived)
        self.counters.dropped = self._queue.dropped
        return arrived

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiomqtt.Client]:
        """A subscribed client. What waited of an earlier connection is forgotten: it comes again."""
        dropped, self._queue = self._queue.dropped, _queue(self._queue_bound, self._late)
        self._queue.dropped = dropped
        async with self._new_client(self._queue) as client:
            await _subscribe(client, self.address)
            self._client, self.counters.connected = client, True
            self.counters.connections += 1
            logger.info("connected to broker %s:%d", self.address.host, self.address.port)
            self._heard(True)
            try:
                yield client
            finally:
                self._client, self.counters.connected = None, False
                self._heard(False)

    def _new_client(self, queue: Arrivals) -> aiomqtt.Client:
        def same_queue(maxsize: int) -> Arrivals:  # noqa: ARG001 - aiomqtt's name for the bound, which it discards at
            return queue

        address = self.address
        return aiomqtt.Client(
            address.host,
            address.port,
            username=address.username,
            password=address.password,
            tls_context=address.tls_context(),
            queue_type=cast("type[asyncio.Queue[aiomqtt.Message]]", same_queue),
            protocol=aiomqtt.ProtocolVersion(address.protocol),
            # MQTT 5 calls it a clean start and forgets the session at the end unless told otherwise.
            clean_session=True if address.protocol == 4 else None,
            clean_start=True if address.protocol == 5 else paho.MQTT_CLEAN_START_FIRST_ONLY,
            keepalive=_KEEPALIVE_S,
            timeout=_ANSWER_WITHIN_S,
            # An agent waits for its receipt: Nagle's algorithm would hold that small packet back for 40 ms.
            socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
        )

    async def publish(self, topic: Topic, payload: bytes) -> bool:
        """Send at QoS 0; whether it went off. A receipt lost costs a resend, which is answered again."""
        client = self._client
        if client is not None:
            try:
                await client.publish(str(topic), payload, qos=0)
            except aiomqtt.MqttError as error:
                logger.warning("could not publish to %s: %s", topic, error)
            else:
                return True
        self.counters.unsent += 1
        return False


async def ask(
    address: BrokerAddress, command: Topic, payload: bytes, answer: Topic
) -> AsyncGenerator[bytes, None]:
    """Send a command to an agent and yield what comes on its topic of answers, for ever. Raises MqttError."""
    async with aiomqtt.Client(
        address.host,
        address.port,
        username=address.username,
        password=address.password,
        tls_context=address.tls_context(),
        protocol=aiomqtt.ProtocolVersion(address.protocol),
        keepalive=_KEEPALIVE_S,
        timeout=_ANSWER_WITHIN_S,
    ) as client:
        await client.subscribe(str(answer), qos=1)
        await client.publish(str(command), payload, qos=1)
        async for message in client.messages:
            if isinstance(message.payload, bytes):
                yield message.payload


async def _subscribe(client: aiomqtt.Client, address: BrokerAddress) -> None:
    """Raises MqttError where the broker grants less than it was asked for."""
    wanted = address.subscriptions()
    granted = await client.subscribe([(topic, 1) for topic in wanted])
    for topic, code in zip(wanted, granted, strict=True):
        if isinstance(code, ReasonCode) and code.is_failure:
            raise aiomqtt.MqttError(f"may not listen to {topic} ({code}): its access list must let us")


def _queue(bound: int, late: Callable[[Hashable], bool]) -> Arrivals:
    """A lane an agent, whatever kind of message."""
    return Arrivals(bound, _sender, lambda message: len(message.payload), late=late)


def _sender(message: aiomqtt.Message) -> Hashable:
    """(site, agent); all that is on no topic of ours together."""
    topic = topics.parse(message.topic.value)
    return None if topic is None else (topic.site, topic.agent)


async def _groups(client: aiomqtt.Client) -> AsyncGenerator[list[aiomqtt.Message], None]:
    """What `Arrivals` hands over: lists, although aiomqtt's types say single messages."""
    group: Any
    async for group in client.messages:
        yield group
