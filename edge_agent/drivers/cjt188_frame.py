"""CJ/T 188 frames: water, gas and heat meters (CJ/T 188-2004). What they count: `cjt188_data`. No I/O.

A frame: `68 T A0..A6 C L DATA CS 16`. T is the kind of meter, the address seven bytes of BCD, lowest first;
CS is the sum of all before it, modulo 256; bytes FE wake the line. Meters are sold with either order of the
two bytes of the data identifier (`90 1F` and `1F 90`), so a frame's own order is part of what it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers import cjt188_data, scanning
from edge_agent.drivers.cjt188_data import Readings
from edge_agent.drivers.contract import Point
from edge_agent.drivers.control import Controlled
from edge_agent.drivers.decoding import VALUES, Asked, FrameError, spaced, together
from edge_agent.drivers.scaling import scaled
from edge_agent.drivers.scanning import END, checked, checksum

_START: Final = 0x68
_STARTS: Final = re.compile(rb"\x68")
_WAKE_UP: Final = b"\xfe" * 3
#: Before the data field: 68, kind, address, control, length.
_HEAD: Final = 11
_OVERHEAD: Final = _HEAD + 2
#: Of all frames of the standard the longest data field is a heat meter's, 46 bytes; makers add some.
LONGEST_DATA: Final = 100
WILDCARD: Final = "aa" * 7

READ_DATA: Final = 0x01
READ_ADDRESS: Final = 0x03
WRITE_ADDRESS: Final = 0x15
#: Data identifiers, high byte first (Annex A): what the meter counts; its address; its address to be written.
CURRENT: Final = "901F"
_ADDRESS_DI: Final = "810A"
_WRITE_ADDRESS_DI: Final = "A018"
_ADDRESS = re.compile(r"[0-9]{1,14}|[aA]{14}")


@dataclass(frozen=True, slots=True)
class Frame(Controlled):
    """One frame whose checksum is right: `buffer[start:end]`."""

    start: int
    end: int
    meter_type: int
    #: Fourteen digits as printed on the meter.
    address: str
    control: int
    data: bytes

    @property
    def function(self) -> int:
        """What is asked or answered."""
        return self.control & 0x3F


Scan = scanning.Scan[Frame]


def normal_address(text: str | int) -> str:
    """The address as fourteen digits. Raises ValueError where it is none."""
    digits = str(text)
    if _ADDRESS.fullmatch(digits) is None:
        raise ValueError(f'"{digits}" is no CJ/T 188 address: up to 14 digits, as printed on the meter')
    return digits.lower().zfill(14)


def encode(meter_type: int, address: str, control: int, data: bytes, wake_up: bytes = _WAKE_UP) -> bytes:
    """A frame as it goes on the wire."""
    wire_address = bytes.fromhex(normal_address(address))[::-1]
    body = bytes([_START, meter_type]) + wire_address + bytes([control, len(data)]) + data
    return wake_up + body + bytes([checksum(body), END])


def read_request(meter_type: int, address: str, high_first: bool) -> bytes:
    """Asks for what the meter counts; `high_first` sends the identifier as `90 1F`, else `1F 90`."""
    di = bytes.fromhex(CURRENT)
    return encode(meter_type, address, READ_DATA, (di if high_first else di[::-1]) + b"\x00")


def scan(buffer: bytes) -> Scan:
    """All frames in `buffer`, whatever stands around them."""
    return scanning.scan(buffer, _STARTS, _frame_at, _could_be)


def _could_be(buffer: bytes, start: int) -> bool:
    head = buffer[start : start + _HEAD]
    # No kind of meter has the digits of a start byte or above 7F (Table 2: 10 to 49).
    return (len(head) < 2 or 0x10 <= head[1] < 0x50) and (len(head) < _HEAD or head[10] <= LONGEST_DATA)


def _frame_at(buffer: bytes, start: int) -> Frame | None:
    """None where none begins, or not all of it is there. Raises FrameError where a whole one is broken."""
    if len(buffer) < start + _HEAD or not _could_be(buffer, start):
        return None
    end = start + _OVERHEAD + buffer[start + 10]
    if len(buffer) < end:
        return None
    body = checked(buffer, start, start, end)
    return Frame(start, end, body[1], body[8:1:-1].hex(), body[9], body[_HEAD:])


def identifier(frame: Frame) -> str | None:
    """The data identifier, high byte first, whichever order the frame has it in; None where it is unknown."""
    wire = frame.data[:2].hex().upper()
    turned = frame.data[1::-1].hex().upper() if len(frame.data) >= 2 else ""
    known = (CURRENT, _ADDRESS_DI, _WRITE_ADDRESS_DI)
    return wire if wire in known else turned if turned in known else None


def decode(data: bytes, asked: Asked) -> dict[str, Any]:
    """The fields of the frames in `data`, and how many there are. Raises FrameError."""
    found = scan(data)
    if not found.frames:
        raise _why_none(data, found)
    told = [fields_of(frame, asked) for frame in found.frames]
    first, last = found.frames[0], found.frames[-1]
    return together(told, found.faults) | {
        "frame_offset": first.start,
        "frame_length": first.end - first.start,
        "junk_before": first.start,
        "bytes_after_frame": len(data) - last.end,
    }


def _why_none(data: bytes, found: Scan) -> FrameError:
    if found.faults:
        return found.faults[0]
    at = found.unfinished_at
    if at is not None:
        head = spaced(data[at : at + _HEAD])
        return FrameError("incomplete_frame", f"the frame at byte {at} breaks off: {head} …", head=head)
    return FrameError("no_frame", f"no CJ/T 188 frame in {len(data)} bytes: none begins 68 10 to 68 4F")


def fields_of(frame: Frame, asked: Asked) -> dict[str, Any]:
    """All a single frame says."""
    fields: dict[str, Any] = {
        "meter_type": f"{frame.meter_type:02X}",
        "address": frame.address,
        "control": f"{frame.control:02X}",
        "direction": "response" if frame.is_reply else "request",
        "data_hex": spaced(frame.data),
    }
    if frame.is_error:
        return fields | {"error_word": spaced(frame.data[1:3])}
    if len(frame.data) < 3:
        return fields
    fields |= {"di_wire": spaced(frame.data[:2]), "serial": frame.data[2]}
    found = cjt188_data.readings(frame.data[3:]) if is_current(frame) else None
    if found is not None:
        fields |= cjt188_data.fields_of(found)
        if asked.points:
            fields[VALUES] = by_point(found, asked.points)
    elif frame.function == WRITE_ADDRESS and not frame.is_reply and len(frame.data) == 10:
        fields["new_address"] = frame.data[:2:-1].hex()
    return fields


def is_current(frame: Frame) -> bool:
    """Whether the frame is a meter's answer with what it counts."""
    good = frame.is_reply and not frame.is_error and frame.function == READ_DATA
    return good and identifier(frame) == CURRENT


def by_point(found: Readings, points: Iterable[Point]) -> dict[str, float | None]:
    """What a profile's points are in a meter's answer; fields its kind has not are left out."""
    values: dict[str, float | None] = {}
    for point in points:
        try:
            value = cjt188_data.value_of(str(point.where["field"]), found)
        except KeyError:
            continue
        values[point.quantity] = None if value is None else scaled(value, point.scale)
    return values
