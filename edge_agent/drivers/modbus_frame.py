"""Modbus RTU frames and registers: bytes in, frames and numbers out. No I/O.

CRC and PDUs are pymodbus'. The framing is ours: pymodbus' RTU framer loses the answer when
one byte of noise stands before it (tried with 3.16.1: 00 or FF costs the whole timeout), and RS-485 lines
make such a byte whenever a transceiver switches. Here every byte may begin a frame, and the CRC tells.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

from edge_agent.drivers.decoding import FrameError, spaced
from edge_agent.drivers.scaling import shortest_float32

Table = Literal["coil", "discrete", "holding", "input"]
Side: TypeAlias = Literal["request", "response"]

REQUESTS: Final[dict[Table, type[ModbusPDU]]] = {
    "coil": ReadCoilsRequest,
    "discrete": ReadDiscreteInputsRequest,
    "holding": ReadHoldingRegistersRequest,
    "input": ReadInputRegistersRequest,
}
#: MODBUS Application Protocol V1.1b3 §6.1-6.4: the most one request may ask for.
LARGEST_READ: Final[dict[Table, int]] = {"coil": 2000, "discrete": 2000, "holding": 125, "input": 125}

#: Types of numbers and the registers they take. `sm`: the top bit is the sign, the rest the magnitude.
WIDTHS: Final = {
    "int16": 1, "uint16": 1, "sm16": 1,
    "int32": 2, "uint32": 2, "sm32": 2, "float32": 2,
    "int48": 3, "uint48": 3,
    "int64": 4, "uint64": 4, "float64": 4,
}  # fmt: skip
#: Where the bytes of a number ABCD, most significant first, stand on the wire (Telegraf's four-letter words).
ByteOrder = Literal["ABCD", "BADC", "CDAB", "DCBA"]
BYTE_ORDERS: Final[tuple[ByteOrder, ...]] = ("ABCD", "BADC", "CDAB", "DCBA")

#: MODBUS Application Protocol V1.1b3 §7.
EXCEPTIONS: Final = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target device failed to respond",
}
# What it cannot decode is told by FrameError, with the bytes; a line of log besides says nothing more.
logging.getLogger("pymodbus.logging").setLevel(logging.ERROR)
#: Function codes told apart here: reads 01-04, writes 05, 06, 0F, 10, and 08, whose frames are echoed.
DIAGNOSTICS: Final = 8
_READS: Final = frozenset({1, 2, 3, 4})
_SINGLE_WRITES: Final = frozenset({5, 6})
_MULTIPLE_WRITES: Final = frozenset({15, 16})
_DECODERS: Final[dict[Side, DecodePDU]] = {"request": DecodePDU(True), "response": DecodePDU(False)}


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame with a right CRC. `pdu` is function code and data."""

    start: int
    end: int
    unit_id: int
    side: Side
    pdu: bytes

    @property
    def function(self) -> int:
        """The function code, without the mark of an exception."""
        return self.pdu[0] & 0x7F

    @property
    def exception(self) -> int | None:
        """The exception code, where the device refuses."""
        return self.pdu[1] if self.pdu[0] & 0x80 else None

    def message(self) -> ModbusPDU:
        """The PDU as pymodbus reads it. Raises FrameError where it cannot."""
        message = _DECODERS[self.side].decode(self.pdu)
        if message is None:
            raise FrameError("malformed", f"no PDU of function {self.function}: {spaced(self.pdu)}")
        return message


def crc(body: bytes) -> bytes:
    """The two check bytes as they go on the wire, low byte first (MODBUS over Serial Line V1.02 §6.2.2)."""
    return FramerRTU.compute_CRC(body).to_bytes(2, "big")


def wrap(unit_id: int, pdu: bytes) -> bytes:
    """A frame as it goes on the wire."""
    body = bytes([unit_id]) + pdu
    return body + crc(body)


def read_request(unit_id: int, table: Table, address: int, count: int) -> bytes:
    """Asks for `count` registers or bits. Raises ValueError beyond what one request may ask for."""
    kind = REQUESTS[table]
    return wrap(unit_id, bytes([kind.function_code]) + kind(address=address, count=count).encode())


def length_at(buffer: bytes, start: int, side: Side) -> int | None:
    """How long a frame beginning at `start` must be; None where none can, or too little is there to say."""
    head = buffer[start : start + 7]
    if len(head) < 2:
        return None
    function = head[1]
    if function & 0x80:
        return 5 if side == "response" and function & 0x7F else None
    if function in _SINGLE_WRITES or function == DIAGNOSTICS:
        return 8
    if function in _READS:
        return 8 if side == "request" else 5 + head[2] if len(head) > 2 else None
    if function in _MULTIPLE_WRITES:
        return 8 if side == "response" else 9 + head[6] if len(head) > 6 else None
    return None


def frame_at(buffer: bytes, start: int, side: Side) -> Frame | None:
    """The frame that begins at `start`, where one does and its CRC is right."""
    length = length_at(buffer, start, side)
    if length is None or len(buffer) < start + length:
        return None
    end = start + length
    if crc(buffer[start : end - 2]) != buffer[end - 2 : end]:
        return None
    return Frame(start, end, buffer[start], side, buffer[start + 1 : end - 2])


def scan(buffer: bytes) -> list[Frame]:
    """All frames in `buffer`, whatever stands between them. A frame that could be either is a response."""
    frames: list[Frame] = []
    at = 0
    while at < len(buffer):
        frame = frame_at(buffer, at, "response") or frame_at(buffer, at, "request")
        if frame is not None:
            frames.append(frame)
        at = frame.end if frame else at + 1
    return frames


def number(registers: Sequence[int], kind: str, order: ByteOrder) -> float:
    """The number in `registers` (as many as its type needs). `order` DCBA etc. holds for every width:
    its first two letters say whether the bytes of a word are swapped, the whole whether the words are.

    A float that is not a number (NaN, infinity) is returned as it is.
    """
    words = reversed(registers) if order in ("CDAB", "DCBA") else registers
    bytes_of_word: Literal["big", "little"] = "little" if order in ("BADC", "DCBA") else "big"
    data = b"".join(word.to_bytes(2, bytes_of_word) for word in words)
    if kind == "float32":
        return shortest_float32(struct.unpack(">f", data)[0])
    if kind == "float64":
        return float(struct.unpack(">d", data)[0])
    whole = int.from_bytes(data, "big", signed=kind.startswith("int"))
    if not kind.startswith("sm"):
        return whole
    sign = 1 << 8 * len(data) - 1
    return -(whole - sign) if whole & sign else whole


def width(kind: str) -> int:
    """How many registers a number of this type takes."""
    return WIDTHS[kind]


def registers_of(data: bytes) -> list[int]:
    """16-bit registers, high byte first."""
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data) - 1, 2)]
