"""Wiegand badge readers behind a UART bridge, 9600 8N1.

A bridge (a few lines of firmware that count the pulses on D0 and D1) prints the bits of a card as text, first
bit first, one line a card: `10111101100010001110101110` and a line feed. Parity stays in, so that a lost
pulse is noticed.

26 bits (H10301): even parity over the first 12 data bits, 8 bits of facility, 16 of number, odd parity over
the last 12. 34 bits: the same with twice 16 data bits (bit layouts as in proxmark3,
client/src/wiegand_formats.c).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from edge_agent.drivers.contract import CardRead, LineCounters, Port
from edge_agent.drivers.decoding import Asked, FrameError

ByteOrder = Literal["as_sent", "swapped"]

_BITS = re.compile(r"[01]+")
#: Longer than any Wiegand format in use; what goes on without a line end is noise.
_LONGEST_LINE: Final = 128
_READ_TIMEOUT_S: Final = 1.0
#: What stands before and behind the bits when a line opens: control marks, and bytes that are no ASCII.
_NOISE: Final = "".join(map(chr, range(33))) + "\x7f\ufffd"
#: HID's 37 bits of a 26-bit card as its programmers show them: a leading 1, a sentinel, then the card's bits.
_HID_26_SENTINEL: Final = 0x2004000000


@dataclass(frozen=True, slots=True)
class Card:
    """The data of a card of 26 or 34 bits, parity taken off."""

    bits: int
    data: int

    @property
    def facility(self) -> int:
        """The first 8 of 24 data bits."""
        return self.data >> 16

    @property
    def number(self) -> int:
        """16 bits of 26, 32 bits of 34."""
        return self.data & 0xFFFF if self.bits == 26 else self.data

    @property
    def swapped(self) -> int:
        """The data bytes in the other order: some 34-bit readers send a UID's last byte first."""
        width = (self.bits - 2) // 8
        return int.from_bytes(self.data.to_bytes(width, "big"), "little")

    def printed(self, byte_order: ByteOrder = "as_sent") -> str:
        """As it stands on cards: `123,04567` of 26 bits, ten digits of 34."""
        if self.bits == 26:
            return f"{self.facility:03d},{self.number:05d}"
        return f"{self.swapped if byte_order == 'swapped' else self.data:010d}"


def card(bits: str) -> Card:
    """The card in a string of 0 and 1. Raises FrameError: `bit_count`, `parity_mismatch`."""
    if len(bits) not in (26, 34) or _BITS.fullmatch(bits) is None:
        raise FrameError("bit_count", f"{len(bits)} bits, a card has 26 or 34", bits=len(bits))
    half = len(bits) // 2
    found = Card(len(bits), int(bits[1:-1], 2))
    if bits[:half].count("1") % 2 != 0 or bits[half:].count("1") % 2 != 1:
        fields = {"facility_code": found.facility} if found.bits == 26 else {}
        raise FrameError("parity_mismatch", "a parity bit is wrong", card_number=found.number, **fields)
    return found


def decode(data: bytes, asked: Asked) -> dict[str, Any]:
    """The fields of a card from its bits as text. Raises FrameError."""
    try:
        bits = data.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise FrameError("malformed", "no text of 0 and 1") from error
    found = card(bits)
    if found.bits == 26:
        return {
            "format": _format_26(bits, asked),
            "bits": found.bits,
            "facility_code": found.facility,
            "card_number": found.number,
            "parity_ok": True,
        }
    return {
        "format": "34 bit: even parity + 32 data + odd parity",
        "bits": found.bits,
        "uid_hex": f"{found.data:08X}",
        "card_number": found.number,
        "byte_swapped": found.swapped,
        "parity_ok": True,
    }


def _format_26(bits: str, asked: Asked) -> str:
    """26 bits alone do not say what is behind them: only HID's raw number names the format of a HID card."""
    raw = asked.inputs.get("hid_raw_hex")
    if raw is None:
        return "26 bit (low 24 bits of an EM4100 id)"
    if int(str(raw), 16) != _HID_26_SENTINEL | int(bits, 2):
        raise FrameError("malformed", f"these bits are not those of the HID card {raw}")
    return "H10301"


def _bits(line: bytes) -> str:
    """A line without the noise of a bridge that has just got power before it."""
    return line.decode("ascii", errors="replace").strip(_NOISE)


class Wiegand:
    """Listens to one bridge. `byte_order` "swapped" is for 34-bit readers that send a UID the other way."""

    def __init__(self, byte_order: ByteOrder = "as_sent") -> None:
        self._byte_order: ByteOrder = byte_order

    async def listen(self, port: Port, counters: LineCounters) -> AsyncIterator[CardRead]:
        """One CardRead a line. Lines with wrong parity or length are counted. Raises LineLost."""
        waiting = b""
        while True:
            *lines, waiting = re.split(rb"[\r\n]+", waiting + await port.read(_READ_TIMEOUT_S))
            if len(waiting) > _LONGEST_LINE:
                waiting = b""
                counters.checksum_errors += 1
            for line in filter(None, map(_bits, lines)):
                try:
                    found = card(line)
                except FrameError:
                    counters.checksum_errors += 1
                    continue
                counters.replies += 1
                yield CardRead(found.printed(self._byte_order))
