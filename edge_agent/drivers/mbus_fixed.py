"""The fixed data structure of M-Bus (EN 1434-3:1997 §6.4; CI 73), which old meters answer with. No I/O.

Number, access number, status, two bytes of units and medium, two counters of four bytes.
"""

from __future__ import annotations

from typing import Final

from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.mbus_records import INSTANTANEOUS, Header, Record, Telegram
from edge_agent.drivers.mbus_units import MEDIA, Meaning
from edge_agent.drivers.mbus_values import bcd_number

FIXED: Final = 0x73
_BYTES: Final = 16
#: Bits of the status: counters are binary, not BCD; they are those of a past date, not of now.
_BINARY: Final = 0x01
_PAST: Final = 0x02
#: The second counter has the unit of the first and is that of a past date.
_SAME_BUT_PAST: Final = 0x3E


def _units() -> dict[int, Meaning]:
    """Codes of units by tens: 02 Wh, 03 10 Wh, … 25 100 GJ/h, 26 ml, … 37 100 m³/h."""
    rows = [
        ("Energy", "Wh", range(0x02, 0x0B), 0),
        ("Energy", "J", range(0x0B, 0x14), 3),
        ("Power", "W", range(0x14, 0x1D), 0),
        ("Power", "J/h", range(0x1D, 0x26), 3),
        ("Volume", "m^3", range(0x26, 0x2F), -6),
        ("Volume flow", "m^3/h", range(0x2F, 0x38), -6),
    ]
    found = {
        code: Meaning(quantity, unit, lowest + code - codes.start)
        for quantity, unit, codes, lowest in rows
        for code in codes
    }
    return found | {0x38: Meaning("Temperature", "°C", -3), 0x39: Meaning("Units for H.C.A.")}


UNITS: Final = _units()


def parse(data: bytes) -> Telegram:
    """What stands behind CI 73. Raises FrameError."""
    if len(data) != _BYTES:
        raise FrameError("length_mismatch", f"{len(data)} bytes of the fixed data structure, it has {_BYTES}")
    status, kinds = data[5], data[6:8]
    number = data[3::-1].hex().upper()
    medium = kinds[0] >> 6 | kinds[1] >> 6 << 2
    header = Header(number, "", 0, MEDIA.get(medium, f"medium {medium:02X}"), data[4], status & ~0x03, number)
    codes = [kind & 0x3F for kind in kinds]
    past = [bool(status & _PAST), bool(status & _PAST) or codes[1] == _SAME_BUT_PAST]
    if codes[1] == _SAME_BUT_PAST:
        codes[1] = codes[0]
    counters = (data[8:12], data[12:16])
    records = (
        _record(counter, code, binary=bool(status & _BINARY), past=was)
        for counter, code, was in zip(counters, codes, past, strict=True)
    )
    return Telegram(header, tuple(records))


def _record(data: bytes, code: int, *, binary: bool, past: bool) -> Record:
    meaning = UNITS.get(code, Meaning(f"unit {code:02X}"))
    raw = int.from_bytes(data, "little", signed=True) if binary else bcd_number(data)
    value = None if raw is None else meaning.of(raw)
    return Record(INSTANTANEOUS, meaning.quantity, meaning.unit, value, storage=int(past))
