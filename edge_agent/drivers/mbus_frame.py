"""Wired M-Bus frames (EN 13757-2): bytes in, frames out. No I/O.

Three kinds: `E5` (yes), `10 C A CS 16` (short) and `68 L L 68 C A CI DATA CS 16` (long; L counts C, A, CI and
DATA). CS is the sum of all from C on, modulo 256.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from edge_agent.drivers import scanning
from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.scanning import END, checked, checksum

ACK: Final = 0xE5
_SHORT: Final = 0x10
_LONG: Final = 0x68
_STARTS: Final = re.compile(rb"[\x10\x68]")
#: C, A and CI are counted in L.
_SHORTEST: Final = 3

#: Control fields: reset the link; ask for data, with the frame count bit clear and set; send data.
SND_NKE: Final = 0x40
REQ_UD2: Final = (0x5B, 0x7B)
SND_UD: Final = 0x53
_RSP_UD: Final = 0x08
_SELECT: Final = 0x52
#: Addresses: the selected meter; whoever is there.
SELECTED: Final = 253
ANY: Final = 254
_MOST_PRIMARY: Final = 250

#: A number, and where it is not the only one of its kind maker, version and medium; F is any digit.
_SECONDARY = re.compile(r"[0-9A-F]{8}(?:[0-9A-F]{8})?")
_ANY_MAKER: Final = "F" * 8


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame whose checksum is right: `buffer[start:end]`. `ci` is None in a short one."""

    start: int
    end: int
    control: int
    address: int
    ci: int | None = None
    data: bytes = b""

    @property
    def is_reply(self) -> bool:
        """A meter's data, whatever its access and alarm bits (RSP_UD)."""
        return self.ci is not None and self.control & ~0x30 == _RSP_UD


Scan = scanning.Scan[Frame]


def normal_address(text: str | int) -> str:
    """A primary address (0 to 250, 254 for whoever is there) or a secondary one (8 or 16 digits, F: any).

    The 16 digits are as scanners print them: number, maker, version, medium. Raises ValueError for neither.
    """
    address = str(text).upper()
    if _SECONDARY.fullmatch(address):
        return address
    primary = address.isascii() and address.isdecimal() and len(address) <= 3
    if primary and (int(address) <= _MOST_PRIMARY or int(address) == ANY):
        return str(int(address))
    raise ValueError(
        f'"{text}" is no M-Bus address: 0 to {_MOST_PRIMARY}, {ANY}, or the 8 digits on the meter '
        "(16 with its maker, version and medium)"
    )


def short(control: int, address: int) -> bytes:
    """A short frame as it goes on the wire."""
    return bytes([_SHORT, control, address, (control + address) & 0xFF, END])


def long(control: int, address: int, ci: int, data: bytes) -> bytes:
    """A long frame as it goes on the wire."""
    body = bytes([control, address, ci]) + data
    return bytes([_LONG, len(body), len(body), _LONG]) + body + bytes([checksum(body), END])


def is_secondary(address: str) -> bool:
    """Whether a normal address selects a meter by what it is."""
    return _SECONDARY.fullmatch(address) is not None


def fits(wanted: str, secondary: str) -> bool:
    """Whether a meter's 16 digits are those wanted (8 or 16, F: any)."""
    return all(one in (other, "F") for one, other in zip(wanted, secondary, strict=False))


def select(digits: str) -> bytes:
    """Makes the meter with this secondary address answer as SELECTED (EN 13757-3 §11.3).

    The number goes lowest byte first; maker, version and medium as they stand in a meter's answer.
    """
    number, rest = digits[:8], digits[8:] or _ANY_MAKER
    return long(SND_UD, SELECTED, _SELECT, bytes.fromhex(number)[::-1] + bytes.fromhex(rest))


def scan(buffer: bytes) -> Scan:
    """All long and short frames in `buffer`, whatever stands around them.

    Five bytes inside a long frame may pass for a short one, so a short one does not settle what came before.
    """
    return scanning.scan(buffer, _STARTS, _frame_at, _could_be_long, lambda frame: frame.ci is not None)


def _frame_at(buffer: bytes, start: int) -> Frame | None:
    return _long_at(buffer, start) if buffer[start] == _LONG else _short_at(buffer, start)


def _could_be_long(buffer: bytes, start: int) -> bool:
    head = buffer[start : start + 4]
    return head[0] == _LONG and (len(head) < 3 or head[1] == head[2]) and (len(head) < 4 or head[3] == _LONG)


def _long_at(buffer: bytes, start: int) -> Frame | None:
    """None where none begins, or not all of it is there. Raises FrameError where a whole one is broken."""
    if len(buffer) < start + 4 or not _could_be_long(buffer, start):
        return None
    length = buffer[start + 1]
    if length < _SHORTEST:
        raise FrameError("invalid_length", f"frame at byte {start}: length {length}, at least {_SHORTEST}")
    end = start + length + 6
    if len(buffer) < end:
        return None
    body = checked(buffer, start, start + 4, end)
    return Frame(start, end, body[0], body[1], body[2], body[3:])


def _short_at(buffer: bytes, start: int) -> Frame | None:
    whole = buffer[start : start + 5]
    if len(whole) < 5 or whole[4] != END or (whole[1] + whole[2]) & 0xFF != whole[3]:
        return None
    return Frame(start, start + 5, whole[1], whole[2])
