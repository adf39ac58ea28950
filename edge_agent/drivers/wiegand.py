"""Wiegand badge readers behind a UART bridge, 9600 8N1.

A bridge (a few lines of firmware that count the pulses on D0 and D1) prints the bits of a card as text, first
bit first, one line a card: `10111101100010001110101110` and a line feed. Parity stays in, so that a lost
pulse is noticed.

26 bits (H10301): even parity over the first 12 data bits, 8 bits of facility, 16 of number, odd parity over
the last 12. 34 bits: the same with twice 16 data bits. 37 bits (H10302, H10304): 35 data bits between the
parities, each over 18 of them, the middle one in both; H10304 takes the first 16 for a facility. 32 bits: a
card's number bare, as readers send a UID that were told to leave parity out (bit layouts as in proxmark3,
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


#: Bits of a format to how many of them each of its two parities covers, itself included; 0: it has none.
_PARITIES: Final = {26: 13, 32: 0, 34: 17, 37: 19}


@dataclass(frozen=True, slots=True)
class Card:
    """The data of a card, parity taken off. `bits` are those of its format."""

    bits: int
    data: int

    @property
    def checked(self) -> bool:
        """Whether parity has proved it."""
        return _PARITIES[self.bits] > 0

    @property
    def facility(self) -> int:
        """8 bits of 26, 16 of 37 where it is H10304."""
        return self.data >> (16 if self.bits == 26 else 19)

    @property
    def number(self) -> int:
        """16 bits of 26, 19 of 37 where it is H10304, else all 32."""
        return self.data & {26: 0xFFFF, 37: 0x7FFFF}.get(self.bits, 0xFFFFFFFF)

    @property
    def swapped(self) -> int:
        """The data bytes in the other order: some readers send a UID's last byte first."""
        return int.from_bytes(self.data.to_bytes(4, "big"), "little")

    def printed(self, byte_order: ByteOrder = "as_sent") -> str:
        """As it stands on cards: `123,04567` of 26 bits, ten digits of 32 and 34.

        Of 37 bits nothing says whether a facility is in them: all bits with their parity in hex, from the
        left, as OSDP readers send them.
        """
        if self.bits == 26:
            return f"{self.facility:03d},{self.number:05d}"
        if self.bits == 37:
            return f"37:{_with_parity(self) << 3:010X}"
        return f"{self.swapped if byte_order == 'swapped' else self.data:010d}"


def card(bits: str) -> Card:
    """The card in a string of 0 and 1. Raises FrameError: `bit_count`, `parity_mismatch`."""
    covered = _PARITIES.get(len(bits))
    if covered is None or _BITS.fullmatch(bits) is None:
        raise FrameError("bit_count", f"{len(bits)} bits, a card has 26, 32, 34 or 37", bits=len(bits))
    if not covered:
        return Card(len(bits), int(bits, 2))
    found = Card(len(bits), int(bits[1:-1], 2))
    if bits[:covered].count("1") % 2 != 0 or bits[-covered:].count("1") % 2 != 1:
        fields = {"facility_code": found.facility} if found.bits in (26, 37) else {}
        raise FrameError("parity_mismatch", "a parity bit is wrong", card_number=found.number, **fields)
    return found


def _with_parity(found: Card) -> int:
    """All 37 bits: the parities follow from the data."""
    data = f"{found.data:035b}"
    first, last = data[:18].count("1") % 2, 1 - data[-18:].count("1") % 2
    return first << 36 | found.data << 1 | last


def decode(data: bytes, asked: Asked) -> dict[str, Any]:
    """The fields of a card from its bits as text. Raises FrameError."""
    try:
        bits = data.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise FrameError("malformed", "no text of 0 and 1") from error
    return _fields(card(bits), bits, asked)


def _fields(found: Card, bits: str, asked: Asked) -> dict[str, Any]:
    if found.bits == 26:
        words = {"format": _format_26(bits, asked), "facility_code": found.facility}
    elif found.bits == 37:
        words = {
            "format": "37 bit: H10304 (facility and number), or H10302 (one number)",
            "facility_code": found.facility,
            "card_number_35_bits": found.data,
        }
    else:
        framing = "even parity + 32 data + odd parity" if found.checked else "32 data, no parity"
        words = {
            "format": f"{found.bits} bit: {framing}",
            "uid_hex": f"{found.data:08X}",
            "byte_swapped": found.swapped,
        }
    proof = {"parity_ok": True if found.checked else None}
    return {**words, "bits": found.bits, "card_number": found.number, **proof}


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


def _good(bits: str) -> Card | None:
    try:
        return card(bits)
    except FrameError:
        return None


class Wiegand:
    """Listens to one bridge. `byte_order` "swapped" is for readers that send a UID's last byte first.

    A reader has one format. Where cards have come with parity, 32 bare bits are one of them that lost pulses.
    """

    def __init__(self, byte_order: ByteOrder = "as_sent") -> None:
        self._byte_order: ByteOrder = byte_order

    async def listen(self, port: Port, counters: LineCounters) -> AsyncIterator[CardRead]:
        """One CardRead a line. Lines with wrong parity or length are counted. Raises LineLost."""
        waiting, parity_heard = b"", False
        while True:
            *lines, waiting = re.split(rb"[\r\n]+", waiting + await port.read(_READ_TIMEOUT_S))
            if len(waiting) > _LONGEST_LINE:
                waiting = b""
                counters.checksum_errors += 1
            for line in filter(None, map(_bits, lines)):
                found = _good(line)
                if found is None or (parity_heard and not found.checked):
                    counters.checksum_errors += 1
                    continue
                parity_heard = parity_heard or found.checked
                counters.replies += 1
                yield CardRead(found.printed(self._byte_order))
