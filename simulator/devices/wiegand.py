"""A Wiegand reader behind a UART bridge: each card once, as a line of 0 and 1.

26 bits: an even parity bit over the first 12 of 24 data bits, the data (the card's last three bytes), an odd
parity bit over the last 12. 34 bits: the same with 32 data bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

from simulator.devices.bus import Silence, Transmission, never
from simulator.model.people import Swipe
from wire.durations import MINUTE_MS

_HORIZON_MS: Final = 30 * MINUTE_MS


def card_bits(card: str, bits: Literal[26, 34] = 26) -> str:
    """The bits of a card of ten hex digits."""
    width = bits - 2
    data = f"{int(card, 16) & (1 << width) - 1:0{width}b}"
    first, last = data[: width // 2], data[width // 2 :]
    return f"{first.count('1') % 2}{data}{1 - last.count('1') % 2}"


class WiegandBridge:
    """One reader on a line of its own. `swipes(start, end)` are the cards held to it in [start, end)."""

    def __init__(
        self,
        swipes: Callable[[int, int], Sequence[Swipe]],
        bits: Literal[26, 34] = 26,
        silent: Silence = never,
    ) -> None:
        self._swipes = swipes
        self._bits: Literal[26, 34] = bits
        self._silent = silent

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:  # noqa: ARG002  # it has no receiver
        """Nothing: a bridge of this kind has no receiver."""
        return []

    def next_transmission(self, after_ms: int) -> Transmission | None:
        """The first card after `after_ms`, None when none is near."""
        for swipe in self._swipes(after_ms + 1, after_ms + _HORIZON_MS):
            if not self._silent(swipe.time_ms):
                line = card_bits(swipe.card, self._bits).encode() + b"\r\n"
                return Transmission(swipe.time_ms, line)
        return None

    def spoil(self, frame: bytes) -> bytes:
        """The line with its last parity bit turned: a pulse was lost."""
        turned = b"1" if frame[-3:-2] == b"0" else b"0"
        return frame[:-3] + turned + frame[-2:]
