"""The payload of Sparkplug B: a strict reader of its protobuf message, and a writer of the one command sent.

Fields and data types: Eclipse Sparkplug 3.0.0 §6.4 (sparkplug_b.proto); wire format: protobuf encoding guide.
Why not the protobuf library: docs/decisions/0012.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.scaling import shortest_float32

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
#: A varint of 64 bits has at most ten bytes.
_LONGEST_VARINT: Final = 10
#: Signed data types and their bits; they travel as unsigned numbers.
_SIGNED: Final = {1: 8, 2: 16, 3: 32, 4: 64}
BOOLEAN: Final = 11
#: Payload, by field number.
_TIMESTAMP, _METRICS, _SEQ = 1, 2, 3
#: Metric, by field number; 10 to 19 are the alternatives of its value.
_NAME, _ALIAS, _M_TIMESTAMP, _DATATYPE, _HISTORICAL, _TRANSIENT, _NULL = 1, 2, 3, 4, 5, 6, 7
_PROPERTIES: Final = 9
#: PropertySet and PropertyValue, by field number.
_KEYS, _VALUES, _PROPERTY_INT, _PROPERTY_LONG = 1, 2, 3, 4
#: Property "Quality" (§6.4.21): 192 good, 0 bad, 500 stale.
_QUALITY: Final = "Quality"
GOOD: Final = 192
_INT, _LONG, _FLOAT, _DOUBLE, _BOOL, _STRING, _RAW = 10, 11, 12, 13, 14, 15, 16
_KINDS: Final = {17: "dataset_value", 18: "template_value", 19: "extension_value"}
_WIRE_TYPES: Final = {
    _INT: _VARINT,
    _LONG: _VARINT,
    _FLOAT: _FIXED32,
    _DOUBLE: _FIXED64,
    _BOOL: _VARINT,
    **dict.fromkeys((_STRING, _RAW, *_KINDS), _BYTES),
}


@dataclass(frozen=True, slots=True)
class Metric:
    """One value. What the message leaves out is None; `kind` names a value that is no scalar."""

    name: str | None = None
    alias: int | None = None
    timestamp_ms: int | None = None
    datatype: int | None = None
    historical: bool = False
    value: float | bool | str | bytes | None = None
    kind: str | None = None
    #: Of the property "Quality"; a value that is not GOOD is null.
    quality: int | None = None

    def fields(self) -> dict[str, Any]:
        """What is there, for a person."""
        given = {
            "name": self.name,
            "alias": self.alias,
            "timestamp": self.timestamp_ms,
            "datatype": self.datatype,
            "quality": self.quality,
        }
        fields: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        if self.kind is not None:
            return fields | {"value_kind": self.kind}
        if isinstance(self.value, bytes):
            return fields | {"value_hex": self.value.hex().upper()}
        return fields | {"value": self.value}


@dataclass(frozen=True, slots=True)
class Payload:
    """A whole message. `malformed` metrics are not among the others."""

    timestamp_ms: int | None
    seq: int | None
    metrics: tuple[Metric, ...]
    malformed: int = 0


def read(data: bytes) -> Payload:
    """The message. Raises FrameError.

    A metric that cannot be read costs itself: its length says where the next one begins.
    """
    timestamp_ms = seq = None
    metrics: list[Metric] = []
    faults: list[FrameError] = []
    for field, wire, value in _fields(data):
        if field == _TIMESTAMP:
            timestamp_ms = _want(field, wire, value, _VARINT)
        elif field == _METRICS:
            try:
                metrics.append(_metric(_want(field, wire, value, _BYTES)))
            except FrameError as fault:
                faults.append(fault)
        elif field == _SEQ:
            seq = _want(field, wire, value, _VARINT)
    if faults and not metrics:
        raise faults[0]
    return Payload(timestamp_ms, seq, tuple(metrics), len(faults))


def _fields(data: bytes) -> Iterator[tuple[int, int, Any]]:
    """Number, wire type and raw value of each field."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        field, wire = tag >> 3, tag & 7
        if field == 0:
            raise FrameError("malformed", f"byte {at}: field 0")
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield field, wire, value
            continue
        if wire == _BYTES:
            size, at = _varint(data, at)
        elif wire in (_FIXED64, _FIXED32):
            size = 8 if wire == _FIXED64 else 4
        else:
            raise FrameError("malformed", f"byte {at}: wire type {wire} is none of Sparkplug's")
        if size > len(data) - at:
            raise FrameError("incomplete_frame", f"byte {at}: {size} bytes announced, {len(data) - at} left")
        yield field, wire, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            if value >= 1 << 64:
                raise FrameError("malformed", f"byte {at}: a number of more than 64 bits")
            return value, at + place + 1
    if len(data) - at < _LONGEST_VARINT:
        raise FrameError("incomplete_frame", f"byte {at}: a number breaks off")
    raise FrameError("malformed", f"byte {at}: a number of more than ten bytes")


