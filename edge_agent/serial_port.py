"""A serial port for asyncio: pyserial sets it up, the event loop tells when there are bytes.

All options are set once, at opening: a pseudo-terminal keeps no parity, and changing any option of a pyserial
port afterwards (even its `timeout`) would set them all again and raise (termios error 22).
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import select
import termios
from typing import Final

import serial

from edge_agent.drivers.contract import LineLost, PortSettings

#: The most input kept unread: seconds of it at any RS-485 speed. At the bound the oldest bytes go, counted.
INPUT_BOUND_BYTES: Final = 16 * 1024
#: Longest a byte lasts on the wire: start, 8 data, parity, 2 stop bits.
_BITS_PER_BYTE: Final = 12
_REMEDIES: Final = {
    errno.ENOENT: "no such port; is the adapter plugged in? `ls /dev/serial/by-id` lists what is",
    errno.EACCES: "permission denied; `sudo usermod -aG dialout $USER`, then log in again",
    errno.EPERM: "permission denied; `sudo usermod -aG dialout $USER`, then log in again",
    errno.EBUSY: "another program holds it; `fuser -v` names it",
    errno.EAGAIN: "another program holds it; `fuser -v` names it",
}


class Echo:
    """Takes out of the input what an adapter returns of our own output, and nothing else.

    Bytes are held back while they are a beginning of what was sent; at the first that differs all of them
    are input after all.
    """

    def __init__(self) -> None:
        self._sent = b""
        self._held = 0

    def expect(self, sent: bytes) -> None:
        """`sent` goes out now and will come back."""
        self._sent, self._held = sent, 0

    def strip(self, data: bytes) -> bytes:
        """What of `data` is no echo."""
        if not self._sent:
            return data
        waiting = self._sent[self._held :]
        if data.startswith(waiting):
            self._sent = b""
            return data[len(waiting) :]
        if waiting.startswith(data):
            self._held += len(data)
            return b""
        held, self._sent = self._sent[: self._held], b""
        return held + data


class SerialPort:
    """`contract.Port` on an open tty. Made by `open_port`, inside a running event loop."""

    def __init__(self, device: serial.Serial, settings: PortSettings) -> None:
        self.settings = settings
        #: Bytes thrown away because nobody read them (see INPUT_BOUND_BYTES).
        self.overflowed_bytes = 0
        self._device = device
        self._fd: int = device.fileno()
        self._loop = asyncio.get_running_loop()
        self._input = bytearray()
        self._arrived = asyncio.Event()
        self._lost: str | None = None
        self._echo = Echo() if settings.local_echo else None
        self._loop.add_reader(self._fd, self._take)

    def _take(self) -> None:
        try:
            data = os.read(self._fd, 4096)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(os.strerror(error.errno or errno.EIO))
            return
        if not data:
            if self._hung_up():
                self._lose("the adapter is gone")
            return
        self._input += self._echo.strip(data) if self._echo else data
        over = len(self._input) - INPUT_BOUND_BYTES
        if over > 0:
            del self._input[:over]
            self.overflowed_bytes += over
        if self._input:
            self._arrived.set()

    def _hung_up(self) -> bool:
        # A tty with VMIN 0 also returns nothing when it was woken for nothing: only a hang-up is a loss.
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0))

    def _lose(self, why: str) -> None:
        if self._lost is None:
            self._lost = f"{self.settings.path}: line lost: {why}; is the adapter still plugged in?"
            self._loop.remove_reader(self._fd)
        self._arrived.set()

    def _check(self) -> None:
        if self._lost is not None:
            raise LineLost(self._lost)

    async def read(self, timeout_s: float) -> bytes:
        """What has come, at least one byte, or b"" after `timeout_s`. Raises LineLost once all is read."""
        if not self._input and self._lost is None:
            self._arrived.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._arrived.wait()
        if not self._input:
            self._check()
        data = bytes(self._input)
        self._input.clear()
        return data

    async def write(self, data: bytes) -> None:
        """All of `data` to the tty. Raises LineLost when the port is gone or takes nothing for too long."""
        self._check()
        if self._echo:
            self._echo.expect(data)
        allowed_s = 1.0 + 2 * len(data) * _BITS_PER_BYTE / self.settings.baud
        try:
            async with asyncio.timeout(allowed_s):
                await self._write_all(data)
        except TimeoutError:
            self._lose(f"took no bytes for {allowed_s:.1f} s")
            self._check()

    async def _write_all(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                await self._writable()
            except OSError as error:
                self._lose(os.strerror(error.errno or errno.EIO))
                self._check()

    async def _writable(self) -> None:
        ready = asyncio.Event()
        self._loop.add_writer(self._fd, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_writer(self._fd)

    def discard_input(self) -> None:
        """Forget what has come and was not read: it belongs to an earlier question."""
        self._input.clear()
        if self._echo:
            self._echo.expect(b"")
        if self._lost is None:
            with contextlib.suppress(termios.error):
                termios.tcflush(self._fd, termios.TCIFLUSH)

    def close(self) -> None:
        """Give the port back. Reading afterwards raises LineLost; closing twice is harmless."""
        self._lose("closed")
        self._device.close()


def open_port(settings: PortSettings) -> SerialPort:
    """The port, held exclusively. Raises LineLost, naming the path and what to do about it."""
    try:
        device = _open(settings, settings.parity)
    except termios.error as error:
        if settings.parity == "N" or not os.path.realpath(settings.path).startswith("/dev/pts/"):
            raise LineLost(f"{settings.path}: refuses {_shown(settings)}: {error.args[-1]}") from error
        # A pseudo-terminal has no parity to keep: the bytes are the same without.
        device = _open(settings, "N")
    return SerialPort(device, settings)


def _open(settings: PortSettings, parity: str) -> serial.Serial:
    try:
        return serial.Serial(
            port=settings.path,
            baudrate=settings.baud,
            bytesize=settings.data_bits,
            parity=parity,
            stopbits=settings.stop_bits,
            timeout=0,
            exclusive=True,
        )
    except OSError as error:  # pyserial's SerialException is one
        raise LineLost(f"{settings.path}: {_remedy(error)}") from error
    except ValueError as error:
        raise LineLost(f"{settings.path}: refuses {_shown(settings)}: {error}") from error


def _remedy(error: OSError) -> str:
    if "exclusively lock" in str(error):
        return _REMEDIES[errno.EBUSY]
    return _REMEDIES.get(error.errno or 0, str(error))


def _shown(settings: PortSettings) -> str:
    return f"{settings.baud} {settings.data_bits}{settings.parity}{settings.stop_bits}"
