"""What a Modbus RTU frame means, as JSON-ready fields: for `plumbline-edge decode`. No I/O."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from pymodbus.pdu import ModbusPDU

from edge_agent.drivers import modbus_frame, modbus_pieces, modbus_points
from edge_agent.drivers.contract import Reply
from edge_agent.drivers.decoding import VALUES, Asked, FrameError, each, spaced, together
from edge_agent.drivers.modbus_frame import EXCEPTIONS, ByteOrder, Frame, Table
from edge_agent.drivers.modbus_points import Place
from edge_agent.drivers.register_maps import Entry, entries
from edge_agent.drivers.scaling import scaled
from wire.quantities import QUANTITIES

_TABLES: Final[dict[int, Table]] = {
    1: "coil",
    2: "discrete",
    3: "holding",
    4: "input",
    6: "holding",
    16: "holding",
}
_WORD_ORDERS: Final = {"ABCD": "big", "CDAB": "32-bit values low word first"}
#: MODBUS Application Protocol V1.1b3 §6.5: the only two values of a coil written.
_COIL_VALUES: Final = {b"\xff\x00": True, b"\x00\x00": False}


def decode(data: bytes, asked: Asked) -> dict[str, Any]:
    """The fields of the frames in `data`; of the first that answers the request, where one is given.

    An echo of the request before the answer is passed over. Of kind `crc`, `data` is what the check bytes
    are wanted of; of kind `value`, registers of the `type` and `byte_order` among the inputs.
    Raises FrameError.
    """
    if asked.kind == "crc":
        check = modbus_frame.crc(data)
        return {"crc16_on_wire": spaced(check), "crc16_value_pymodbus": check.hex().upper()}
    if asked.kind == "value":
        return _number_fields(modbus_frame.registers_of(data), None, asked)
    if not data:
        raise FrameError("timeout", "no bytes: the device did not answer")
    question = _question(asked.request)
    echoed = asked.request is not None and data.startswith(asked.request) and len(data) > len(asked.request)
    body = data[len(asked.request) :] if asked.request is not None and echoed else data
    frames = modbus_frame.scan(body)
    if not frames:
        raise _why_none(body, question)
    if question is not None:
        told = [fields_of(_answer(frames, question, body), question, asked)]
    else:
        told = each(tuple(_conversation(frames)), lambda pair: fields_of(*pair, asked))
    return together(told) | {"frames": len(frames), "echoed": echoed}


def _conversation(frames: Sequence[Frame]) -> Iterator[tuple[Frame, Frame | None]]:
    """Each frame of a capture with the request it answers, where that was heard just before it."""
    last: Frame | None = None
    for frame in frames:
        answers = last is not None and frame.side == "response" and _is_of(last, frame)
        yield frame, last if answers else None
        last = frame if frame.side == "request" else None


def _is_of(request: Frame, answer: Frame) -> bool:
    same = (request.unit_id, request.function) == (answer.unit_id, answer.function)
    expected = _expected_octets(request)
    return same and (answer.exception is not None or expected is None or answer.pdu[1] == expected)


def _question(request: bytes | None) -> Frame | None:
    if request is None:
        return None
    for start in range(len(request)):
        frame = modbus_frame.frame_at(request, start, "request")
        if frame is not None:
            return frame
    raise FrameError("bad_request", f"the request is no Modbus RTU frame with a right CRC: {spaced(request)}")


def _answer(frames: Sequence[Frame], question: Frame, data: bytes) -> Frame:
    """The first frame of the device that was asked. Raises FrameError where none fits the question."""
    own = [frame for frame in frames if frame.unit_id == question.unit_id and frame.side == "response"]
    if not own:
        if data[0] == question.unit_id and modbus_frame.crc(data[:-2]) == data[-2:]:
            raise _wrong_length(data, question)
        raise FrameError("wrong_unit", f"unit {question.unit_id} was asked, unit {frames[0].unit_id} answers")
    frame = own[0]
    if frame.function != question.function:
        raise FrameError("wrong_function", f"function {question.function} asked, {frame.function} answered")
    if frame.exception is not None:
        return frame
    expected = _expected_octets(question)
    if expected is None:
        if frame.pdu[1:5] != question.pdu[1:5]:
            raise FrameError(
                "echo_mismatch", f"wrote {spaced(question.pdu[1:5])}, {spaced(frame.pdu[1:5])} confirmed"
            )
    elif frame.pdu[1] != expected:
        raise FrameError("byte_count_mismatch", f"{expected} bytes asked for, {frame.pdu[1]} answered")
    return frame


def _expected_octets(question: Frame) -> int | None:
    """How many bytes the answer to a read must carry; None for a write."""
    count = int.from_bytes(question.pdu[3:5], "big")
    return {1: (count + 7) // 8, 2: (count + 7) // 8, 3: 2 * count, 4: 2 * count}.get(question.function)


def _why_none(data: bytes, question: Frame | None) -> FrameError:
    """The fault of bytes that hold no good frame, taken as one frame from end to end."""
    if len(data) < 4:
        return FrameError("incomplete_frame", f"{len(data)} bytes: the shortest frame has 4")
    body, check = data[:-2], data[-2:]
    calculated = modbus_frame.crc(body)
    if calculated == check:
        return _wrong_length(data, question)
    length = modbus_frame.length_at(data, 0, "response" if question else "request")
    if question is not None and length is not None and len(data) < length:
        return FrameError("incomplete_frame", f"{len(data)} bytes of {length}")
    return FrameError(
        "crc_mismatch",
        f"unit {data[0]}, function {data[1]}: CRC {spaced(check)} in it, {spaced(calculated)} calculated",
        crc_in_frame=spaced(check),
        crc_calculated=spaced(calculated),
    )


def _wrong_length(data: bytes, question: Frame | None) -> FrameError:
    """The CRC is right, the length is not: either the count in the frame is wrong, or bytes are missing."""
    expected = _expected_octets(question) if question else None
    if expected is not None and data[2] != expected:
        return FrameError(
            "byte_count_mismatch",
            f"the frame counts {data[2]} bytes, {len(data) - 5} came and {expected} were asked for",
        )
    length = modbus_frame.length_at(data, 0, "response" if question else "request")
    if length is None:
        return FrameError(
            "unknown_function",
            f"function {data[1]} of unit {data[0]} is not read here",
            data_hex=spaced(data[2:-2]),
        )
    return FrameError(
        "length_mismatch",
        f"unit {data[0]}, function {data[1]}: {len(data)} bytes, a frame of it has {length}",
        unit_id=data[0],
        function=data[1],
    )


def fields_of(frame: Frame, question: Frame | None, asked: Asked) -> dict[str, Any]:
    """All a single frame says, a profile's values too. Raises FrameError for a PDU that is none."""
    fields = _fields(frame, question, asked)
    if asked.points and question is not None and frame.side == "response":
        fields[VALUES] = _by_quantity(frame, question, asked)
    return fields


