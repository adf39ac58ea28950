"""What an M-Bus frame means, as JSON-ready fields: for `plumbline-edge decode`. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from edge_agent.drivers import mbus_fixed, mbus_frame, mbus_records
from edge_agent.drivers.decoding import VALUES, Asked, FrameError, each, spaced, together
from edge_agent.drivers.mbus_frame import Frame
from edge_agent.drivers.mbus_records import INSTANTANEOUS, Record, Telegram
from edge_agent.drivers.mbus_units import APPLICATION_ERRORS, in_usual_unit
from edge_agent.drivers.scaling import scaled

#: CI field of an answer that is an error of the application.
APPLICATION_ERROR: Final = 0x70
#: So much of a frame tells whose it is: 68 L L 68 C A CI.
_HEAD_BYTES: Final = 7
#: What a record must be where a point does not say otherwise.
_DEFAULTS: Final[dict[str, Any]] = {
    "function": INSTANTANEOUS, "storage": 0, "tariff": 0, "subunit": 0, "modifiers": "",
}  # fmt: skip
_WORDS: Final = ("quantity", *_DEFAULTS, "index")
#: Of these a meter has one: the same number again is the same. Three equal voltages are three phases'.
_COUNTERS: Final = frozenset({"Energy", "Reactive energy", "Apparent energy", "Volume", "Mass"})


def decode(data: bytes, asked: Asked) -> dict[str, Any]:
    """The fields of the frames in `data`, and how many there are. Raises FrameError."""
    if data == bytes([mbus_frame.ACK]):
        return {"frames": 1, "type": "ack"}
    found = mbus_frame.scan(data)
    if not found.frames:
        raise _why_none(data, found)
    return together(each(found.frames, lambda frame: fields_of(frame, asked)), found.faults)


def fields_of(frame: Frame, asked: Asked) -> dict[str, Any]:
    """All a single frame says. Raises FrameError for records that are none."""
    fields: dict[str, Any] = {"control": f"{frame.control:02X}", "address": frame.address}
    if frame.ci is None or not frame.is_reply:
        return fields | {"type": "request", "data_hex": spaced(frame.data)}
    if frame.ci == APPLICATION_ERROR:
        return fields | {"application_error": application_error(frame)}
    telegram = telegram_of(frame)
    fields |= _telegram_fields(telegram)
    if asked.points:
        fields[VALUES] = {
            point.quantity: scaled_value(record, point.scale)
            for point in asked.points
            if (record := pick(telegram.records, point.where)) is not None
        }
    return fields


def _why_none(data: bytes, found: mbus_frame.Scan) -> FrameError:
    if found.faults:
        return found.faults[0]
    at = found.unfinished_at
    if at is not None:
        head = spaced(data[at : at + _HEAD_BYTES])
        return FrameError("incomplete_frame", f"the frame at byte {at} breaks off: {head} …", head=head)
    return FrameError("no_frame", f"no M-Bus frame in {len(data)} bytes: none begins 68 L L 68, 10 or is E5")


def telegram_of(frame: Frame) -> Telegram:
    """The records of an answer. Raises FrameError where it holds none."""
    if frame.ci == mbus_records.VARIABLE:
        return mbus_records.parse(frame.data)
    if frame.ci == mbus_fixed.FIXED:
        return mbus_fixed.parse(frame.data)
    raise FrameError("unknown_structure", f"CI {frame.ci:02X}: a structure that is not read here")


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
    strange = next((key for key in where if key not in _WORDS), None)
    if strange is not None or "quantity" not in where:
        raise ValueError(f"must be {{quantity: Volume}}, and may have {', '.join(_WORDS[1:])}")
    if where.get("storage", 0) != 0:
        raise ValueError("storage must be 0: what a meter has kept of a past day is no quantity of now")


def pick(records: Sequence[Record], where: Mapping[str, Any]) -> Record | None:
    """The record a point means: by quantity, and by all that qualifies a record.

    None where there is none, or where several fit and the point names no `index`.
    """
    wanted = _DEFAULTS | {key: value for key, value in where.items() if key != "index"}
    fitting = [
        record for record in records if all(getattr(record, key) == value for key, value in wanted.items())
    ]
    if "index" in where:
        return fitting[where["index"]] if where["index"] < len(fitting) else None
    counts = wanted["quantity"] in _COUNTERS
    again = all((other.value, other.unit) == (fitting[0].value, fitting[0].unit) for other in fitting)
    return fitting[0] if len(fitting) == 1 or (fitting and counts and again) else None


def scaled_value(record: Record, scale: float) -> float | None:
    """A record's number in its quantity's usual unit times `scale`; None for what is none."""
    if not isinstance(record.value, int | float):
        return None
    return scaled(in_usual_unit(record.value, record.unit), scale)
