"""DL/T 645 frames, 1997 and 2007: bytes in, frames out. No I/O.

A frame (DL/T 645-2007 §5.2): `68 A0..A5 68 C L DATA CS 16`. The address is six bytes of BCD, lowest first;
each byte of DATA has 0x33 added on the wire; CS is the sum of all before it, modulo 256. Before a frame 0-4
bytes FE wake the line. The start byte 68 also occurs inside frames and begins other protocols' packets
(Q/GDW 376.1 carries whole 645 frames), so only the checksum tells a frame: the scanner tries every 68.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from edge_agent.drivers import scanning
from edge_agent.drivers.control import Controlled
from edge_agent.drivers.scanning import END, checked, checksum

START: Final = 0x68
_STARTS: Final = re.compile(rb"\x68")
#: Added to each byte of the data field on the wire (§5.2.5).
_OFFSET: Final = 0x33
_WAKE_UP: Final = b"\xfe" * 4
#: Bytes besides the data field: 68, address, 68, control, length, checksum, 16.
_OVERHEAD: Final = 12
#: §5.2.4: L ≤ 200 when reading.
LONGEST_DATA: Final = 200
#: Asks whoever is on the line (§7.1.2).
WILDCARD: Final = "aaaaaaaaaaaa"

#: Function codes: the low five bits of the control byte (2007 §7; 1997 §6).
READ_2007: Final = 0x11
READ_MORE_2007: Final = 0x12
READ_ADDRESS_2007: Final = 0x13
READ_1997: Final = 0x01
READ_MORE_1997: Final = 0x02

_ADDRESS = re.compile(r"[0-9]{1,12}|[aA]{12}")


@dataclass(frozen=True, slots=True)
class Frame(Controlled):
    """One frame whose checksum is right. `data` is the data field without the 0x33."""

    #: Its place in the buffer: `buffer[start:end]`.
    start: int
    end: int
    #: Twelve digits as printed on the meter; `a` for a wildcard nibble.
    address: str
    control: int
    data: bytes

    @property
    def function(self) -> int:
        """What is asked or answered: the low five bits of the control byte."""
        return self.control & 0x1F

    @property
    def version(self) -> Literal["1997", "2007"]:
        """Which standard the function code is of: 2007 begins above 10H."""
        return "2007" if self.function > 0x10 else "1997"

    @property
    def more_follows(self) -> bool:
        """There is more to be fetched with a follow-on request (D5)."""
        return bool(self.control & 0x20)


Scan = scanning.Scan[Frame]


def normal_address(text: str | int) -> str:
    """The address as twelve digits. Raises ValueError where it is none.

    >>> normal_address(161)
    '000000000161'
    """
    digits = str(text)
    if _ADDRESS.fullmatch(digits) is None:
        raise ValueError(f'"{digits}" is no meter address: up to 12 digits, as printed on the meter')
    return digits.lower().zfill(12)


def encode(address: str, control: int, data: bytes = b"", wake_up: bytes = _WAKE_UP) -> bytes:
    """A frame as it goes on the wire."""
    if len(data) > LONGEST_DATA:
        raise ValueError(f"{len(data)} bytes of data, at most {LONGEST_DATA}")
    wire_address = bytes.fromhex(normal_address(address))[::-1]
    body = bytes(
        [START, *wire_address, START, control, len(data), *((byte + _OFFSET) & 0xFF for byte in data)]
    )
    return wake_up + body + bytes([checksum(body), END])


def di_bytes(di: str) -> bytes:
    """A data identifier as it stands in the data field: lowest byte first."""
    return bytes.fromhex(di)[::-1]


def read_request(address: str, di: str) -> bytes:
    """Asks for one data identifier: four bytes make it a 2007 request, two a 1997 one."""
    return encode(address, READ_2007 if len(di) == 8 else READ_1997, di_bytes(di))


def read_more_request(address: str, di: str, sequence: int) -> bytes:
    """Asks for follow-on frame `sequence` (from 1) of a data identifier (2007 §7.1.4; 1997: uncounted)."""
    if len(di) == 4:
        return encode(address, READ_MORE_1997, di_bytes(di))
    return encode(address, READ_MORE_2007, di_bytes(di) + bytes([sequence]))


def scan(buffer: bytes) -> Scan:
    """All frames in `buffer`, whatever stands before, between and after them."""
    return scanning.scan(buffer, _STARTS, _frame_at, _could_be)


def _could_be(buffer: bytes, start: int) -> bool:
    head = buffer[start : start + 10]
    return (len(head) < 8 or head[7] == START) and (len(head) < 10 or head[9] <= LONGEST_DATA)


def _frame_at(buffer: bytes, start: int) -> Frame | None:
    """The frame that begins at `start`; None where none does, or not all of it is there.

    Raises FrameError where a whole frame is broken.
    """
    if len(buffer) < start + 10 or not _could_be(buffer, start):
        return None
    end = start + _OVERHEAD + buffer[start + 9]
    if len(buffer) < end:
        return None
    body = checked(buffer, start, start, end)
    address = body[6:0:-1].hex()
    return Frame(start, end, address, body[8], bytes((byte - _OFFSET) & 0xFF for byte in body[10:]))
