"""Binary-coded decimals, as Chinese meters and M-Bus write them: lowest byte first. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Quality = Literal["good", "not_a_number", "not_present"]


@dataclass(frozen=True, slots=True)
class Number:
    """A value, or None with the reason in `quality`."""

    value: float | None
    quality: Quality = "good"


def bcd(data: bytes, decimals: int, signed: bool = False) -> Number:
    """The number in `data` (lowest byte first), `decimals` behind the point.

    Where it is `signed` the top bit of the highest byte is the sign. All FF is how a meter says that it has
    no such value; any other digit above 9 is no number.

    >>> bcd(bytes.fromhex("1294"), 2, signed=True)
    Number(value=-14.12, quality='good')
    """
    if data and data == b"\xff" * len(data):
        return Number(None, "not_present")
    digits = bytearray(reversed(data))
    sign = 1
    if signed and digits and digits[0] & 0x80:
        digits[0] &= 0x7F
        sign = -1
    text = digits.hex()
    if not text.isdecimal():
        return Number(None, "not_a_number")
    whole = sign * int(text)
    return Number(whole / 10**decimals if decimals else whole)
