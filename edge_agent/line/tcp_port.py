"""A serial line behind TCP: a serial server (Moxa, USR, EByte, Waveshare) in transparent mode.

The bytes of the line go through the connection as they are: Modbus RTU over TCP, DL/T 645 over TCP and so on,
not Modbus TCP. Speed and parity are set in the serial server, not here.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from edge_agent.drivers.contract import LineLost, PermanentError, PortSettings
from edge_agent.line.port_input import PortInput

SCHEME: Final = "tcp://"
CONNECT_TIMEOUT_S: Final = 5.0
#: A connection whose peer acknowledges nothing for so long is lost: the serial server has lost its power.
_DEAD_AFTER_S: Final = 10
_KEEPALIVE_EVERY_S: Final = 5


def host_and_port(path: str) -> tuple[str, int]:
    """Where `tcp://host:port` leads. Raises ValueError, one line."""
    wrong = f'"{path}" is no TCP port: write tcp://host:port'
    try:
        parts = urlsplit(path)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(wrong) from None
    rest = parts.path or parts.query or parts.username
    if parts.scheme != "tcp" or not host or not port or rest:
        raise ValueError(wrong)
    return host, port


class TcpPort:
    """`contract.Port` on a connection, which is made while the first bytes wait to go out.

    Made inside a running event loop. Raises ValueError where the path is no `tcp://host:port`.
    """

    def __init__(self, settings: PortSettings) -> None:
        self.settings = settings
        self._host, self._port = host_and_port(settings.path)
        self._input = PortInput(settings.path, settings.local_echo)
        self._transport: asyncio.Transport | None = None
        name = f"{settings.path}: connecting"
        self._connecting = asyncio.get_running_loop().create_task(self._connect(), name=name)

    @property
    def overflowed_bytes(self) -> int:
        """Bytes thrown away because nobody read them."""
        return self._input.overflowed_bytes

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                transport, _ = await loop.create_connection(
                    lambda: _Ear(self._input, self._gone), self._host, self._port
                )
        except TimeoutError:
            self._input.lose(f"no connection within {CONNECT_TIMEOUT_S:g} s; is the serial server on?")
        except OSError as error:
            why = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
            self._input.lose(f"{why}; is the serial server on, in TCP server mode, and the port right?")
        else:
            _notice_death(transport.get_extra_info("socket"))
            self._transport = transport

    def _gone(self, why: str) -> None:
        self._transport = None
        self._input.lose(f"line lost: {why}; the serial server has closed the connection or lost its power")

    def quiet_s(self) -> float:
        """Seconds since the last byte came or went."""
        return self._input.quiet_s()

    async def read(self, timeout_s: float, expected: int = 0) -> bytes:  # noqa: ARG002  # comes in one
        """What has come, at least one byte, or b"" after `timeout_s`. Raises LineLost once all is read."""
        return await self._input.read(timeout_s)

    async def write(self, data: bytes) -> None:
        """All of `data` to the connection. Raises LineLost where there is none."""
        await asyncio.shield(self._connecting)
        self._input.check()
        if self._transport is None:
            raise LineLost(f"{self.settings.path}: closed")
        self._input.sent(data)
        self._transport.write(data)

    async def set_baud(self, baud: int | None) -> None:
        """Raises PermanentError for any speed but the line's own."""
        if baud is not None and baud != self.settings.baud:
            raise PermanentError(
                f"{self.settings.path}: the speed is set in the serial server, not from here; "
                f"a meter that changes to {baud} baud needs a serial port of this machine",
                "device_error",
            )

    def discard_input(self) -> None:
        """Forget what has come and was not read: it belongs to an earlier question."""
        self._input.discard()

    def close(self) -> None:
        """Give the connection back. Reading afterwards raises LineLost; closing twice is harmless."""
        self._input.lose("closed")
        self._connecting.cancel()
        if self._transport is not None:
            self._transport.abort()
            self._transport = None


class _Ear(asyncio.Protocol):
    """Hands over what comes. The peer's end of file is a loss, too: a line has no half."""

    def __init__(self, heard: PortInput, gone: Callable[[str], None]) -> None:
        self._heard = heard
        self._gone = gone

    def data_received(self, data: bytes) -> None:
        self._heard.add(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone(str(exc) if exc else "the connection was closed")


def _notice_death(connection: socket.socket) -> None:
    """Let the kernel find out that the other side is gone, in seconds and not in a quarter of an hour."""
    with contextlib.suppress(OSError):  # not every kernel knows every option
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE_EVERY_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _KEEPALIVE_EVERY_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * _DEAD_AFTER_S)
