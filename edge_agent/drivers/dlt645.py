"""The driver of DL/T 645 meters, 2007 and 1997.

A point's `where` is `{"di": "02010100"}`: eight hex digits ask the 2007 way, four the 1997 way. Points that
stand in one block (voltages of the three phases) are asked in one request; a meter that refuses a block is
remembered and asked one by one. Target options: `blocks` (default true),
`gap_s` (silence before a request, where the meter needs more than `exchange.silence_s`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edge_agent.drivers import dlt645_frame, dlt645_items, polling
from edge_agent.drivers.contract import (
    LineCounters,
    PermanentError,
    Point,
    Port,
    Reply,
    Target,
)
from edge_agent.drivers.dlt645_decode import error_meaning, pick, split
from edge_agent.drivers.dlt645_frame import Frame
from edge_agent.drivers.exchange import Question, ask, take
from edge_agent.drivers.refusals import Refusals
from edge_agent.drivers.scaling import scaled

#: Follow-on frames asked for one item: no item a profile names is longer than three.
_MOST_FRAMES: Final = 8


@dataclass(frozen=True, slots=True)
class _Read:
    """One request: an identifier and the points its reply holds."""

    di: str
    points: tuple[Point, ...]

    @property
    def key(self) -> str:
        """What is asked for."""
        return f"item {self.di}"


class Dlt645:
    """Polls meters on one line. `attempts` is how often each item is asked before it is given up."""

    def __init__(self, attempts: int = 2) -> None:
        self._attempts = attempts
        self._refusals = Refusals()

    async def poll(self, port: Port, target: Target, counters: LineCounters, timeout_s: float) -> Reply:
        """What the meter says of each point.

        Raises PermanentError when it refuses all of them, TransientError when it says nothing, LineLost.
        """
        gap_s = float(target.options.get("gap_s", 0.0))
        address = dlt645_frame.normal_address(target.address)
        line = _Line(port, address, counters, timeout_s, target.attempts or self._attempts, gap_s)
        return await polling.poll(line, self._plan(address, target), _one_by_one, self._refusals, address)

    async def read_address(self, port: Port, counters: LineCounters, timeout_s: float) -> str:
        """The twelve digits of the one meter on the line, asked of whoever is there (2007 §7.2).

        Several meters answer at once and spoil each other's frames. Meters of 1997 know no such command: they
        answer an item asked of the wildcard address. Raises DriverError.
        """
        line = _Line(port, dlt645_frame.WILDCARD, counters, timeout_s, self._attempts, 0.0)
        return await line.read_address()

    def _plan(self, address: str, target: Target) -> Iterator[_Read]:
        blocks: dict[str, list[Point]] = {}
        for point in target.points:
            di = str(point.where["di"]).upper()
            block = dlt645_items.block_of(di) if target.options.get("blocks", True) else None
            usable = block is not None and not self._refusals.has(address, f"item {block[0]}")
            blocks.setdefault(block[0] if block and usable else di, []).append(point)
        for di, points in blocks.items():
            yield _Read(di if len(points) > 1 else str(points[0].where["di"]).upper(), tuple(points))


def _one_by_one(read: _Read) -> list[_Read]:
    """The points of a block, each by its own identifier."""
    return [_Read(str(point.where["di"]), (point,)) for point in read.points] if len(read.points) > 1 else []


@dataclass(slots=True)
class _Line:
    """Questions to one meter."""

    port: Port
    address: str
    counters: LineCounters
    timeout_s: float
    attempts: int
    gap_s: float
    #: Whether any item was answered with data (and not only refused).
    heard_data: bool = False

    @property
    def name(self) -> str:
        """As messages begin."""
        return f"meter {self.address}"

    async def ask(self, request: _Read, reply: Reply) -> None:
        """Ask, and note each point. Raises DriverError."""
        data = await self._read(request.di)
        for point in request.points:
            number = pick(request.di, data, str(point.where["di"]).upper())
            if number is None:
                reply.values[point.quantity] = None
                reply.faults[point.quantity] = "malformed"
            else:
                # The wire has no word for "this phase is not connected"; FF digits are no number either way.
                take(point, None if number.value is None else scaled(number.value, point.scale), reply)

    async def _read(self, di: str) -> bytes:
        """The data of one item, follow-on frames put together. Raises DriverError."""
        frame, data = await self._exchange(di, dlt645_frame.read_request(self.address, di), None)
        sequence = 0
        while frame.more_follows and sequence < _MOST_FRAMES:
            sequence += 1
            request = dlt645_frame.read_more_request(self.address, di, sequence)
            frame, more = await self._exchange(di, request, sequence)
            data += more
        self.heard_data = True
        return data

    async def read_address(self) -> str:
        """What whoever is on the line says its address is. Raises DriverError."""
        request = dlt645_frame.encode(dlt645_frame.WILDCARD, dlt645_frame.READ_ADDRESS_2007)
        question = Question(request, self.timeout_s, self.attempts, "address of any meter", self.gap_s)
        return await ask(self.port, question, self.counters, _address_in, _damaged)

    async def _exchange(self, di: str, request: bytes, sequence: int | None) -> tuple[Frame, bytes]:
        what = f"{self.name}, item {di}"
        question = Question(request, self.timeout_s, self.attempts, what, self.gap_s)
        return await ask(
            self.port, question, self.counters, lambda heard: self._find(heard, di, sequence), _damaged
        )

    def _find(self, heard: bytes, di: str, sequence: int | None) -> tuple[Frame, bytes] | None:
        """The meter's answer among echoes, neighbours' answers and stale ones. Raises PermanentError."""
        for frame in dlt645_frame.scan(heard).frames:
            if not frame.is_reply or self.address not in (frame.address, dlt645_frame.WILDCARD):
                continue
            if frame.is_error and frame.function == _function(di, sequence):
                raise PermanentError(_refusal(self.address, di, frame), "device_error")
            data = _data_of(frame, di, sequence)
            if data is not None:
                return frame, data
        return None


def _address_in(heard: bytes) -> str | None:
    for frame in dlt645_frame.scan(heard).frames:
        good = frame.is_reply and not frame.is_error and len(frame.data) == 6
        if good and frame.function == dlt645_frame.READ_ADDRESS_2007:
            return frame.data[::-1].hex()
    return None


def _function(di: str, sequence: int | None) -> int:
    if len(di) == 4:
        return dlt645_frame.READ_1997 if sequence is None else dlt645_frame.READ_MORE_1997
    return dlt645_frame.READ_2007 if sequence is None else dlt645_frame.READ_MORE_2007


def _data_of(frame: Frame, di: str, sequence: int | None) -> bytes | None:
    parts = split(frame)
    if frame.is_error or parts is None or parts[0] != di or frame.function != _function(di, sequence):
        return None
    if sequence is None or len(di) == 4:
        return parts[1]
    return parts[1][:-1] if parts[1][-1:] == bytes([sequence]) else None


def _refusal(address: str, di: str, frame: Frame) -> str:
    word = f"{frame.data[0]:02X} ({error_meaning(frame.data[0], frame.version)})" if frame.data else "none"
    return f"meter {address}, item {di}: refused, error word {word}"


def _damaged(heard: bytes) -> bool:
    return any(fault.kind == "checksum_mismatch" for fault in dlt645_frame.scan(heard).faults)
