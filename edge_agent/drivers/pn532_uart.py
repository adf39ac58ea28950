"""PN532: 13.56 MHz badge readers (ISO 14443 type A) on a UART, 115200 8N1.

Frames as in NXP's UM0701-02 (PN532 user manual): §6.2.1 frames, §7.2.10 SAMConfiguration, §7.3.5
InListPassiveTarget. The module sleeps after power-up: a run of bytes beginning with 55 wakes it. It
acknowledges a command within 15 ms and, asked to list targets, answers when a card comes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from edge_agent.drivers.card import card_of_uid
from edge_agent.drivers.contract import CardRead, LineCounters, Port, TransientError
from edge_agent.drivers.decoding import Asked, FrameError, spaced

_TO_PN532: Final = 0xD4
_SAM_CONFIGURATION: Final = 0x14
_IN_LIST_PASSIVE_TARGET: Final = 0x4A
_ACK: Final = bytes.fromhex("0000FF00FF00")
_NACK: Final = bytes.fromhex("0000FFFF0000")
WAKE_UP: Final = bytes.fromhex("5555") + bytes(14)
_NAMES: Final = {_SAM_CONFIGURATION: "SAMConfiguration", _IN_LIST_PASSIVE_TARGET: "InListPassiveTarget"}
_BAUDS: Final = {0: "106 kbps type A", 1: "212 kbps FeliCa", 2: "424 kbps FeliCa", 3: "106 kbps type B"}
#: SEL_RES bit 6: the card speaks ISO 14443-4 and its ATS follows the UID.
_ISO_14443_4: Final = 0x20
_UID_LENGTHS: Final = (4, 7, 10)
_READ_TIMEOUT_S: Final = 0.2
#: So many silences without an acknowledgement, and the module is woken again (it lost power).
_PATIENCE: Final = 3
#: So many silences after an acknowledgement, and the listing is asked anew: a module that lost power in
#: between would otherwise be waited for in vain.
_LISTING_PATIENCE: Final = 5
#: How often a module is woken before it is called dead.
_WAKINGS: Final = 3


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. `content` is without the direction byte D4 or D5; empty for an acknowledgement."""

    kind: Literal["ack", "nack", "command", "response"]
    content: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Target:
    """A card in the field."""

    sens_res: bytes
    sel_res: int
    uid: bytes


