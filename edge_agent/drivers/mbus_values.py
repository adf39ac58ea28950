"""The data of M-Bus records: numbers, dates, texts (EN 13757-3 §6.3.3, Annex A). No I/O."""

from __future__ import annotations

import math
import struct
from typing import Final

from edge_agent.drivers.mbus_units import DATE, DATE_TIME, Meaning
from edge_agent.drivers.scaling import scaled, shortest_float32

#: Bytes by the low digit of the DIF: none, integers, a float, selection for readout, BCD.
SIZES: Final = {
    0x0: 0, 0x1: 1, 0x2: 2, 0x3: 3, 0x4: 4, 0x5: 4, 0x6: 6, 0x7: 8,
    0x8: 0, 0x9: 1, 0xA: 2, 0xB: 3, 0xC: 4, 0xE: 6,
}  # fmt: skip
VARIABLE_LENGTH: Final = 0xD
_FLOAT: Final = 0x5
_BCD: Final = frozenset({0x9, 0xA, 0xB, 0xC, 0xE})
_NOTHING: Final = frozenset({0x0, 0x8})
#: VIFEs that multiply by 10**(n-6), add 10**(n-3), multiply by 1000 (Table 15).
_TIMES: Final = range(0x70, 0x78)
_PLUS: Final = range(0x78, 0x7C)
_THOUSANDFOLD: Final = 0x7D
#: From this VIFE on the maker's own follow.
_MAKERS_OWN: Final = 0x7F


def variable_size(length: int) -> int | None:
    """Bytes behind the length byte of variable data: a text, BCD of either sign, a binary; None: no such."""
    if length < 0xC0:
        return length
    return length & 0x0F if length < 0xF0 else None


def value(coding: int, data: bytes, meaning: Meaning, modifiers: bytes) -> float | str | None:
    """What `data` say: a number in the meaning's unit, a text or a time; None where the device has none."""
    if coding in _NOTHING:
        return None
    if coding == VARIABLE_LENGTH and data[0] < 0xC0:
        return data[:0:-1].decode("latin-1").strip()
    if meaning.quantity in (DATE, DATE_TIME) and coding in (2, 4, 6):
        return _time(data)
    raw = _raw(coding, data)
    return None if raw is None else _modified(raw, meaning, modifiers)


def _raw(coding: int, data: bytes) -> float | None:
    if coding == VARIABLE_LENGTH:
        return _variable(data[0], data[1:])
    if coding == _FLOAT:
        number = struct.unpack("<f", data)[0]
        return shortest_float32(number) if math.isfinite(number) else None
    if coding in _BCD:
        return _bcd(data)
    if data == bytes(len(data) - 1) + b"\x80":
        return None  # the lowest integer means: no value (Annex A, type B)
    return int.from_bytes(data, "little", signed=True)


def _variable(length: int, data: bytes) -> float | None:
    if length >= 0xE0:
        return int.from_bytes(data, "little", signed=True)
    number = _bcd(data)
    return -number if number is not None and length >= 0xD0 else number


def _bcd(data: bytes) -> int | None:
    """F in the highest place is the sign (Annex A, type A); any other digit above 9 is no number."""
    digits = data[::-1].hex()
    sign = -1 if digits[:1] == "f" else 1
    whole = digits[1:] if sign < 0 else digits
    return sign * int(whole) if whole.isdecimal() else None


def _modified(raw: float, meaning: Meaning, modifiers: bytes) -> float:
    exponent, added = meaning.exponent, 0.0
    for modifier in modifiers:
        code = modifier & 0x7F
        if code == _MAKERS_OWN:
            break
        if code in _TIMES:
            exponent += code - _TIMES.start - 6
        elif code in _PLUS:
            added += 10.0 ** (code - _PLUS.start - 3)
        elif code == _THOUSANDFOLD:
            exponent += 3
    whole = raw * meaning.seconds
    exact = whole * 10**exponent if exponent >= 0 else whole / 10**-exponent
    return scaled(exact + added, 1.0)


def _time(data: bytes) -> str | None:
    """A date (type G), a date and time (type F) or one with seconds (type I), as the meter's clock has it."""
    seconds, *rest = data if len(data) == 6 else (0, *data)
    if len(data) == 2:
        return _date(*data)
    minute, hour, day, month = rest[:4]
    if minute & 0x80 and len(data) == 4:
        return None  # the meter says that its clock is wrong
    return f"{_date(day, month)}T{hour & 0x1F:02d}:{minute & 0x3F:02d}:{seconds & 0x3F:02d}Z"


def _date(day: int, month: int) -> str:
    year = (day & 0xE0) >> 5 | (month & 0xF0) >> 1
    return f"{2000 + year:04d}-{month & 0x0F:02d}-{day & 0x1F:02d}"
