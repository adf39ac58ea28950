"""The data of M-Bus records: numbers, dates, texts (EN 13757-3 §6.3.3, Annex A). No I/O."""

from __future__ import annotations

import math
import struct
from typing import Final

from edge_agent.drivers.mbus_units import DATE, DATE_TIME, MANUFACTURER_SPECIFIC, Meaning
from edge_agent.drivers.scaling import shortest_float32

#: Bytes by the low digit of the DIF: none, integers, a float, selection for readout, BCD.
SIZES: Final = {
    0x0: 0, 0x1: 1, 0x2: 2, 0x3: 3, 0x4: 4, 0x5: 4, 0x6: 6, 0x7: 8,
    0x8: 0, 0x9: 1, 0xA: 2, 0xB: 3, 0xC: 4, 0xE: 6,
}  # fmt: skip
VARIABLE_LENGTH: Final = 0xD
_FLOAT: Final = 0x5
_BCD: Final = frozenset({0x9, 0xA, 0xB, 0xC, 0xE})
_NOTHING: Final = frozenset({0x0, 0x8})
#: VIFEs that multiply by 10**(n-6), add 10**(n-3), multiply by 1000 (Table 15): the value has them in it.
_TIMES: Final = range(0x70, 0x78)
_PLUS: Final = range(0x78, 0x7C)
_THOUSANDFOLD: Final = 0x7D
#: VIFEs of a record's own error (Table 16): none; the rest of them say why there is no value.
_NO_ERROR: Final = 0x00
_ERRORS: Final = range(0x01, 0x20)
#: From this VIFE on the maker's own follow.
_MAKERS_OWN: Final = 0x7F
#: In the minutes of a time: the clock is wrong (Annex A, types F and I).
_INVALID: Final = 0x80


#: Length bytes of long binaries (EN 13757-3:2013 Table 5): their sizes.
_LONG_BINARIES: Final = {**{0xEC + words: 4 * words for words in range(4, 9)}, 0xF5: 48, 0xF6: 64}


def variable_size(length: int) -> int | None:
    """Bytes behind the length byte of variable data: a text, BCD of either sign, a binary; None: no such."""
    if length < 0xC0:
        return length
    return length & 0x0F if length < 0xF0 else _LONG_BINARIES.get(length)


def qualifiers(modifiers: bytes) -> bytes:
    """The VIFEs that make another quantity of a value: a phase, a limit, a pulse's weight, the maker's own.

    What only scales a value, or says that it has no error, is not among them.
    """
    kept = bytearray()
    for place, modifier in enumerate(modifiers):
        code = modifier & 0x7F
        if code == _MAKERS_OWN:
            return bytes(kept) + modifiers[place:]
        if not (code in _TIMES or code in _PLUS or code in (_THOUSANDFOLD, _NO_ERROR)):
            kept.append(modifier)
    return bytes(kept)


def _has_error(modifiers: bytes) -> bool:
    standard = modifiers.partition(b"\xff")[0].partition(b"\x7f")[0]
    return any(modifier & 0x7F in _ERRORS for modifier in standard)


def value(coding: int, data: bytes, meaning: Meaning, modifiers: bytes) -> float | str | None:
    """What `data` say: a number in the meaning's unit, a text or a time; None where the device has none."""
    if coding in _NOTHING or (meaning != MANUFACTURER_SPECIFIC and _has_error(modifiers)):
        return None
    if coding == VARIABLE_LENGTH and data[0] >= 0xF0:
        return data[:0:-1].hex(" ").upper()
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
        return bcd_number(data)
    if data == bytes(len(data) - 1) + b"\x80":
        return None  # the lowest integer means: no value (Annex A, type B)
    return int.from_bytes(data, "little", signed=True)


def _variable(length: int, data: bytes) -> float | None:
    if length >= 0xE0:
        return int.from_bytes(data, "little", signed=True)
    number = bcd_number(data)
    return -number if number is not None and length >= 0xD0 else number


def bcd_number(data: bytes) -> int | None:
    """Lowest byte first; F in the highest place is the sign (Annex A, type A), others above 9 are none."""
    digits = data[::-1].hex()
    sign = -1 if digits[:1] == "f" else 1
    whole = digits[1:] if sign < 0 else digits
    return sign * int(whole) if whole.isdecimal() else None


def _modified(raw: float, meaning: Meaning, modifiers: bytes) -> float:
    exponent, added = 0, 0.0
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
    return meaning.of(raw, exponent, added)


def _time(data: bytes) -> str | None:
    """A date (type G), a date and time (type F) or one with seconds (type I), as the meter's clock has it.

    None where the meter says that it has no such time, or that its clock is wrong.
    """
    if len(data) == 2:
        return _date(*data)
    seconds, minute, hour, day, month = data[:5] if len(data) == 6 else (0, *data)
    date = _date(day, month)
    clock = (hour & 0x1F, minute & 0x3F, seconds & 0x3F)
    if date is None or minute & _INVALID or clock[0] > 23 or max(clock) > 59:
        return None
    return f"{date}T{clock[0]:02d}:{clock[1]:02d}:{clock[2]:02d}Z"


def _date(day: int, month: int) -> str | None:
    """FF FF is no date; neither is a month beyond 12 (every month) or a year beyond 99 (every year)."""
    year = (day & 0xE0) >> 5 | (month & 0xF0) >> 1
    if month & 0x0F > 12 or year > 99:
        return None
    return f"{2000 + year:04d}-{month & 0x0F:02d}-{day & 0x1F:02d}"