def frame_at(data: bytes, start: int) -> Frame | None:
    """The frame whose 00 FF stands at `start`; None while it is still coming. Raises FrameError."""
    head = data[start : start + 4]
    if len(head) < 4:
        return None
    length, length_check = head[2], head[3]
    if (length, length_check) == (0x00, 0xFF):
        return Frame("ack", b"", start + 4)
    if (length, length_check) == (0xFF, 0x00):
        return Frame("nack", b"", start + 4)
    if (length + length_check) & 0xFF or length == 0:
        raise FrameError(
            "length_checksum_mismatch",
            f"length {length:02X}, its check {length_check:02X}, must be {-length & 0xFF:02X}",
            length=length,
            checksum_in_frame=f"{length_check:02X}",
            checksum_calculated=f"{-length & 0xFF:02X}",
        )
    body = data[start + 4 : start + 5 + length]
    if len(body) <= length:
        return None
    if sum(body) & 0xFF:
        calculated = -sum(body[:-1]) & 0xFF
        raise FrameError(
            "checksum_mismatch",
            f"checksum {body[-1]:02X} in the frame, {calculated:02X} calculated",
            checksum_in_frame=f"{body[-1]:02X}",
            checksum_calculated=f"{calculated:02X}",
        )
    if body[0] not in (_TO_PN532, _TO_PN532 + 1):
        raise FrameError("device_error", f"the module refuses: error frame {body[0]:02X}")
    kind: Literal["command", "response"] = "command" if body[0] == _TO_PN532 else "response"
    return Frame(kind, body[1:-1], start + 5 + length)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a buffer holds; `rest` is the beginning of a frame that is still coming."""

    frames: tuple[Frame, ...]
    faults: tuple[FrameError, ...]
    rest: bytes


def scan(data: bytes) -> Scan:
    """Everything in `data`; bytes outside frames are noise."""
    frames: list[Frame] = []
    faults: list[FrameError] = []
    at = data.find(b"\x00\xff")
    while at >= 0:
        try:
            frame = frame_at(data, at)
        except FrameError as fault:
            faults.append(fault)
            at = data.find(b"\x00\xff", at + 1)
            continue
        if frame is None:
            return Scan(tuple(frames), tuple(faults), data[at:])
        frames.append(frame)
        at = data.find(b"\x00\xff", frame.end)
    return Scan(tuple(frames), tuple(faults), data[-1:] if data.endswith(b"\x00") else b"")


def targets(content: bytes) -> list[Target]:
    """The cards in the answer to InListPassiveTarget at 106 kbps type A. Raises FrameError."""
    found: list[Target] = []
    at = 2
    for _ in range(content[1] if len(content) > 1 else 0):
        # Number of the target, SENS_RES, SEL_RES, length of the UID
        if len(content) < at + 5:
            raise FrameError("length_mismatch", "the list of targets breaks off")
        sel_res, length = content[at + 3], content[at + 4]
        uid = content[at + 5 : at + 5 + length]
        if length not in _UID_LENGTHS or len(uid) < length:
            raise FrameError("length_mismatch", f"a UID of {length} bytes; ISO 14443-3 knows 4, 7 and 10")
        found.append(Target(content[at + 1 : at + 3], sel_res, uid))
        at += 5 + length
        if sel_res & _ISO_14443_4 and at < len(content):
            at += max(content[at], 1)  # the ATS, which begins with its own length
    return found


def command(content: bytes) -> bytes:
    """A frame to the module."""
    body = bytes([_TO_PN532]) + content
    return b"\x00\x00\xff" + bytes([len(body), -len(body) & 0xFF]) + body + bytes([-sum(body) & 0xFF, 0])


#: Normal mode, no security module: what a module is told first.
START: Final = command(bytes([_SAM_CONFIGURATION, 1]))


def decode(data: bytes, asked: Asked) -> dict[str, Any]:  # noqa: ARG001  # every protocol is called alike
    """The fields of the frames in `data`: an acknowledgement and a frame, or either. Raises FrameError."""
    found = scan(data)
    if found.faults:
        raise found.faults[0]
    ack_first = bool(found.frames) and found.frames[0].kind == "ack"
    for frame in found.frames:
        if frame.kind in ("command", "response"):
            return {"ack_first": ack_first, **_frame_fields(frame)}
    if len(found.rest) > 1:
        raise FrameError("incomplete_frame", f"the frame breaks off after {len(found.rest)} bytes")
    if ack_first:
        return {"ack_first": True, "targets": None}
    raise FrameError("no_frame", f"no frame in {len(data)} bytes: no 00 FF")


def _frame_fields(frame: Frame) -> dict[str, Any]:
    content = frame.content
    if not content:
        raise FrameError("malformed", "a frame without a command")
    code = f"{_TO_PN532 + (frame.kind == 'response'):02X} {content[0]:02X}"
    if frame.kind == "command":
        return {"command": code, **_command_fields(content)}
    fields: dict[str, Any] = {"command_response": code}
    if content[0] != _IN_LIST_PASSIVE_TARGET + 1:
        return fields
    cards = targets(content)
    fields["targets"] = len(cards)
    if cards:
        first = cards[0]
        fields |= {
            "sens_res": spaced(first.sens_res),
            "sel_res": f"{first.sel_res:02X}",
            "uid_length": len(first.uid),
            "uid": first.uid.hex().upper(),
        }
    return fields


def _command_fields(content: bytes) -> dict[str, Any]:
    if content[0] == _SAM_CONFIGURATION:
        return {"meaning": "wake up + SAMConfiguration"}
    if content[0] == _IN_LIST_PASSIVE_TARGET and len(content) >= 3:
        return {"max_targets": content[1], "baud": _BAUDS.get(content[2], f"{content[2]:02X}")}
    return {"meaning": _NAMES.get(content[0], "other command")}


class Pn532Uart:
    """Listens to one module: wakes it, then asks for cards again and again."""

    async def listen(self, port: Port, counters: LineCounters) -> AsyncIterator[CardRead]:
        """One CardRead each time a card is listed. Raises LineLost, TransientError for a dead module."""
        waiting = await self._start(port, counters)
        silences, acknowledged = 0, False
        await self._ask(port, counters, bytes([_IN_LIST_PASSIVE_TARGET, 1, 0]))
        while True:
            heard = await port.read(_READ_TIMEOUT_S)
            found = scan(waiting + heard)
            waiting = found.rest
            counters.checksum_errors += len(found.faults)
            acknowledged = acknowledged or any(frame.kind == "ack" for frame in found.frames)
            cards, answered = _cards(found.frames, counters)
            for card in cards:
                yield CardRead(card_of_uid(card.uid))
            silences = 0 if heard else silences + 1
            if answered or found.faults or silences >= _LISTING_PATIENCE:
                silences, acknowledged = 0, False
                await self._ask(port, counters, bytes([_IN_LIST_PASSIVE_TARGET, 1, 0]))
            elif silences >= _PATIENCE and not acknowledged:
                counters.timeouts += 1
                waiting, silences = await self._start(port, counters), 0
                await self._ask(port, counters, bytes([_IN_LIST_PASSIVE_TARGET, 1, 0]))

    async def _start(self, port: Port, counters: LineCounters) -> bytes:
        """Wake the module; normal mode, no security module. What came behind the answer is returned."""
        for _ in range(_WAKINGS):
            port.discard_input()
            await port.write(WAKE_UP)
            await self._ask(port, counters, bytes([_SAM_CONFIGURATION, 1]))
            heard = b""
            for _ in range(_PATIENCE):
                heard += await port.read(_READ_TIMEOUT_S)
                for frame in scan(heard).frames:
                    if frame.kind == "response" and frame.content == bytes([_SAM_CONFIGURATION + 1]):
                        counters.replies += 1
                        return heard[frame.end :]
            counters.timeouts += 1
        raise TransientError("the PN532 does not answer: is it switched to HSU (UART)?", "no_reply")

    @staticmethod
    async def _ask(port: Port, counters: LineCounters, content: bytes) -> None:
        counters.requests += 1
        await port.write(command(content))


def _cards(frames: tuple[Frame, ...], counters: LineCounters) -> tuple[list[Target], bool]:
    """The cards listed, and whether the module has answered at all."""
    cards: list[Target] = []
    answered = False
    for frame in frames:
        if frame.kind != "response" or frame.content[:1] != bytes([_IN_LIST_PASSIVE_TARGET + 1]):
            continue
        answered = True
        counters.replies += 1
        try:
            cards += targets(frame.content)
        except FrameError:
            counters.checksum_errors += 1
    return cards, answered
