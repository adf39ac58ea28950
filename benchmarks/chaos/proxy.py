"""Links that can be cut and slowed: TCP proxies on an event loop in a thread of their own.

Towards an MQTT broker a link also keeps the last batches that passed, for those who resend them.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Literal, Self

from benchmarks.chaos.mqtt_stream import PublishFinder
from benchmarks.chaos.plan import LinkMode

_CHUNK_BYTES: Final = 16 * 1024
#: At most so many bytes a second while a link trickles: a bad 2G.
_TRICKLE_BYTES_PER_S: Final = 2_000
_TRICKLE_STEP_S: Final = 0.1
_DELAY_S: Final = (0.2, 0.8)
#: A connection that is cut passes this much first: enough for CONNECT, then in the middle of some packet.
_CUT_AFTER_BYTES: Final = (150, 3_000)
_RESET_AFTER_S: Final = (0.1, 1.0)
_KEPT_BATCHES: Final = 200
_ABORT: Final = struct.pack("ii", 1, 0)

Way = Literal["up", "down"]


class _Connection:
    """A pair of sockets and what is done to it."""

    def __init__(self, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.ends = (near, far)
        self.left = 0
        #: A dead connection passes nothing any more and never says so.
        self.dead = False

    def abort(self) -> None:
        """RST to both sides."""
        for writer in self.ends:
            with contextlib.suppress(OSError, RuntimeError):
                sock = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            writer.transport.abort()


class Link:
    """One proxied address. All methods but `mend`, `spoil` and `batches` belong to the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, port: int, far_port: int, seed: int) -> None:
        self.port = port
        self.far_port = far_port
        #: The last batches that went up this link, as they were.
        self.batches: deque[tuple[str, bytes]] = deque(maxlen=_KEPT_BATCHES)
        self._loop = loop
        self._chance = random.Random(seed)
        self._mode: LinkMode | None = None
        self._open: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._whole = asyncio.Event()
        self._whole.set()

    def spoil(self, mode: LinkMode) -> None:
        """From now on it is bad in this way. From any thread; done when it returns."""
        self._call(self._spoil, mode)

    def mend(self) -> None:
        """It is good again. From any thread; done when it returns."""
        self._call(self._mend)

    def _call(self, work: Callable[..., object], *words: object) -> None:
        async def run() -> None:
            result = work(*words)
            if asyncio.iscoroutine(result):
                await result

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    async def listen(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def close(self) -> None:
        """Give the port back and break off what is open."""
        if self._server is not None:
            self._server.close()
        for connection in list(self._open):
            connection.abort()

    async def _spoil(self, mode: LinkMode) -> None:
        self._mode = mode
        if mode in ("hole", "dead"):
            self._whole.clear()
        if mode in ("refuse", "reset", "cut"):
            for connection in list(self._open):
                connection.abort()
        if mode == "refuse" and self._server is not None:
            self._server.close()
            self._server = None

    async def _mend(self) -> None:
        mode, self._mode = self._mode, None
        if mode == "dead":
            for connection in self._open:
                connection.dead = True
        self._whole.set()
        if self._server is None:
            await self.listen()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.far_port)
        except OSError:
            writer.transport.abort()
            return
        connection = _Connection(writer, far_writer)
        connection.left = self._chance.randint(*_CUT_AFTER_BYTES)
        self._open.add(connection)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(reader, far_writer, connection, "up"))
                group.create_task(self._carry(far_reader, writer, connection, "down"))
                if self._mode == "reset":
                    group.create_task(self._reset_soon(connection))
        except* (OSError, _Ended):
            pass
        finally:
            self._open.discard(connection)
            connection.abort()

    async def _reset_soon(self, connection: _Connection) -> None:
        await asyncio.sleep(self._chance.uniform(*_RESET_AFTER_S))
        connection.abort()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: _Connection, way: Way
    ) -> None:
        finder = PublishFinder() if way == "up" else None
        while data := await reader.read(_CHUNK_BYTES):
            await self._whole.wait()
            if connection.dead:
                continue
            if finder is not None:
                self.batches.extend(found for found in finder.feed(data) if found[0].endswith("/batch"))
            if self._mode == "cut":
                data = data[: connection.left]
                connection.left -= len(data)
            await self._pass(data, writer)
            if self._mode == "cut" and connection.left <= 0:
                connection.abort()
        if not connection.dead:
            raise _Ended

    async def _pass(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        """Hand on in the time this link takes."""
        if self._mode == "delay":
            await asyncio.sleep(self._chance.uniform(*_DELAY_S))
        step = round(_TRICKLE_BYTES_PER_S * _TRICKLE_STEP_S)
        while self._mode == "trickle" and len(data) > step:
            writer.write(data[:step])
            data = data[step:]
            await asyncio.sleep(_TRICKLE_STEP_S)
        writer.write(data)
        await writer.drain()


class _Ended(Exception):  # noqa: N818  # one side has closed: so does the other
    pass


class Links:
    """A thread with the loop that all links run on. Use as a context manager."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._links: list[Link] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name="links", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def add(self, port: int, far_port: int, seed: int = 0) -> Link:
        """A link that listens on 127.0.0.1:`port` and leads to `far_port`."""
        link = Link(self._loop, port, far_port, seed)
        asyncio.run_coroutine_threadsafe(link.listen(), self._loop).result(10)
        self._links.append(link)
        return link

    async def _end(self) -> None:
        for link in self._links:
            link.close()
        tasks = [task for task in asyncio.all_tasks(self._loop) if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Transports that were broken off close their sockets in the next turn of the loop.
        await asyncio.sleep(0.01)
