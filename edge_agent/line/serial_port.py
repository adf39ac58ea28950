"""A serial port for asyncio: pyserial sets it up, the event loop tells when there are bytes.

All options are set once, at opening: a pseudo-terminal keeps no parity, and changing any option of a pyserial
port afterwards (even its `timeout`) would set them all again and raise (termios error 22). The one that does
change, the speed, is set alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import select
import termios
from dataclasses import replace
from typing import Final

import serial

from edge_agent.drivers.contract import LineLost, PortSettings
from edge_agent.language import said
from edge_agent.line.port_input import PortInput
from edge_agent.line.tcp_port import SCHEME, TcpPort

#: Longest a byte lasts on the wire: start, 8 data, parity, 2 stop bits.
_BITS_PER_BYTE: Final = 12
#: What to do about it, as a message.
_REMEDIES: Final = {
    errno.ENOENT: "port_absent",
    errno.EACCES: "port_denied",
    errno.EPERM: "port_denied",
    errno.EBUSY: "port_held",
    errno.EAGAIN: "port_held",
}


class SerialPort:
    """`contract.Port` on an open tty. Made by `open_port`, inside a running event loop."""

    def __init__(self, device: serial.Serial, settings: PortSettings) -> None:
        self.settings = settings
        self._device = device
        self._fd: int = device.fileno()
        self._loop = asyncio.get_running_loop()
        self._input = PortInput(settings.path, settings.local_echo)
        self._baud = settings.baud
        self._loop.add_reader(self._fd, self._take)

    @property
    def overflowed_bytes(self) -> int:
        """Bytes thrown away because nobody read them."""
        return self._input.overflowed_bytes

    def _take(self) -> None:
        try:
            data = os.read(self._fd, 4096)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(os.strerror(error.errno or errno.EIO))
            return
        if data:
            self._input.add(data)
        elif self._hung_up():
            self._lose("the adapter is gone")

    def _hung_up(self) -> bool:
        # A tty with VMIN 0 also returns nothing when it was woken for nothing: only a hang-up is a loss.
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))

    def _lose(self, why: str) -> None:
        if not self._input.lost:
            self._loop.remove_reader(self._fd)
        self._input.lose(f"line lost: {why}; is the adapter still plugged in?")

    def quiet_s(self) -> float:
        """Seconds since the last byte came or went."""
        return self._input.quiet_s()

    async def read(self, timeout_s: float, expected: int = 0) -> bytes:
        """What has come, at least one byte, or b"" after `timeout_s`. Raises LineLost once all is read.

        The event loop is not woken for pieces of `expected` bytes before all of them can be there: a UART
        hands over eight at a time, and each waking costs more than all that is done with the answer.
        """
        if expected > 1 and not self._input and not self._input.lost:
            self._loop.remove_reader(self._fd)
            self._loop.call_later(min(expected * self._byte_s(), timeout_s / 2), self._look_again)
        return await self._input.read(timeout_s)

    def _byte_s(self) -> float:
        settings = self.settings
        return (1 + settings.data_bits + (settings.parity != "N") + settings.stop_bits) / self._baud

    def _look_again(self) -> None:
        if not self._input.lost:
            self._loop.add_reader(self._fd, self._take)

    async def write(self, data: bytes) -> None:
        """All of `data` to the tty. Raises LineLost when the port is gone or takes nothing for too long."""
        self._input.check()
        self._input.sent(data)
        rest = self._write_now(data)
        if not rest:
            return
        allowed_s = 1.0 + 2 * len(data) * _BITS_PER_BYTE / self._baud
        try:
            async with asyncio.timeout(allowed_s):
                await self._write_all(rest)
        except TimeoutError:
            self._lose(f"took no bytes for {allowed_s:.1f} s")
            self._input.check()

    async def _write_all(self, data: bytes) -> None:
        while data:
            await self._writable()
            data = self._write_now(data)

    def _write_now(self, data: bytes) -> bytes:
        """What of `data` the tty did not take. Raises LineLost."""
        try:
            return data[os.write(self._fd, data) :]
        except BlockingIOError:
            return data
        except OSError as error:
            self._lose(os.strerror(error.errno or errno.EIO))
            self._input.check()
            return data

    async def _writable(self) -> None:
        ready = asyncio.Event()
        self._loop.add_writer(self._fd, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_writer(self._fd)

    async def set_baud(self, baud: int | None) -> None:
        """Change the speed once all that was written has left; None: as opened. Raises LineLost.

        Nothing but the speed is set: on a pseudo-terminal asking for parity again would raise.
        """
        wanted = self.settings.baud if baud is None else baud
        self._input.check()
        if wanted == self._baud:
            return
        try:
            # Waits for the adapter, a tenth of a second at 300 baud: not on the event loop.
            await asyncio.to_thread(termios.tcdrain, self._fd)
            options = termios.tcgetattr(self._fd)
            options[4] = options[5] = _speed(wanted)
            termios.tcsetattr(self._fd, termios.TCSANOW, options)
        except (termios.error, OSError) as error:
            self._lose(f"refuses {wanted} baud: {error.args[-1]}")
            self._input.check()
        self._baud = wanted

    def discard_input(self) -> None:
        """Forget what has come and was not read: it belongs to an earlier question."""
        self._input.discard()
        if not self._input.lost:
            with contextlib.suppress(termios.error):
                termios.tcflush(self._fd, termios.TCIFLUSH)

    def close(self) -> None:
        """Give the port back. Reading afterwards raises LineLost; closing twice is harmless."""
        if not self._input.lost:
            self._loop.remove_reader(self._fd)
        self._input.lose("closed")
        self._device.close()


def _speed(baud: int) -> int:
    """The termios constant of a speed. Raises OSError where there is none."""
    found: int | None = getattr(termios, f"B{baud}", None)
    if found is None:
        raise OSError(errno.EINVAL, "no such speed")
    return found


def open_line(settings: PortSettings) -> SerialPort | TcpPort:
    """The port of a line, serial or behind TCP (`tcp://host:port`). Raises LineLost."""
    return TcpPort(settings) if settings.path.startswith(SCHEME) else open_port(settings)


def open_port(settings: PortSettings) -> SerialPort:
    """The port, held exclusively. Raises LineLost, naming the path and what to do about it."""
    try:
        device = _open(settings)
    except termios.error as error:
        plain = settings.parity == "N" and settings.data_bits == 8
        if plain or not os.path.realpath(settings.path).startswith("/dev/pts/"):
            raise LineLost(f"{settings.path}: refuses {_shown(settings)}: {error.args[-1]}") from error
        # A pseudo-terminal has no parity to keep and only whole bytes: they are the same without.
        device = _open(replace(settings, parity="N", data_bits=8))
    return SerialPort(device, settings)


def _open(settings: PortSettings) -> serial.Serial:
    try:
        return serial.Serial(
            port=settings.path,
            baudrate=settings.baud,
            bytesize=settings.data_bits,
            parity=settings.parity,
            stopbits=settings.stop_bits,
            timeout=0,
            exclusive=True,
        )
    except OSError as error:  # pyserial's SerialException is one
        raise LineLost(f"{settings.path}: {_remedy(error)}") from error
    except ValueError as error:
        raise LineLost(f"{settings.path}: refuses {_shown(settings)}: {error}") from error


def _remedy(error: OSError) -> str:
    return said(_REMEDIES[error.errno]) if error.errno in _REMEDIES else str(error)


def _shown(settings: PortSettings) -> str:
    return f"{settings.baud} {settings.data_bits}{settings.parity}{settings.stop_bits}"
