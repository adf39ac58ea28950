"""What a DL/T 645 frame means, as JSON-ready fields: for `plumbline-edge decode`. No I/O."""

from __future__ import annotations

from typing import Any, Final, Literal

from edge_agent.drivers import dlt645_frame, dlt645_items
from edge_agent.drivers.decoding import VALUES, Asked, FrameError, spaced, together
from edge_agent.drivers.dlt645_frame import Frame
from edge_agent.drivers.dlt645_items import Item
from edge_agent.drivers.numbers import Number, bcd
from edge_agent.drivers.scaling import scaled

#: 2007 §7.1.4, Table of the error word, bit by bit from the lowest.
_ERROR_BITS: Final = (
    "other error",
    "no requested data",
    "password wrong or not authorised",
    "baud rate cannot be changed",
    "too many annual time zones",
    "too many daily periods",
    "too many tariffs",
)
#: 1997 §6: the same, other bits; one of them means nothing.
_ERROR_BITS_1997: Final = (
    "illegal data",
    "no such data identifier",
    "password wrong",
    "",
    "too many annual time zones",
    "too many daily periods",
    "too many tariffs",
)
#: Replies that carry nothing but their function code (2007 §7).
_ACCEPTED: Final = {
    0x14: "write accepted",
    0x15: "address write accepted",
    0x16: "freeze accepted",
    0x17: "baud rate change accepted",
    0x18: "password change accepted",
    0x19: "demand reset accepted",
    0x1A: "meter reset accepted",
    0x1B: "event reset accepted",
    0x1C: "relay control accepted",
}
_DI_2007: Final = frozenset({0x11, 0x12, 0x14})
_DI_1997: Final = frozenset({0x01, 0x02, 0x04})


def decode(data: bytes, asked: Asked) -> dict[str, Any]:
    """The fields of the first frame in `data`, how many there are, and those of each in `items`.

    `items[].data_hex` is the whole data field; the first frame's `data_hex` is what follows its identifier.
    Of kind `bcd`, `data` is a bare number with `decimals` and `signed` among the inputs.
    Raises FrameError.
    """
    if asked.kind == "bcd":
        return _bare_number(data, asked)
    found = dlt645_frame.scan(data)
    if not found.frames:
        raise _why_none(data, found)
    fields = together([_told(frame, asked) for frame in found.frames], found.faults)
    fields["first_frame_offset"] = found.frames[0].start
    several = len(found.frames) > 1
    if several or found.unfinished_at is not None:
        frames = fields.get("items", [fields])
        fields["items"] = [
            one | {"data_hex": spaced(frame.data)} for one, frame in zip(frames, found.frames, strict=True)
        ]
    if found.unfinished_at is not None:
        fields["unfinished_hex"] = spaced(data[found.unfinished_at :])
    return fields


def _told(frame: Frame, asked: Asked) -> dict[str, Any]:
    return fields_of(frame) | ({VALUES: _by_quantity(frame, asked)} if asked.points else {})


def _why_none(data: bytes, found: dlt645_frame.Scan) -> FrameError:
    if found.faults:
        return found.faults[0]
    if found.unfinished_at is not None:
        missing = spaced(data[found.unfinished_at :])
        return FrameError(
            "incomplete_frame", f"the frame at byte {found.unfinished_at} breaks off: {missing}"
        )
    return FrameError("no_frame", f"no DL/T 645 frame in {len(data)} bytes: none begins 68 … 68")


def _bare_number(data: bytes, asked: Asked) -> dict[str, Any]:
    decimals, signed = int(asked.inputs.get("decimals", 0)), bool(asked.inputs.get("signed", False))
    number = bcd(data, decimals, signed)
    return {"decimals": decimals, "signed": signed, "value": number.value, "quality": number.quality}


def fields_of(frame: Frame) -> dict[str, Any]:
    """All a single frame says."""
    fields: dict[str, Any] = {
        "address": frame.address,
        "control": f"{frame.control:02X}",
        "direction": "response" if frame.is_reply else "request",
        "version": frame.version,
        "more_follows": frame.more_follows,
    }
    if frame.is_error:
        return fields | _refusal(frame)
    if frame.function == dlt645_frame.READ_ADDRESS_2007:
        return fields | ({"meter_address": frame.data[5::-1].hex()} if len(frame.data) == 6 else {})
    if frame.is_reply and not frame.data:
        return fields | {"meaning": _ACCEPTED.get(frame.function, "accepted")}
    return fields | _data_fields(frame)


