"""A PN532 module on its UART: asleep until woken, it acknowledges a command and answers it.

Asked to list cards, it answers when one comes: at once for a card that lies there, else later, of itself.
Frames as in NXP's UM0701-02 §6.2.1: 00 00 FF, length, its complement, D5, answer, complement of the sum, 00.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from simulator.devices.bus import Heard, Transmission
from simulator.model.people import Swipe
from wire.durations import MINUTE_MS

_ACK: Final = bytes.fromhex("0000FF00FF00")
_WAKE: Final = 0x55
_SAM, _LIST = 0x14, 0x4A
#: A card lies on the reader for so long.
HELD_MS: Final = 400
_HORIZON_MS: Final = 30 * MINUTE_MS
#: A MIFARE Classic 1K card: SENS_RES and SEL_RES.
_SENS_RES, _SEL_RES = b"\x00\x04", b"\x08"


def frame(answer: bytes) -> bytes:
    """An answer as it goes over the wire."""
    body = b"\xd5" + answer
    return (
        b"\x00\x00\xff"
        + bytes([len(body), (256 - len(body)) % 256])
        + body
        + bytes([(256 - sum(body) % 256) % 256, 0])
    )


def card_listed(uid: bytes) -> bytes:
    """The answer that lists one card."""
    return frame(bytes([_LIST + 1, 1, 1]) + _SENS_RES + _SEL_RES + bytes([len(uid)]) + uid)


class Pn532:
    """One module. `swipes(start, end)` are the cards laid on it in [start, end); their UID is 4 bytes."""

    def __init__(self, swipes: Callable[[int, int], Sequence[Swipe]]) -> None:
        self._swipes = swipes
        self._heard = Heard(forget_after_ms=200)
        self._awake = False
        self._listing_since_ms: int | None = None

    def lose_power(self) -> None:
        """It sleeps again and has forgotten what it was asked."""
        self._awake, self._listing_since_ms = False, None

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:
        """Acknowledgements and what can be answered at once."""
        self._heard.add(data, now_ms)
        if not self._awake:
            at = self._heard.buffer.find(_WAKE)
            if at < 0:
                return []
            self._awake = True
        return [part for command in self._commands() for part in self._answers(command, now_ms)]

    def _commands(self) -> list[bytes]:
        found: list[bytes] = []
        buffer = self._heard.buffer
        while (at := buffer.find(b"\x00\xff")) >= 0 and len(buffer) > at + 4 + (buffer[at + 2] or 0):
            length = buffer[at + 2]
            body = bytes(buffer[at + 4 : at + 5 + length])
            if (length + buffer[at + 3]) % 256 == 0 and length and sum(body) % 256 == 0:
                found.append(body[1:-1])
                del buffer[: at + 5 + length]
            else:
                del buffer[: at + 1]
        return found

    def _answers(self, command: bytes, now_ms: int) -> list[bytes]:
        if command[:1] == bytes([_SAM]):
            return [_ACK, frame(bytes([_SAM + 1]))]
        if command[:1] != bytes([_LIST]):
            return [frame(b"\x7f")]
        lying = self._swipes(now_ms - HELD_MS, now_ms)
        if lying:
            return [_ACK, card_listed(_uid(lying[-1]))]
        self._listing_since_ms = now_ms
        return [_ACK]

    def next_transmission(self, after_ms: int) -> Transmission | None:
        """The answer to a listing, when its card comes."""
        if self._listing_since_ms is None:
            return None
        for swipe in self._swipes(max(after_ms + 1, self._listing_since_ms), after_ms + _HORIZON_MS):
            return Transmission(swipe.time_ms, card_listed(_uid(swipe)))
        return None

    def spoil(self, frame: bytes) -> bytes:
        """The frame with another checksum."""
        return frame[:-2] + bytes([frame[-2] ^ 0x01]) + frame[-1:]


def _uid(swipe: Swipe) -> bytes:
    return bytes.fromhex(swipe.card)[-4:]
