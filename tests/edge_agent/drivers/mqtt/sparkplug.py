"""A small writer of Sparkplug payloads, after protobuf's encoding guide; knows nothing of the reader."""

from __future__ import annotations

import struct


def varint(value: int) -> bytes:
    """Seven bits a byte, low first."""
    value &= (1 << 64) - 1
    head = b""
    while value > 0x7F:
        head += bytes([value & 0x7F | 0x80])
        value >>= 7
    return head + bytes([value])


def field(number: int, value: bytes | float) -> bytes:
    """A number as varint, bytes with their length, a float as double."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 1) + struct.pack("<d", value)


def metric(
    name: str | None = None,
    alias: int | None = None,
    value: float | bool | str | None = None,
    datatype: int | None = None,
    time_ms: int | None = None,
    historical: bool = False,
) -> bytes:
    """One metric."""
    parts = field(1, name.encode()) if name is not None else b""
    parts += field(2, alias) if alias is not None else b""
    parts += field(3, time_ms) if time_ms is not None else b""
    parts += field(4, datatype) if datatype is not None else b""
    parts += field(5, 1) if historical else b""
    if value is None:
        return parts + field(7, 1)
    if isinstance(value, bool):
        return parts + field(14, int(value))
    if isinstance(value, str):
        return parts + field(15, value.encode())
    if isinstance(value, int):
        number = value & (-1 if datatype in (4, 8) else 0xFFFFFFFF)
        return parts + field(11 if datatype in (4, 8) else 10, number)
    return parts + field(13, value)


def payload(*metrics: bytes, seq: int | None = None, time_ms: int = 1_764_000_000_000) -> bytes:
    """A whole message."""
    head = field(1, time_ms) + b"".join(field(2, one) for one in metrics)
    return head + (field(3, seq) if seq is not None else b"")
