"""RDM6300: a 125 kHz badge reader that sends what it sees, unasked.

A frame is 02, ten hex digits of the card (version and 32-bit number), two of checksum (the exclusive or of
the five bytes), 03. It is repeated while the card stays in the field.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import xor
from typing import Final

from simulator.devices.bus import Silence, Transmission, never
from simulator.model.people import Swipe
from wire.durations import MINUTE_MS

#: How long a frame and the pause after it take at 9600 baud, as readers of this kind repeat them.
_REPEAT_MS: Final = 65
_FEWEST_REPEATS: Final = 2
_MOST_REPEATS: Final = 4
#: How far ahead the reader looks for the next card.
_HORIZON_MS: Final = 30 * MINUTE_MS


def card_frame(card: str) -> bytes:
    """The 14 bytes for a card of ten hex digits. Raises ValueError for anything else."""
    number = bytes.fromhex(card)
    if len(number) != 5:
        raise ValueError(f"{card!r} is no card: 10 hex digits")
    return b"\x02" + number.hex().upper().encode() + f"{reduce(xor, number):02X}".encode() + b"\x03"


class BadgeReader:
    """One reader on a line of its own. `swipes(start, end)` are the cards held to it in [start, end)."""

    def __init__(self, swipes: Callable[[int, int], Sequence[Swipe]], silent: Silence = never) -> None:
        self._swipes = swipes
        self._silent = silent

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:  # noqa: ARG002  # it has no receiver
        """Nothing: a reader of this kind has no receiver."""
        return []

    def next_transmission(self, after_ms: int) -> Transmission | None:
        """The first frame after `after_ms`, None when no card is near within the next half hour."""
        held_ms = _REPEAT_MS * _MOST_REPEATS
        for swipe in self._swipes(after_ms - held_ms, after_ms + _HORIZON_MS):
            for repeat in range(_repeats(swipe)):
                time_ms = swipe.time_ms + repeat * _REPEAT_MS
                if time_ms > after_ms and not self._silent(time_ms):
                    return Transmission(time_ms, card_frame(swipe.card))
        return None

    def spoil(self, frame: bytes) -> bytes:
        """The frame with another checksum digit."""
        digit = b"1" if frame[-2:-1] == b"0" else b"0"
        return frame[:-2] + digit + frame[-1:]


def _repeats(swipe: Swipe) -> int:
    return _FEWEST_REPEATS + swipe.time_ms % (_MOST_REPEATS - _FEWEST_REPEATS + 1)
