"""UHF gate readers with an R200 or M100 module (EPC Gen2 tags, metres away), 115200 8N1.

A frame is `BB`, type (00 command, 01 response, 02 notice), command, length (two bytes), parameters, checksum
(sum of type to parameters), `7E`. A tag's notice holds signal strength, PC, EPC and the tag's own CRC-16
(EPCglobal UHF Class 1 Gen 2 §6.3.1.5: polynomial 1021, preset FFFF, inverted), over PC and EPC. The frame's
checksum is a sum of bytes; only the CRC tells a turned pair of them, so both must be right.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from edge_agent.drivers.contract import CardRead, LineCounters, Port
from edge_agent.drivers.decoding import Asked, FrameError

_START: Final = 0xBB
_END: Final = 0x7E
COMMAND: Final = 0x00
_NOTICE: Final = 0x02
_RESPONSE: Final = 0x01
POLL_ONCE: Final = 0x22
_FAILED: Final = 0xFF
#: M100 firmware manual, error codes of a failed command.
_ERRORS: Final = {
    0x09: "access password wrong or no tag",
    0x15: "no tag in field",
    0x16: "access failed",
    0x17: "command error",
    0x20: "no channel is free (FHSS)",
}
_NO_TAG: Final = 0x15
#: Longest frame taken for one: an EPC has at most 62 bytes (5 bits of words).
_LONGEST_PARAMETERS: Final = 128
_READ_TIMEOUT_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, its checksum right."""

    type: int
    command: int
    parameters: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag in the field. `rssi_dbm` is as the module says it, not calibrated."""

    rssi_dbm: int
    pc: bytes
    epc: bytes
    crc: bytes


@dataclass(frozen=True, slots=True)
class Scan:
    """What a buffer holds; `rest` is the beginning of a frame that is still coming."""

    frames: tuple[Frame, ...]
    faults: tuple[FrameError, ...]
    rest: bytes


def frame_at(data: bytes, start: int) -> Frame | None:
    """The frame that begins at `start`; None while it is still coming. Raises FrameError."""
    head = data[start : start + 5]
    if len(head) < 5:
        return None
    length = int.from_bytes(head[3:], "big")
    if length > _LONGEST_PARAMETERS:
        raise FrameError("length_mismatch", f"{length} bytes of parameters, no frame has more than 128")
    end = start + 7 + length
    if len(data) < end:
        return None
    check = sum(data[start + 1 : end - 2]) & 0xFF
    if data[end - 1] != _END:
        raise FrameError("length_mismatch", f"the frame does not end with 7E: {data[end - 1]:02X}")
    if data[end - 2] != check:
        raise FrameError(
            "checksum_mismatch",
            f"checksum {data[end - 2]:02X} in the frame, {check:02X} calculated",
            type=f"{head[1]:02X}",
            command=f"{head[2]:02X}",
            checksum_in_frame=f"{data[end - 2]:02X}",
            checksum_calculated=f"{check:02X}",
        )
    return Frame(head[1], head[2], data[start + 5 : end - 2], end)


def scan(data: bytes) -> Scan:
    """Everything in `data`; bytes outside frames are noise."""
    frames: list[Frame] = []
    faults: list[FrameError] = []
    at = data.find(_START)
    while at >= 0:
        try:
            frame = frame_at(data, at)
        except FrameError as fault:
            faults.append(fault)
            at = data.find(_START, at + 1)
            continue
        if frame is None:
            return Scan(tuple(frames), tuple(faults), data[at:])
        frames.append(frame)
        at = data.find(_START, frame.end)
    return Scan(tuple(frames), tuple(faults), b"")


def crc16(data: bytes) -> bytes:
    """CRC-16 of Gen2 tags, high byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
        crc &= 0xFFFF
    return (crc ^ 0xFFFF).to_bytes(2, "big")


def tag(frame: Frame) -> Tag:
    """The tag in a notice. Raises FrameError."""
    content = frame.parameters
    if len(content) < 5:
        raise FrameError("length_mismatch", f"a tag's notice of {len(content)} bytes")
    found = Tag(int.from_bytes(content[:1], "big", signed=True), content[1:3], content[3:-2], content[-2:])
    words = found.pc[0] >> 3
    if len(found.epc) != 2 * words:
        raise FrameError("length_mismatch", f"PC says {2 * words} bytes of EPC, {len(found.epc)} came")
    calculated = crc16(found.pc + found.epc)
    if calculated != found.crc:
        raise FrameError(
            "checksum_mismatch",
            f"CRC {found.crc.hex().upper()} of the tag, {calculated.hex().upper()} calculated",
            epc=found.epc.hex().upper(),
            checksum_in_frame=found.crc.hex().upper(),
            checksum_calculated=calculated.hex().upper(),
        )
    return found


def command(code: int, parameters: bytes = b"") -> bytes:
    """A frame to the module."""
    body = bytes([COMMAND, code]) + len(parameters).to_bytes(2, "big") + parameters
    return bytes([_START]) + body + bytes([sum(body) & 0xFF, _END])


def decode(data: bytes, asked: Asked) -> dict[str, Any]:  # noqa: ARG001  # every protocol is called alike
    """The fields of the first good frame in `data`, and how many there are. Raises FrameError."""
    found = scan(data)
    if not found.frames:
        if found.faults:
            raise found.faults[0]
        if found.rest:
            raise FrameError("incomplete_frame", f"the frame breaks off after {len(found.rest)} bytes")
        raise FrameError("no_frame", f"no frame in {len(data)} bytes: no BB")
    frame = found.frames[0]
    fields: dict[str, Any] = {
        "frames": len(found.frames),
        "type": f"{frame.type:02X}",
        "command": f"{frame.command:02X}",
    }
    if frame.type == _NOTICE and frame.command == POLL_ONCE:
        one = tag(frame)
        return fields | {
            "rssi_raw": f"{one.rssi_dbm & 0xFF:02X}",
            "rssi_dbm": one.rssi_dbm,
            "pc": one.pc.hex().upper(),
            "epc": one.epc.hex().upper(),
            "crc": one.crc.hex().upper(),
        }
    if frame.type == _RESPONSE and frame.command == _FAILED and frame.parameters:
        code = frame.parameters[0]
        return fields | {"error_code": f"{code:02X}", "meaning": _ERRORS.get(code, "unknown error")}
    return fields | {"parameters": frame.parameters.hex().upper()}


class UhfR200:
    """Asks one module for tags as fast as it answers."""

    async def listen(self, port: Port, counters: LineCounters) -> AsyncIterator[CardRead]:
        """One CardRead each time a tag is heard: its EPC in hex. Raises LineLost."""
        waiting = b""
        while True:
            counters.requests += 1
            await port.write(command(POLL_ONCE))
            heard = await port.read(_READ_TIMEOUT_S)
            counters.timeouts += not heard
            found = scan(waiting + heard)
            # A beginning that nothing followed within a whole turn was noise.
            waiting = found.rest if heard else b""
            counters.checksum_errors += len(found.faults)
            for frame in found.frames:
                if frame.type != _NOTICE:
                    counters.replies += 1
                    continue
                try:
                    one = tag(frame)
                except FrameError:
                    counters.checksum_errors += 1
                    continue
                counters.replies += 1
                yield CardRead(one.epc.hex().upper())
