"""Finding frames in what a line gave, where they begin with a start byte and end with a sum and 16."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from edge_agent.drivers.decoding import FrameError, spaced

#: The last byte of a frame of FT1.2 (IEC 60870-5-2), which DL/T 645, CJ/T 188 and M-Bus are made after.
END: Final = 0x16
#: So much of a frame is named where it is refused: whose it is stands in it.
_HEAD_BYTES: Final = 10


class Placed(Protocol):
    """A frame that knows its place: `buffer[start:end]`."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


F = TypeVar("F", bound=Placed)


@dataclass(frozen=True, slots=True)
class Scan(Generic[F]):
    """What a buffer holds. `faults` are frames that came whole but broken, in order."""

    frames: tuple[F, ...]
    faults: tuple[FrameError, ...]
    #: Where a frame begins that has not come to its end, or None.
    unfinished_at: int | None


def scan(
    buffer: bytes,
    starts: re.Pattern[bytes],
    frame_at: Callable[[bytes, int], F | None],
    could_be: Callable[[bytes, int], bool],
    settles: Callable[[F], bool] = lambda _: True,
) -> Scan[F]:
    """All frames in `buffer`, whatever stands before, between and after them.

    `starts` matches a byte a frame may begin with, which may stand inside frames too: each is tried.
    `frame_at` gives the frame that begins there, None where none does or not all of it is there, and raises
    FrameError where a whole one is broken; `could_be` says whether what is there may become one. A frame that
    `settles` shows that what seemed unfinished before it was none.
    """
    frames: list[F] = []
    faults: list[FrameError] = []
    unfinished: int | None = None
    found = starts.search(buffer)
    while found is not None:
        at, beyond = found.start(), found.end()
        try:
            frame = frame_at(buffer, at)
        except FrameError as fault:
            faults.append(fault)
        else:
            if frame is not None:
                frames.append(frame)
                unfinished = None if settles(frame) else unfinished
                beyond = frame.end
            elif unfinished is None and could_be(buffer, at):
                unfinished = at
        found = starts.search(buffer, beyond)
    return Scan(tuple(frames), tuple(faults), unfinished)


def checksum(body: bytes) -> int:
    """The sum of all bytes, modulo 256."""
    return sum(body) & 0xFF


def checked(buffer: bytes, start: int, body_at: int, end: int) -> bytes:
    """What the sum of the frame `buffer[start:end]` is over: from `body_at` on. Raises FrameError."""
    body, check, last = buffer[body_at : end - 2], buffer[end - 2], buffer[end - 1]
    head = spaced(buffer[start : start + _HEAD_BYTES])
    if last != END:
        raise FrameError(
            "end_byte_missing", f"frame at byte {start} ({head} …): ends with {last:02X}, not 16", head=head
        )
    if checksum(body) != check:
        raise FrameError(
            "checksum_mismatch",
            f"frame at byte {start} ({head} …): checksum {check:02X} in it, {checksum(body):02X} calculated",
            head=head,
            checksum_in_frame=f"{check:02X}",
            checksum_calculated=f"{checksum(body):02X}",
        )
    return body