def _want(field: int, wire: int, value: Any, wanted: int) -> Any:  # noqa: ANN401  # int or bytes by wire type
    if wire != wanted:
        raise FrameError("malformed", f"field {field} has wire type {wire}, must have {wanted}")
    return value


def _metric(data: bytes) -> Metric:
    plain: dict[int, Any] = {}
    value_field, value_raw = 0, None
    for field, wire, value in _fields(data):
        if field in _WIRE_TYPES:
            # Alternatives of one value: the last one counts, as in protobuf.
            value_field, value_raw = field, _want(field, wire, value, _WIRE_TYPES[field])
        elif field == _NAME:
            plain[field] = _text(_want(field, wire, value, _BYTES))
        elif field in (_ALIAS, _M_TIMESTAMP, _DATATYPE, _HISTORICAL, _TRANSIENT, _NULL):
            plain[field] = _want(field, wire, value, _VARINT)
        elif field == _PROPERTIES:
            plain[field] = _quality(_want(field, wire, value, _BYTES))
    datatype, quality = plain.get(_DATATYPE), plain.get(_PROPERTIES)
    null = bool(plain.get(_NULL)) or not value_field or quality not in (None, GOOD)
    return Metric(
        # Some senders write an empty name beside the alias: it names nothing.
        plain.get(_NAME) or None,
        plain.get(_ALIAS),
        plain.get(_M_TIMESTAMP),
        datatype,
        bool(plain.get(_HISTORICAL)),
        None if null else _value(value_field, value_raw, datatype),
        None if null else _KINDS.get(value_field),
        quality,
    )


def _quality(data: bytes) -> int | None:
    """The quality in a set of properties: keys and values stand apart, in one order."""
    keys: list[str] = []
    values: list[bytes] = []
    for field, wire, value in _fields(data):
        if field == _KEYS:
            keys.append(_text(_want(field, wire, value, _BYTES)))
        elif field == _VALUES:
            values.append(_want(field, wire, value, _BYTES))
    told = dict(zip(keys, values, strict=False)).get(_QUALITY)
    numbers = (
        value
        for field, wire, value in _fields(told or b"")
        if field in (_PROPERTY_INT, _PROPERTY_LONG) and wire == _VARINT
    )
    return next(numbers, None)


def _value(field: int, raw: Any, datatype: int | None) -> float | bool | str | bytes | None:  # noqa: ANN401
    if field in (_INT, _LONG):
        return signed(int(raw), datatype)
    if field in (_FLOAT, _DOUBLE):
        number: float = struct.unpack("<f" if field == _FLOAT else "<d", raw)[0]
        if not math.isfinite(number):
            return None
        return shortest_float32(number) if field == _FLOAT else number
    if field == _BOOL:
        return bool(raw)
    if field == _STRING:
        return _text(raw)
    return bytes(raw) if field == _RAW else None


def signed(raw: int, datatype: int | None) -> int:
    """Signed types are sent as two's complement of their width, or of 32 or 64 bits by some senders."""
    bits = _SIGNED.get(datatype or 0)
    if bits is None or raw < 1 << (bits - 1):
        return raw
    for width in (bits, 32, 64):
        if 1 << (width - 1) <= raw < 1 << width and width >= bits:
            return raw - (1 << width)
    return raw


def _text(raw: bytes) -> str:
    try:
        return bytes(raw).decode("utf-8")
    except UnicodeDecodeError as error:
        raise FrameError("malformed", f"a text that is no UTF-8: {error.reason}") from error


def command(name: str, timestamp_ms: int) -> bytes:
    """A message that sets one boolean metric to true."""
    word = name.encode()
    metric = (
        bytes([_NAME << 3 | _BYTES, len(word)])
        + word
        + bytes([_DATATYPE << 3 | _VARINT, BOOLEAN, _BOOL << 3 | _VARINT, 1])
    )
    head = bytes([_TIMESTAMP << 3 | _VARINT]) + _write_varint(timestamp_ms)
    return head + bytes([_METRICS << 3 | _BYTES, len(metric)]) + metric


def _write_varint(value: int) -> bytes:
    written = bytearray()
    while value >= 0x80:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