def _refusal(frame: Frame) -> dict[str, Any]:
    fields: dict[str, Any] = {"data_hex": spaced(frame.data)}
    # Function 05 and its own error words are a smart socket maker's; the standard's error word is one byte.
    if len(frame.data) == 1:
        word = frame.data[0]
        fields["error_word"] = f"{word:02X}"
        fields["error_meaning"] = error_meaning(word, frame.version)
    return fields


def error_meaning(word: int, version: Literal["1997", "2007"] = "2007") -> str:
    """The error word in words."""
    bits = _ERROR_BITS if version == "2007" else _ERROR_BITS_1997
    return ", ".join(text for bit, text in enumerate(bits) if text and word >> bit & 1) or "reserved"


def split(frame: Frame) -> tuple[str, bytes] | None:
    """The data identifier of a frame and what follows it; None where the frame carries none."""
    width = 4 if frame.function in _DI_2007 else 2 if frame.function in _DI_1997 else 0
    if not width or len(frame.data) < width:
        return None
    return frame.data[width - 1 :: -1].hex().upper(), frame.data[width:]


def _data_fields(frame: Frame) -> dict[str, Any]:
    parts = split(frame)
    if parts is None:
        return {"data_hex": spaced(frame.data)} if frame.data else {}
    di, data = parts
    fields: dict[str, Any] = {"di": di}
    if frame.function == dlt645_frame.READ_MORE_2007 and data:
        fields["frame_seq"] = data[-1]
        data = data[:-1]
    if not frame.is_reply:
        return fields
    fields["data_hex"] = spaced(data)
    item = dlt645_items.item(di)
    if item is not None and frame.function != dlt645_frame.READ_MORE_2007 and not frame.more_follows:
        fields |= _value_fields(item, data)
    return fields


def _value_fields(item: Item, data: bytes) -> dict[str, Any]:
    if item.meaning == "number":
        return _number_fields(item, data)
    if item.meaning == "text":
        return {"text": dlt645_items.text(item, data)}
    digits = data[: item.size][::-1].hex()
    if len(digits) != 2 * item.size or not digits.isdecimal():
        return {"value": None, "quality": "not_a_number"}
    pairs = [digits[at : at + 2] for at in range(0, len(digits), 2)]
    if item.meaning == "date":
        return {"date": f"20{pairs[0]}-{pairs[1]}-{pairs[2]}", "weekday": int(pairs[3])}
    return {"time": ":".join(pairs)} if item.meaning == "time" else {"meter_address": digits}


def _number_fields(item: Item, data: bytes) -> dict[str, Any]:
    numbers = dlt645_items.numbers(item, data)
    fields: dict[str, Any] = {"unit": item.unit} if item.unit else {}
    if item.block:
        fields["values"] = [number.value for number in numbers]
        fields["qualities"] = [number.quality for number in numbers]
    elif numbers:
        fields |= {"value": numbers[0].value, "quality": numbers[0].quality}
    return fields


def _by_quantity(frame: Frame, asked: Asked) -> dict[str, float | None]:
    parts = split(frame)
    if parts is None or not frame.is_reply or frame.is_error:
        return {}
    values: dict[str, float | None] = {}
    for point in asked.points:
        number = pick(parts[0], parts[1], str(point.where["di"]))
        if number is not None:
            values[point.quantity] = None if number.value is None else scaled(number.value, point.scale)
    return values


def pick(di: str, data: bytes, wanted: str) -> Number | None:
    """The value of identifier `wanted` in the data of `di`, which is the same or a block that holds it."""
    block = dlt645_items.block_of(wanted)
    place = 0 if di == wanted else block[1] if block and block[0] == di else None
    item = dlt645_items.item(di)
    if place is None or item is None:
        return None
    found = dlt645_items.numbers(item, data)
    return found[place] if place < len(found) else None
