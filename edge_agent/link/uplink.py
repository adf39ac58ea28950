"""The uplink: batches to the broker, receipts back. The only module that speaks MQTT with the cloud.

A PUBACK means nothing here: brokers acknowledge what their access list drops. A batch leaves the spool on the
cloud's receipt alone.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

import aiomqtt

from edge_agent.broker import Broker, client_id
from edge_agent.clock.clock import Clock
from edge_agent.link.credentials import Credentials
from edge_agent.link.delivery import CHUNK, LIVE_AT_CONNECT, WINDOW, Delivery
from edge_agent.link.status import last_will
from edge_agent.spool.contents import Sealed
from edge_agent.spool.errors import SpoolBroken, SpoolError
from edge_agent.spool.thread import SpoolThread
from edge_agent.tasks.together import Together, alone, leaves, reasons
from parts.backoff import Backoff
from wire import receipt as wire_receipt
from wire import result as wire_result
from wire import status as wire_status
from wire.errors import WireError
from wire.ranges import Ranges
from wire.receipt import RENEW, Receipt
from wire.result import Result
from wire.status import Status, UplinkStatus
from wire.topics import KINDS, topic

_log = logging.getLogger(__name__)

#: A dead link is noticed within about twice this. On an idle link it costs 2 MB a day.
KEEPALIVE_S: Final = 6
#: For the answers to CONNECT and SUBSCRIBE. aiomqtt does not notice a connection that is closed before its
#: CONNACK (by a proxy whose broker is away) and waits for so long.
ANSWER_WITHIN_S: Final = 5.0
#: A PUBACK proves nothing about the batch, but its absence for so long proves something about the link.
PUBACK_TIMEOUT_S: Final = 30.0
FIRST_RECONNECT_S: Final = 0.25
LONGEST_RECONNECT_S: Final = 8.0
#: Receipts are gathered for so long into one transaction: an SD card wears by the transaction.
SETTLE_EVERY_S: Final = 0.2
DISK_RETRY_S: Final = 1.0
#: Commands that wait to be carried out, and results that wait for a connection.
COMMANDS_BOUND: Final = 16
#: Changes of status within this are told together.
STATUS_SPACING_S: Final = 1.0
FAREWELL_S: Final = 2.0
#: How soon a renewed certificate or password is used.
CREDENTIALS_EVERY_S: Final = 2.0
#: So many batches wait at any time; more are a backlog, and its end is told at once, for the page says it.
NO_BACKLOG_BATCHES: Final = 4
#: Beyond this and three beats of the status without any sign of work it stands still.
STANDSTILL_S: Final = 120.0
#: Without it a small packet waits up to 40 ms for the acknowledgement of the one before (Nagle, RFC 896).
_NO_DELAY: Final = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)


#: Carries out a command; the answer where there is one already.
Obey = Callable[[bytes], Awaitable[Result | None]]


class _Stopped(Exception):  # noqa: N818  # not an error: it ends a connection
    pass


_ENDS_A_CONNECTION: Final = (_Stopped, aiomqtt.MqttError, SpoolError, OSError)


class Uplink:
    """Sends what the spool holds until it is receipted."""

    def __init__(
        self,
        site: str,
        agent: str,
        broker: Broker,
        spool: SpoolThread,
        status: Callable[[bool], Awaitable[Status]],
        clock: Clock,
        status_interval_s: float = 10.0,
        obey: Obey | None = None,
    ) -> None:
        """`obey` carries out commands; without it none is listened to."""
        self._topics = {kind: topic(site, agent, kind) for kind in KINDS}
        self._identifier = client_id()
        self._broker = broker
        self._credentials = Credentials(broker, f"{site}/{agent}", clock)
        self._spool = spool
        self._status = status
        self._clock = clock
        self._status_interval_s = status_interval_s
        self._delivery = Delivery(lambda: spool.streams)
        self._forget = Ranges()
        self._wake, self._feed, self._settle, self._changed = (asyncio.Event() for _ in range(4))
        self._stopping = asyncio.Event()
        self._obey = obey
        self._commands: asyncio.Queue[bytes] = asyncio.Queue(COMMANDS_BOUND)
        self._results: deque[Result] = deque(maxlen=COMMANDS_BOUND)
        self._answered = asyncio.Event()
        self._stale: str | None = None
        self._told_batches = 0
        self._accepted = 0
        self._refused = 0
        self._last_receipt_ms: int | None = None
        self._backoff = Backoff(FIRST_RECONNECT_S, LONGEST_RECONNECT_S)
        self._moved_s = time.monotonic()
        self.connected = False

    def sealed(self, batch: Sealed) -> None:
        """A batch has come onto the disk: it goes out first."""
        self._delivery.sealed(batch)
        self._wake.set()

    def tell(self, result: Result) -> None:
        """Send the result of a command as soon as there is a connection."""
        self._results.append(result)
        self._answered.set()

    def status_changed(self) -> None:
        """Tell the cloud soon, not at the next beat."""
        self._changed.set()

    def stop(self) -> None:
        """Let `run` end with a last status."""
        self._stopping.set()

    def counters(self) -> UplinkStatus:
        """Since the process started."""
        return UplinkStatus(
            sent=self._delivery.sent,
            resent=self._delivery.resent,
            accepted=self._accepted,
            refused=self._refused,
            last_receipt=self._last_receipt_ms,
            certificate_expires=self._credentials.expires_ms,
        )

    def standstill(self) -> str | None:
        """Why it does not get on: it has neither tried to connect nor told its status for long."""
        idle_s = time.monotonic() - self._moved_s
        allowed_s = STANDSTILL_S + 3 * self._status_interval_s
        return None if idle_s <= allowed_s else f"nothing tried for {idle_s:.0f} s"

    async def run(self) -> None:
        """Connect, again and again, until `stop`. Raises SpoolBroken, which only a restart of the process can
        mend, and `together.Ended` where a task of the connection was gone without an error."""
        self.connected = False
        while not self._stopping.is_set():
            self._moved_s = time.monotonic()
            await self._connect_once()
            if self.connected:
                self._backoff.reset()
            self.connected = False
            with suppress(TimeoutError):
                async with asyncio.timeout(self._backoff.pause_s()):
                    await self._stopping.wait()
        await self._forget_receipted()

    async def _connect_once(self) -> None:
        """One connection, to its end, as a task of its own. Passes on what is no matter of the connection."""
        try:
            await alone("uplink: connection", self._connection())
        except BaseExceptionGroup as group:
            found = leaves(group)
            strange = [error for error in found if not isinstance(error, _ENDS_A_CONNECTION)]
            if strange or any(isinstance(error, SpoolBroken) for error in found):
                raise
            if not any(isinstance(error, _Stopped) for error in found):
                _log.warning("uplink: %s", reasons(group))

    async def _connection(self) -> None:
        self._credentials.taken()
        async with self._client() as client:
            client.pending_calls_threshold = 2 * WINDOW
            await client.subscribe(self._topics["receipt"], qos=1)
            if self._obey is not None:
                await client.subscribe(self._topics["command"], qos=1)
            last_seq = self._spool.last_seq
            newest = await self._spool.newest(LIVE_AT_CONNECT)
            self._delivery.connected(last_seq, newest, time.monotonic())
            self.connected = True
            _log.info("connected to %s:%d", self._broker.host, self._broker.port)
            self._feed.set()
            together = Together()
            for name, work in self._tasks(client, together).items():
                together.start(f"uplink: {name}", work)
            await together.run()

    def _tasks(self, client: aiomqtt.Client, together: Together) -> dict[str, Coroutine[Any, Any, object]]:
        """What a connection does at the same time, by the name it has where one of them ends."""
        found: dict[str, Coroutine[Any, Any, object]] = {
            "receive": self._receive(client),
            "pump": self._pump(client, together),
            "read backlog": self._read_backlog(),
            "forget": self._forget_in_groups(),
            "report": self._report(client),
            "renewal": self._until_renewed(),
            "tell results": self._tell_results(client),
            "farewell": self._until_stopped(client),
        }
        return found if self._obey is None else found | {"obey": self._obey_commands(self._obey)}

    def _client(self) -> aiomqtt.Client:
        broker = self._broker
        will = wire_status.encode(last_will(self._spool.stream, self._clock()))
        return aiomqtt.Client(
            broker.host,
            broker.port,
            identifier=self._identifier,
            username=broker.username,
            password=broker.password(),
            will=aiomqtt.Will(self._topics["status"], will, qos=1, retain=True),
            tls_context=broker.tls_context(),
            keepalive=KEEPALIVE_S,
            timeout=ANSWER_WITHIN_S,
            clean_session=True,
            max_inflight_messages=2 * WINDOW,
            socket_options=_NO_DELAY,
            logger=_log.getChild("mqtt"),
        )

    async def _pump(self, client: aiomqtt.Client, together: Together) -> None:
        """Publish what is due."""
        while True:
            self._wake.clear()
            for batch in self._delivery.due(time.monotonic()):
                together.start("uplink: publish", self._publish(client, batch), may_return=True)
            self._feed.set()
            with suppress(TimeoutError):
                wait_s = self._delivery.next_due_s(time.monotonic())
                async with asyncio.timeout(max(wait_s, 0.01)):
                    await self._wake.wait()

    async def _publish(self, client: aiomqtt.Client, batch: Sealed) -> None:
        await client.publish(self._topics["batch"], batch.payload, qos=1, timeout=PUBACK_TIMEOUT_S)

    async def _read_backlog(self) -> None:
        """Keep a chunk of backlog in memory, read from the disk behind whatever is being sealed."""
        while True:
            await self._feed.wait()
            self._feed.clear()
            while (after_seq := self._delivery.wants_backlog(time.monotonic())) is not None:
                last_seq = self._spool.last_seq
                self._delivery.backlog(await self._spool.unsent(after_seq, CHUNK), last_seq)
                self._wake.set()

    async def _receive(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            if message.topic.value == self._topics["command"]:
                self._take_command(message)
                continue
            try:
                receipt = wire_receipt.recall(bytes(message.payload))
            except (WireError, TypeError):
                _log.warning("a receipt that cannot be read is passed over (%s)", message.topic)
                continue
            self._take_in(receipt)

    def _take_command(self, message: aiomqtt.Message) -> None:
        # A retained command would be obeyed at every connection for ever.
        if message.retain or not isinstance(message.payload, bytes):
            _log.warning("a command that is retained or empty is passed over")
        elif self._commands.full():
            _log.warning("a command is passed over: %d wait", self._commands.qsize())
        else:
            self._commands.put_nowait(message.payload)

    async def _obey_commands(self, obey: Obey) -> None:
        """One after the other; the answer waits for a connection, and so is told also over the next one."""
        while True:
            result = await obey(await self._commands.get())
            if result is not None:
                _log.info("command %s: %s %s", result.id, result.outcome, result.detail)
                self.tell(result)

    async def _tell_results(self, client: aiomqtt.Client) -> None:
        while True:
            while self._results:
                await client.publish(self._topics["result"], wire_result.encode(self._results[0]), qos=1)
                self._results.popleft()
            self._answered.clear()
            await self._answered.wait()

    def _take_in(self, receipt: Receipt) -> None:
        settled = self._delivery.receipt(receipt, time.monotonic())
        self._last_receipt_ms = self._clock()
        self._accepted += settled.accepted
        self._refused += settled.refused
        for refusal in receipt.refused:
            _log.warning(
                "refused: batch %s: %s %s", refusal.seq or refusal.digest, refusal.reason, refusal.detail
            )
        for first, last in settled.ranges:
            self._forget.add(first, last)
        self._settle.set()
        self._wake.set()
        if receipt.refused:
            self.status_changed()
        if receipt.stream == self._spool.stream and any(one.reason in RENEW for one in receipt.refused):
            _log.warning("numbers of this stream have come before with other content: a new stream begins")
            self._stale = receipt.stream

    async def _forget_in_groups(self) -> None:
        while True:
            await self._settle.wait()
            self._settle.clear()
            if not await self._forget_receipted():
                self._settle.set()
                await asyncio.sleep(DISK_RETRY_S)
            await asyncio.sleep(SETTLE_EVERY_S)

    async def _forget_receipted(self) -> bool:
        """Delete what was receipted, in one transaction. Whether the disk took it."""
        if self._stale == self._spool.stream:
            await self._spool.begin_stream(self._clock())
        ranges, self._forget = self._forget.pairs(), Ranges()
        try:
            await self._spool.acknowledge(ranges)
        except SpoolBroken:
            raise
        except SpoolError as error:
            _log.warning("receipted batches stay in the spool for now: %s", error)
            for first, last in ranges:
                self._forget.add(first, last)
            return False
        if self._told_batches > NO_BACKLOG_BATCHES >= self._spool.batches:
            self._told_batches = 0
            self.status_changed()
        return True

    async def _report(self, client: aiomqtt.Client) -> None:
        """Publish the status now, at each beat, and when something changed.

        It looks at `stop` itself: aiomqtt waits with `asyncio.wait_for`, which on Python 3.11 swallows the
        cancellation that comes together with a PUBACK.
        """
        while True:
            self._moved_s = time.monotonic()
            self._changed.clear()
            if self._stopping.is_set():
                await asyncio.Event().wait()  # the farewell ends the connection
            await self._publish_status(client, online=True)
            await asyncio.sleep(min(STATUS_SPACING_S, self._status_interval_s))
            with suppress(TimeoutError):
                async with asyncio.timeout(max(self._status_interval_s - STATUS_SPACING_S, 0.0)):
                    await self._changed.wait()

    async def _publish_status(self, client: aiomqtt.Client, *, online: bool) -> None:
        status = await self._status(online)
        self._told_batches = status.spool.batches
        await client.publish(self._topics["status"], wire_status.encode(status), qos=1, retain=True)

    async def _until_renewed(self) -> None:
        while not self._credentials.renewed():  # noqa: ASYNC110  # a file rings no event
            await asyncio.sleep(CREDENTIALS_EVERY_S)
        raise aiomqtt.MqttError("certificate or password was renewed: connecting anew")

    async def _until_stopped(self, client: aiomqtt.Client) -> None:
        await self._stopping.wait()
        with suppress(TimeoutError, aiomqtt.MqttError):
            async with asyncio.timeout(FAREWELL_S):
                await self._forget_receipted()
                await self._publish_status(client, online=False)
        raise _Stopped
