"""Serial lines that are not there: a pseudo-terminal under a stable name, devices on its far end."""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Final

from simulator.devices.bus import Bus, LineFaults, Spoiler

_READ_BYTES: Final = 4096
#: Bytes handed over at a time where a baud rate is kept: a FIFO of a UART holds about as many.
_PIECE_BYTES: Final = 8
_BITS_PER_BYTE: Final = 10
#: A device thinks this long before it answers, where a baud rate is kept.
_TURNAROUND_S: Final = 0.004
#: The next unasked frame is looked for at least this often: a clock that jumps must not silence a line.
_LOOK_EVERY_S: Final = 5.0
#: Its place in what tcgetattr gives (termios(3)).
_OUTPUT_SPEED: Final = 5
#: What was due longer ago (the process was stopped) is not said any more.
_TOO_LATE_MS: Final = 2_000


class SimulatedLine:
    """One line: `link` points to the terminal to open, `bus` holds the devices.

    Runs on the event loop that calls `plug`. One end of the terminal stays open here, so whoever reads the
    line may close and open it as they like. What nobody reads fills the kernel's buffer; what does not fit is
    lost, as on a wire, and counted in `lost_bytes`.
    """

    def __init__(
        self,
        link: Path,
        bus: Bus,
        clock: Callable[[], int],
        faults: LineFaults | None = None,
        only_baud: int | None = None,
    ) -> None:
        """With `only_baud` the devices hear only who speaks at this speed, and are heard by nobody else."""
        self.link = link
        self._only_baud = only_baud
        self.lost_bytes = 0
        self._bus = bus
        self._clock = clock
        self._faults = faults or LineFaults()
        self._spoiler = Spoiler(bus, self._faults)
        self._ends: tuple[int, int] | None = None
        self._free_at_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._said_until_ms = 0

    @property
    def plugged(self) -> bool:
        """Whether the terminal is there."""
        return self._ends is not None

    def plug(self) -> None:
        """Make the terminal and the link to it. Raises RuntimeError when it is there already."""
        if self._ends is not None:
            raise RuntimeError(f"{self.link} is plugged in already")
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._ends = master, slave
        _point(self.link, os.ttyname(slave))
        asyncio.get_running_loop().add_reader(master, self._read)
        self._look(self._clock())

    def unplug(self) -> None:
        """Take it away, as an adapter is pulled: who has it open gets an error. Twice is as good as once."""
        if self._ends is None:
            return
        master, slave = self._ends
        self._ends = None
        if self._timer is not None:
            self._timer.cancel()
        asyncio.get_running_loop().remove_reader(master)
        self.link.unlink(missing_ok=True)
        os.close(master)
        os.close(slave)

    def _read(self) -> None:
        if self._ends is None:
            return
        try:
            data = os.read(self._ends[0], _READ_BYTES)
        except BlockingIOError:
            return
        if self._faults.local_echo:
            self._put(data)
        if not self._understood():
            return
        for reply in self._bus.hear(data, self._clock()):
            self._say(reply, heard_bytes=len(data))
        if self._timer is not None:
            # What it was asked may make it speak of itself sooner than was foreseen.
            self._timer.cancel()
            self._look(self._said_until_ms)

    def _say(self, frame: bytes, heard_bytes: int = 0) -> None:
        """Send a frame at once, or byte by byte in the time a real line takes."""
        wire = self._spoiler.on_the_wire(frame)
        if self._faults.baud is None:
            self._put(wire)
            return
        loop = asyncio.get_running_loop()
        byte_s = _BITS_PER_BYTE / self._faults.baud
        at_s = max(loop.time() + _TURNAROUND_S + heard_bytes * byte_s, self._free_at_s)
        for first in range(0, len(wire), _PIECE_BYTES):
            piece = wire[first : first + _PIECE_BYTES]
            at_s += len(piece) * byte_s
            loop.call_at(at_s, self._put, piece)
        self._free_at_s = at_s

    def _understood(self) -> bool:
        """Whether whoever has the terminal open has set the devices' speed (a terminal itself has none)."""
        if self._only_baud is None or self._ends is None:
            return True
        speed = termios.tcgetattr(self._ends[0])[_OUTPUT_SPEED]
        return bool(speed == getattr(termios, f"B{self._only_baud}"))

    def _put(self, data: bytes) -> None:
        if self._ends is None or not self._understood():
            self.lost_bytes += len(data)
            return
        try:
            written = os.write(self._ends[0], data)
        except BlockingIOError:
            written = 0
        self.lost_bytes += len(data) - written

    def _look(self, said_until_ms: int) -> None:
        """Say what is due by now and come back for what follows."""
        now_ms = self._clock()
        wait_s = _LOOK_EVERY_S
        after_ms = max(said_until_ms, now_ms - _TOO_LATE_MS)
        while (due := self._bus.next_transmission(after_ms)) is not None:
            if due.time_ms > now_ms:
                wait_s = min(wait_s, (due.time_ms - now_ms) / 1000)
                break
            self._say(due.frame)
            after_ms = due.time_ms
        self._said_until_ms = min(after_ms, now_ms)
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._look, self._said_until_ms)


def _point(link: Path, target: str) -> None:
    """Make `link` lead to `target` in one step, so that nobody finds it missing."""
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
