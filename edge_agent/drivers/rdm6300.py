"""RDM6300 and alike: 125 kHz badge readers that send a card's number by themselves, 9600 8N1.

A frame is `02`, ten hex digits (a version byte and four of card number), two of checksum, `03`; the checksum
is the exclusive or of the five bytes (Seeed wiki, 125 kHz RFID module). ID-12LA and ID-20LA send CR and LF
before the `03` (ID Innovations data sheet, ASCII format). A reader repeats the frame for as long as the card
stays.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from edge_agent.drivers.card import card_of_uid
from edge_agent.drivers.contract import CardRead, LineCounters, Port
from edge_agent.drivers.decoding import Asked, FrameError

_START: Final = 0x02
_END: Final = 0x03
#: Without and with CR LF before the 03.
_FRAME_BYTES: Final = (14, 16)
_DIGITS_BYTES: Final = 12
_LINE_END: Final = b"\r\n"
_DIGITS = re.compile(rb"[0-9A-Fa-f]{12}")
#: Longest wait for a byte before looking again whether the line is still there.
_READ_TIMEOUT_S: Final = 1.0

#: A card's number: the ten digits printed on it, or all five bytes where the first one tells cards apart.
CardNumber = Literal["printed", "whole"]


@dataclass(frozen=True, slots=True)
class Card:
    """What a frame says. `tag` is the five bytes of the card."""

    tag: bytes

    @property
    def number(self) -> int:
        """The 32 bits that are printed on the card in decimal."""
        return int.from_bytes(self.tag[1:], "big")

    @property
    def printed(self) -> str:
        """The number as printed: ten digits."""
        return f"{self.number:010d}"

    def numbered(self, by: CardNumber) -> str:
        """The number that stands for the card."""
        return self.printed if by == "printed" else card_of_uid(self.tag)


@dataclass(frozen=True, slots=True)
class Scan:
    """Cards and broken frames in a buffer; `rest` is the beginning of a frame that is still coming."""

    cards: tuple[Card, ...]
    faults: tuple[FrameError, ...]
    rest: bytes


def scan(buffer: bytes) -> Scan:
    """Everything in `buffer`; bytes outside frames are noise."""
    cards: list[Card] = []
    faults: list[FrameError] = []
    at = buffer.find(_START)
    while at >= 0:
        frame = buffer[at : at + max(_FRAME_BYTES)]
        stop = _stop(frame)
        if stop is None and len(frame) < max(_FRAME_BYTES):
            return Scan(tuple(cards), tuple(faults), frame)
        try:
            cards.append(_card(frame[:stop]))
        except FrameError as fault:
            faults.append(fault)
        at = buffer.find(_START, at + (stop or 1))
    return Scan(tuple(cards), tuple(faults), b"")


def _stop(frame: bytes) -> int | None:
    """Where a frame ends: behind its 03, or before the 02 of the next."""
    for place, byte in enumerate(frame[1:], 1):
        if byte == _END:
            return place + 1
        if byte == _START:
            return place
    return None


def _card(frame: bytes) -> Card:
    digits, rest = frame[1 : 1 + _DIGITS_BYTES], frame[1 + _DIGITS_BYTES :]
    if len(frame) not in _FRAME_BYTES or frame[-1] != _END:
        raise FrameError("length_mismatch", f"frame of {len(frame)} bytes, must be 14 or 16: 02 … 03")
    if _DIGITS.fullmatch(digits) is None or rest[:-1] not in (b"", _LINE_END):
        raise FrameError("malformed", f"no 12 hex digits between 02 and 03: {frame[1:-1]!r}")
    content = bytes.fromhex(digits.decode())
    tag, check = content[:5], content[5]
    if checksum(tag) != check:
        raise FrameError(
            "checksum_mismatch",
            f"checksum {check:02X} in the frame, {checksum(tag):02X} calculated",
            checksum_in_frame=f"{check:02X}",
            checksum_calculated=f"{checksum(tag):02X}",
            tag_hex=tag.hex().upper(),
        )
    return Card(tag)


def checksum(tag: bytes) -> int:
    """The exclusive or of all bytes."""
    return functools.reduce(operator.xor, tag, 0)


def decode(data: bytes, asked: Asked) -> dict[str, Any]:  # noqa: ARG001  # every protocol is called alike
    """The fields of the first good frame in `data`, and how many frames and cards there are.

    Raises FrameError.
    """
    found = scan(data)
    if not found.cards:
        if found.faults:
            raise found.faults[0]
        if found.rest:
            raise FrameError("incomplete_frame", f"the frame breaks off after {len(found.rest)} bytes")
        raise FrameError("no_frame", f"no frame in {len(data)} bytes: no 02")
    card = found.cards[0]
    return {
        "frames": len(found.cards),
        "distinct_tags": len({one.tag for one in found.cards}),
        "tag_hex": card.tag.hex().upper(),
        "version": card.tag[0],
        "card_number": card.number,
        "card_number_10d": card.printed,
        "wiegand26": f"{card.tag[2]:03d},{int.from_bytes(card.tag[3:], 'big'):05d}",
        "checksum": f"{checksum(card.tag):02X}",
        "checksum_ok": True,
    }


class Rdm6300:
    """Listens to one reader. `card_number` "whole" is for sites whose cards differ in the first byte too."""

    def __init__(self, card_number: CardNumber = "printed") -> None:
        self._card_number: CardNumber = card_number

    async def listen(self, port: Port, counters: LineCounters) -> AsyncIterator[CardRead]:
        """One CardRead a frame. Raises LineLost."""
        waiting = b""
        while True:
            found = scan(waiting + await port.read(_READ_TIMEOUT_S))
            waiting = found.rest
            counters.replies += len(found.cards)
            counters.checksum_errors += len(found.faults)
            for card in found.cards:
                yield CardRead(card.numbered(self._card_number))