def _fields(frame: Frame, question: Frame | None, asked: Asked) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "unit_id": frame.unit_id,
        "function": frame.function,
        "direction": frame.side,
    }
    if frame.exception is not None:
        return fields | {"exception": frame.exception, "meaning": EXCEPTIONS.get(frame.exception, "unknown")}
    if frame.function == modbus_frame.DIAGNOSTICS:
        subfunction = int.from_bytes(frame.pdu[1:3], "big")
        return fields | {"subfunction": subfunction, "data_hex": spaced(frame.pdu[3:])}
    message = frame.message()
    if frame.function == 5:
        value = _COIL_VALUES.get(frame.pdu[3:5])
        if value is None:
            raise FrameError("malformed", f"a coil is FF 00 or 00 00, not {spaced(frame.pdu[3:5])}")
        return fields | {"coil": message.address, "value": value}
    fields |= _place_fields(frame, question, message)
    if frame.function in (1, 2) and frame.side == "response":
        return fields | _bit_fields(frame, message, fields.get("count"))
    registers = registers_in(frame, message)
    if registers:
        fields["registers"] = registers
        fields |= _register_fields(frame.function, fields.get("register"), registers, asked)
    return fields


def registers_in(frame: Frame, message: ModbusPDU) -> list[int]:
    """What a frame carries of registers: none in a read request or the acknowledgement of a write."""
    if frame.function in (3, 4) and frame.side == "response":
        return list(message.registers)
    if frame.function == 6 or (frame.function == 16 and frame.side == "request"):
        return list(message.registers)
    return []


def _place_fields(frame: Frame, question: Frame | None, message: ModbusPDU) -> dict[str, Any]:
    if frame.side == "response" and frame.function in (1, 2, 3, 4):
        if question is None:
            return {}
        asked_for = question.message()
        return {"register": asked_for.address, "count": asked_for.count}
    return {"register": message.address} | ({} if frame.function == 6 else {"count": message.count})


def _bit_fields(frame: Frame, message: ModbusPDU, count: int | None) -> dict[str, Any]:
    return {"bits": list(message.bits)[:count], "bytes": spaced(frame.pdu[2:])}


