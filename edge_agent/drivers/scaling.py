"""Raw numbers to values, without digits the device never sent."""

from __future__ import annotations

import struct


def scaled(raw: float, scale: float) -> float:
    """`raw * scale`, to 15 significant digits: 305 * 0.1 is 30.5, not 30.500000000000004."""
    return float(f"{raw * scale:.15g}")


def shortest_float32(value: float) -> float:
    """The shortest decimal that is the same float32 as `value`: 230.2, not 230.1999969482422.

    Nine digits tell any two float32 apart (IEEE 754-2019 §5.12.2).
    """
    wanted = struct.pack(">f", value)
    for digits in range(6, 9):
        short = float(f"{value:.{digits}g}")
        if _packs_to(short, wanted):
            return short
    return float(f"{value:.9g}")


def _packs_to(value: float, wanted: bytes) -> bool:
    try:
        return struct.pack(">f", value) == wanted
    except OverflowError:  # rounded up beyond the largest float32
        return False
