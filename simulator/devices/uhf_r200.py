"""An R200 gate reader: asked once, it names every tag in its field, or says that there is none.

BB, type, command, length, parameters, sum, 7E. A tag: strength in dBm, PC, EPC of 12 bytes, the tag's CRC-16
(polynomial 1021, preset FFFF, inverted) over PC and EPC.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Sequence
from typing import Final

from simulator.devices.bus import Bus, Heard, bits_turned
from simulator.model.people import Swipe

_POLL: Final = bytes.fromhex("BB00220000227E")
_PC: Final = bytes.fromhex("3400")
#: A helmet's tag is heard for so long while somebody walks by.
HEARD_MS: Final = 1_500


def frame(kind: int, command: int, parameters: bytes) -> bytes:
    """A frame of the module."""
    inside = bytes([kind, command, len(parameters) >> 8, len(parameters) & 255]) + parameters
    return b"\xbb" + inside + bytes([sum(inside) % 256]) + b"\x7e"


def tag_notice(epc: bytes, rssi_dbm: int = -55) -> bytes:
    """The notice of one tag."""
    # binascii's CRC has the polynomial; preset and inversion are given here.
    crc = binascii.crc_hqx(_PC + epc, 0xFFFF) ^ 0xFFFF
    return frame(0x02, 0x22, bytes([rssi_dbm & 255]) + _PC + epc + crc.to_bytes(2, "big"))


def no_tag() -> bytes:
    """The answer to a poll where there is none."""
    return frame(0x01, 0xFF, b"\x15")


def epc_of(card: str) -> bytes:
    """The tag of a card of ten hex digits: its number behind a maker's prefix."""
    return bytes.fromhex("E2806894000000") + bytes.fromhex(card)


class UhfGate(Bus):
    """One module. `swipes(start, end)` are the tags that came near in [start, end)."""

    def __init__(self, swipes: Callable[[int, int], Sequence[Swipe]]) -> None:
        self._swipes = swipes
        self._heard = Heard(forget_after_ms=200)

    def hear(self, data: bytes, now_ms: int) -> list[bytes]:
        """Answers to the polls that `data` completes."""
        self._heard.add(data, now_ms)
        answers: list[bytes] = []
        while (at := self._heard.buffer.find(_POLL)) >= 0:
            del self._heard.buffer[: at + len(_POLL)]
            near = self._swipes(now_ms - HEARD_MS, now_ms + 1)
            answers += [tag_notice(epc_of(swipe.card)) for swipe in near] or [no_tag()]
        return answers

    def spoil(self, frame: bytes) -> bytes:
        """The frame with another sum."""
        return bits_turned(frame, -2)