def _register_fields(
    function: int, register: int | None, registers: list[int], asked: Asked
) -> dict[str, Any]:
    table = _TABLES[function]
    known = [entry for entry in _known(asked) if entry.table == table]
    if register is None and len(registers) == 1:
        return _number_fields(registers, None, asked)  # which one it is nobody knows
    # Without the request the first register is not known: a block then begins with the map's first.
    start = register if register is not None else known[0].register if known else 0
    inside = [
        entry
        for entry in known
        if start <= entry.register
        and entry.register + modbus_frame.width(entry.type) <= start + len(registers)
    ]
    if len(inside) == 1 and modbus_frame.width(inside[0].type) == len(registers):
        return _number_fields(registers, inside[0], asked)
    if inside:
        return _named_fields(registers, start, inside, asked)
    return _number_fields(registers, None, asked)


def _known(asked: Asked) -> list[Entry]:
    """What stands where in the device: by its maker's map, else by its profile."""
    if asked.device is None:
        return []
    known = list(entries(asked.device))
    places = {(entry.table, entry.register) for entry in known}
    for point in modbus_pieces.pieces(asked.points):
        place = modbus_points.place_of(point)
        if point.quantity in QUANTITIES and (place.table, place.address) not in places:
            unit = QUANTITIES[point.quantity].display_unit or None
            kind, order = str(point.where["decode"]), cast(ByteOrder, point.where["byte_order"])
            known.append(Entry(place.table, place.address, point.quantity, kind, unit, (point.scale,), order))
    return sorted(known, key=lambda entry: entry.register)


def _number_fields(registers: list[int], entry: Entry | None, asked: Asked) -> dict[str, Any]:
    """The number `registers` hold: typed by the map, else by the inputs, else a single one as it is."""
    kind = entry.type if entry else str(asked.inputs.get("type", "uint16"))
    order: ByteOrder = entry.byte_order if entry else cast(ByteOrder, asked.inputs.get("byte_order", "ABCD"))
    if kind not in modbus_frame.WIDTHS or order not in modbus_frame.BYTE_ORDERS:
        raise FrameError("bad_input", f"no number type {kind} in byte order {order}")
    if modbus_frame.width(kind) != len(registers):
        return {}
    scale = _scale(entry, asked)
    fields: dict[str, Any] = {"type": kind, "scale": scale, "byte_order": order}
    if modbus_frame.width(kind) > 1:
        fields["word_order"] = _WORD_ORDERS.get(order, order)
    fields["value"] = _finite(modbus_frame.number(registers, kind, order), scale)
    return fields | ({"unit": entry.unit} if entry and entry.unit else {})


def _finite(number: float, scale: float) -> float | None:
    """The value; None for a float that is no number, which JSON has no word for."""
    return scaled(number, scale) if math.isfinite(number) else None


def _scale(entry: Entry | None, asked: Asked) -> float:
    given = float(asked.inputs.get("scale", 1))
    if entry is None:
        return given
    return given if given in entry.scales else entry.scales[0]


def _named_fields(registers: list[int], start: int, entries: Sequence[Entry], asked: Asked) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "types": [entry.type for entry in entries],
        "scales": [_scale(entry, asked) for entry in entries],
        "units": {entry.key: entry.unit for entry in entries},
    }
    for entry in entries:
        at = entry.register - start
        words = registers[at : at + modbus_frame.width(entry.type)]
        number = modbus_frame.number(words, entry.type, entry.byte_order)
        fields[entry.key] = _finite(number, _scale(entry, asked))
    orders = {entry.byte_order for entry in entries if modbus_frame.width(entry.type) > 1}
    if len(orders) == 1:
        order = orders.pop()
        fields["word_order"] = _WORD_ORDERS.get(order, order)
    return fields


def _by_quantity(frame: Frame, question: Frame, asked: Asked) -> dict[str, float | None]:
    """What a profile's points are in this answer; those it does not hold are left out."""
    table = _TABLES.get(frame.function)
    if frame.exception is not None or table is None or question.function not in (1, 2, 3, 4):
        return {}
    message, wanted = frame.message(), question.message()
    place = Place(table, wanted.address, wanted.count)
    content = list(message.registers) or [int(bit) for bit in message.bits]
    reply = Reply()
    for point in modbus_pieces.pieces(asked.points):
        where = modbus_points.place_of(point)
        if place.holds(where):
            reply.values[point.quantity] = modbus_points.value_of(point, where, place, content)
    whole = [point for point in asked.points if modbus_pieces.is_whole(point, reply)]
    modbus_pieces.compose(whole, reply)
    return {point.quantity: reply.values[point.quantity] for point in whole}
