"""What an M-Bus frame means, as JSON-ready fields: for `plumbline-edge decode`. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from edge_agent.drivers import mbus_frame, mbus_records
from edge_agent.drivers.decoding import Asked, FrameError, spaced
from edge_agent.drivers.mbus_frame import Frame
from edge_agent.drivers.mbus_records import INSTANTANEOUS, Record, Telegram
from edge_agent.drivers.mbus_units import APPLICATION_ERRORS
from edge_agent.drivers.scaling import scaled

#: CI fields of answers: an error of the application; the fixed data structure, which is obsolete.
APPLICATION_ERROR: Final = 0x70
_FIXED: Final = 0x73
_DEFAULTS: Final[dict[str, Any]] = {
    "function": INSTANTANEOUS, "storage": 0, "tariff": 0, "subunit": 0, "modifiers": None, "index": 0,
}  # fmt: skip


def decode(data: bytes, asked: Asked) -> dict[str, Any]:
    """The fields of the first frame in `data`, and how many there are. Raises FrameError."""
    if data == bytes([mbus_frame.ACK]):
        return {"frames": 1, "type": "ack"}
    found = mbus_frame.scan(data)
    if not found.frames:
        raise _why_none(data, found)
    first = found.frames[0]
    fields = {"frames": len(found.frames), "control": f"{first.control:02X}", "address": first.address}
    if first.ci is None or not first.is_reply:
        return fields | {"type": "request", "data_hex": spaced(first.data)}
    if first.ci == APPLICATION_ERROR:
        return fields | {"application_error": application_error(first)}
    telegram = telegram_of(first)
    fields |= _telegram_fields(telegram)
    if asked.points:
        fields["values_by_quantity"] = {
            point.quantity: scaled_value(record, point.scale)
            for point in asked.points
            if (record := pick(telegram.records, point.where)) is not None
        }
    return fields


def _why_none(data: bytes, found: mbus_frame.Scan) -> FrameError:
    if found.faults:
        return found.faults[0]
    if found.unfinished_at is not None:
        return FrameError("incomplete_frame", f"the frame at byte {found.unfinished_at} breaks off")
    return FrameError("no_frame", f"no M-Bus frame in {len(data)} bytes")


def telegram_of(frame: Frame) -> Telegram:
    """The records of an answer. Raises FrameError where it holds none."""
    if frame.ci == mbus_records.VARIABLE:
        return mbus_records.parse(frame.data)
    what = "the fixed data structure" if frame.ci == _FIXED else "a structure of its own"
    raise FrameError("unknown_structure", f"CI {frame.ci:02X}: {what}, which is not read here")


def application_error(frame: Frame) -> str:
    """What a device says in place of data, in one word."""
    code = frame.data[0] if frame.data else 0
    return APPLICATION_ERRORS.get(code, f"error {code}")


def _telegram_fields(telegram: Telegram) -> dict[str, Any]:
    header = telegram.header
    return {
        "type": "response",
        "id": header.id.lstrip("0"),
        "manufacturer": header.manufacturer,
        "version": header.version,
        "medium": header.medium,
        "access_number": header.access_number,
        "status": f"{header.status:02X}",
        "records": [_record_fields(record) for record in telegram.records],
    }


def _record_fields(record: Record) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "function": record.function,
        "storage": record.storage,
        "quantity": record.quantity,
        "unit": record.unit,
        "value": record.value,
    }
    if record.extended:
        fields |= {"tariff": record.tariff, "subunit": record.subunit}
    return fields | ({"modifiers": record.modifiers} if record.modifiers else {})


def check_at(where: Mapping[str, Any]) -> None:
    """Raises ValueError where a profile's `at` does not say which record is meant."""
    known = ("quantity", *_DEFAULTS)
    strange = next((key for key in where if key not in known), None)
    if strange is not None or "quantity" not in where:
        raise ValueError(f"must be {{quantity: Volume}}, and may have {', '.join(_DEFAULTS)}")


def pick(records: Sequence[Record], where: Mapping[str, Any]) -> Record | None:
    """The record a point means: by quantity, and what else `where` says; of several the one at `index`."""
    wanted = _DEFAULTS | dict(where)
    index = wanted.pop("index")
    if wanted["modifiers"] is None:
        del wanted["modifiers"]
    fitting = [
        record for record in records if all(getattr(record, key) == value for key, value in wanted.items())
    ]
    return fitting[index] if index < len(fitting) else None


def scaled_value(record: Record, scale: float) -> float | None:
    """A record's number; None for what is none."""
    return scaled(record.value, scale) if isinstance(record.value, int | float) else None
