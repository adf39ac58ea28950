"""What a serial line carries, seen from the devices: bytes heard, bytes said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

#: Whether a device is silent at a moment (UTC ms): broken, unplugged, out of power.
Silence = Callable[[int], bool]


def never(_time_ms: int) -> bool:
    """A device that always answers."""
    return False


class Transmission(NamedTuple):
    """A frame that a device sends of itself, and when."""

    time_ms: int
    frame: bytes


class Bus(Protocol):
    """The devices of one line under one protocol."""

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:
        """Replies to the requests that `data` completes."""
        ...

    def next_transmission(self, after_ms: int) -> Transmission | None:  # noqa: ARG002  # see the docstring
        """The first frame sent unasked after `after_ms`, if one is due soon: most speak only when asked."""
        return None

    def spoil(self, frame: bytes) -> bytes:
        """The same frame with a wrong checksum."""
        ...


def bits_turned(frame: bytes, at: int) -> bytes:
    """The frame with some bits of byte `at` (from the end where negative) turned."""
    spoilt = bytearray(frame)
    spoilt[at] ^= 0x5A
    return bytes(spoilt)


class Heard:
    """Bytes heard and not yet understood; after a silence what came before it is forgotten."""

    __slots__ = ("_forget_after_ms", "_last_ms", "buffer")

    def __init__(self, forget_after_ms: int) -> None:
        self._forget_after_ms = forget_after_ms
        self._last_ms = 0
        self.buffer = bytearray()

    def add(self, data: bytes, now_ms: int) -> None:
        """Take in what came at `now_ms`."""
        if now_ms - self._last_ms > self._forget_after_ms:
            self.buffer.clear()
        self._last_ms = now_ms
        self.buffer += data


@dataclass(frozen=True, slots=True)
class LineFaults:
    """What a bad line does. Every `…_every` counts frames sent: 0 is never, 3 is each third.

    `baud` makes bytes take their time (10 bits each); None sends at once.
    """

    baud: int | None = None
    local_echo: bool = False
    noise: bytes = b"\x00\xff"
    noise_every: int = 0
    bad_checksum_every: int = 0
    lost_every: int = 0


class Spoiler:
    """Applies a line's faults to frame after frame."""

    __slots__ = ("_bus", "_faults", "_sent")

    def __init__(self, bus: Bus, faults: LineFaults) -> None:
        self._bus = bus
        self._faults = faults
        self._sent = 0

    def on_the_wire(self, frame: bytes) -> bytes:
        """What arrives in place of `frame`; nothing when it is lost."""
        self._sent += 1
        if self._hits(self._faults.lost_every):
            return b""
        if self._hits(self._faults.bad_checksum_every):
            frame = self._bus.spoil(frame)
        return self._faults.noise + frame if self._hits(self._faults.noise_every) else frame

    def _hits(self, every: int) -> bool:
        return every > 0 and self._sent % every == 0
