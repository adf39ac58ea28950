"""The driver of Modbus RTU devices.

A target's `address` is the unit id. A point's `where` is described in `modbus_points` and `modbus_pieces`.
Target options: `max_count` (registers in one request, default and limit 125), `gap_s` (silence before a
request, where the device needs more than the standard's).
Behind a serial server the same frames go through TCP (`tcp://host:port`, see `edge_agent.line.tcp_port`).
Adapters that echo are the port's matter (`PortSettings.local_echo`): an answer to a write equals its request,
so no driver could tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from edge_agent.drivers import modbus_frame, modbus_pieces, modbus_points, polling
from edge_agent.drivers.contract import (
    LineCounters,
    PermanentError,
    Point,
    Port,
    Reply,
    Target,
    TransientError,
)
from edge_agent.drivers.decoding import FrameError
from edge_agent.drivers.exchange import Question, ask, take
from edge_agent.drivers.modbus_frame import EXCEPTIONS, LARGEST_READ, REQUESTS, Frame
from edge_agent.drivers.modbus_points import Place, Read
from edge_agent.drivers.refusals import Refusals

#: Bytes of an answer besides its data: unit, function, length, CRC. A refusal is as long.
_OVERHEAD: Final = 5
#: Exceptions after which asking again may help: acknowledge (wait), busy, and a gateway's trouble.
_PASSING: Final = frozenset({5, 6, 10, 11})


class ModbusRtu:
    """Polls devices on one line. `attempts` is how often each request is asked before it is given up."""

    def __init__(self, attempts: int = 2) -> None:
        self._attempts = attempts
        self._refusals = Refusals()
        self._plans: dict[tuple[str, str], _Plan] = {}

    async def poll(self, port: Port, target: Target, counters: LineCounters, timeout_s: float) -> Reply:
        """What the device says of each point.

        A block that is refused is halved until the register that is missing stands alone: only its own
        points fail, and neither the block nor the register is asked again in the polls that follow.
        Raises PermanentError when it refuses all of them, TransientError when it says nothing, LineLost.
        """
        plan = self._plan(target, int(target.options.get("max_count", LARGEST_READ["holding"])))
        unit = _Unit(
            port,
            unit_id(target.address),
            counters,
            timeout_s,
            target.attempts or self._attempts,
            float(target.options.get("gap_s", 0.0)),
        )
        reply = await polling.poll(unit, plan.reads, modbus_points.halves, self._refusals, target.address)
        modbus_pieces.compose(plan.composed, reply)
        return reply

    def _plan(self, target: Target, max_count: int) -> _Plan:
        """The requests; remembered, for the next poll mostly asks the same."""
        key = target.device, target.address
        plan = self._plans.get(key)
        if plan is None or plan.points != target.points:
            reads = tuple(modbus_points.plan(modbus_pieces.pieces(target.points), max_count))
            plan = _Plan(target.points, reads, modbus_pieces.composed(target.points))
            self._plans[key] = plan
        return plan


@dataclass(frozen=True, slots=True)
class _Plan:
    """How `points` are read; `composed` are those that stand in several places."""

    points: tuple[Point, ...]
    reads: tuple[Read, ...]
    composed: tuple[Point, ...]


def unit_id(address: str | int) -> int:
    """The unit id in a target's address. Raises ValueError where it is none.

    0 and 248-255 pass: relays and energy meters are sold that answer on them.
    """
    text = str(address)
    if not text.isascii() or not text.isdecimal() or int(text) > 255:
        raise ValueError(f'"{text}" is no Modbus unit id: a number from 0 to 255')
    return int(text)


def normal_address(address: str | int) -> str:
    """The unit id as text. Raises ValueError where it is none."""
    return str(unit_id(address))


@dataclass(slots=True)
class _Unit:
    """Questions to one device."""

    port: Port
    unit_id: int
    counters: LineCounters
    timeout_s: float
    attempts: int
    gap_s: float
    #: Whether anything was answered with data (and not only refused).
    heard_data: bool = False

    @property
    def name(self) -> str:
        """As messages begin."""
        return f"unit {self.unit_id}"

    async def ask(self, request: Read, reply: Reply) -> None:
        """Read, and note each point. Raises DriverError."""
        content = await self._read(request.place)
        for point, where in zip(request.points, request.places, strict=True):
            take(point, modbus_points.value_of(point, where, request.place, content), reply)

    async def _read(self, place: Place) -> Sequence[int] | Sequence[bool]:
        """Registers or bits, `place.count` of them. Raises DriverError."""
        what = f"{self.name}, {place}"
        request = modbus_frame.read_request(self.unit_id, place.table, place.address, place.count)
        length = _OVERHEAD + _octets(place)
        question = Question(request, self.timeout_s, self.attempts, what, self.gap_s, answer_bytes=length)
        frame = await ask(
            self.port,
            question,
            self.counters,
            lambda heard: self._find(heard, place),
            lambda heard: self._damaged(heard, place),
        )
        if frame.exception is not None:
            text = f"{what}: exception {frame.exception} ({EXCEPTIONS.get(frame.exception, 'unknown')})"
            kind = TransientError if frame.exception in _PASSING else PermanentError
            raise kind(text, "device_error")
        try:
            message = frame.message()
        except FrameError as error:
            raise TransientError(f"{what}: {error}", "malformed") from error
        self.heard_data = True
        return message.registers or message.bits[: place.count]

    def _find(self, heard: bytes, place: Place) -> Frame | None:
        """The answer among noise and neighbours' answers: right unit, function, length and CRC."""
        for start in self._candidates(heard, place):
            frame = modbus_frame.frame_at(heard, start, "response")
            if frame is not None:
                return frame
        return None

    def _damaged(self, heard: bytes, place: Place) -> bool:
        return any(self._find(heard[start:], place) is None for start in self._candidates(heard, place))

    def _candidates(self, heard: bytes, place: Place) -> list[int]:
        """Where a whole answer to this question may begin, its CRC not looked at."""
        function, octets = REQUESTS[place.table].function_code, _octets(place)
        answers = _places(heard, bytes([self.unit_id, function, octets]), _OVERHEAD + octets)
        refusals = _places(heard, bytes([self.unit_id, function | 0x80]), _OVERHEAD)
        return sorted([*answers, *refusals])


def _octets(place: Place) -> int:
    """How many bytes of data an answer has."""
    return (place.count + 7) // 8 if place.table in ("coil", "discrete") else 2 * place.count


def _places(heard: bytes, head: bytes, length: int) -> Iterator[int]:
    """Where `head` stands and `length` bytes follow from there."""
    start = heard.find(head)
    while 0 <= start <= len(heard) - length:
        yield start
        start = heard.find(head, start + 1)
