"""What a driver is.

A *line* is one serial port with one protocol on it. A polled driver asks and gets a reply, one request in
flight; a listening driver hears what a reader sends of itself. Both work on a `Port`, never on pyserial, so a
test gives them bytes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from wire.batch import FaultReason

Parity = Literal["N", "E", "O"]


@dataclass(frozen=True, slots=True)
class PortSettings:
    """How a port is opened. `path` may be a pseudo-terminal, or `tcp://host:port` of a serial server."""

    path: str
    baud: int = 9600
    parity: Parity = "N"
    stop_bits: int = 1
    data_bits: int = 8
    #: Some RS-485 adapters return what is sent. Never guessed: function codes 05/06 reply with the request.
    local_echo: bool = False
    timeout_s: float = 0.6


class Port(Protocol):
    """A stream of bytes, set up as `settings` say.

    `quiet_s` is how long ago (seconds) the last byte came or went. `read` gives what has come, at least one
    byte, or b"" after `timeout_s`; it need not look before `expected` bytes can have passed over the line:
    the request just written and the answer, or what is left of it. `set_baud` changes the speed once
    everything written has left the wire; None is the speed the port was opened with. Both raise LineLost;
    `set_baud` raises PermanentError where the speed is not ours to set (a port behind TCP).
    """

    @property
    def settings(self) -> PortSettings: ...
    def quiet_s(self) -> float: ...
    async def write(self, data: bytes) -> None: ...
    async def read(self, timeout_s: float, expected: int = 0) -> bytes: ...
    async def set_baud(self, baud: int | None) -> None: ...
    def discard_input(self) -> None: ...


class DriverError(Exception):
    """A device could not be read. `reason` goes into a fault event."""

    reason: FaultReason = "malformed"

    def __init__(self, message: str, reason: FaultReason | None = None) -> None:
        super().__init__(message)
        if reason is not None:
            self.reason = reason


class TransientError(DriverError):
    """Asking again may help: no reply, a bad checksum, noise."""


class PermanentError(DriverError):
    """Asking again will not help: the device says it has no such register, the profile does not fit."""


class LineLost(TransientError):  # noqa: N818  # the words of the field: a line is lost
    """The port itself is gone (adapter unplugged)."""

    reason: FaultReason = "line_lost"


@dataclass(frozen=True, slots=True)
class Point:
    """One quantity a profile reads. `where` is the protocol's own address of it (register, DI)."""

    quantity: str
    where: Mapping[str, Any]
    #: Raw value * scale = value in the quantity's unit of the table.
    scale: float = 1.0
    interval_s: float | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A device on a line: which one (`address`, as the protocol writes it) and what to read of it."""

    device: str
    address: str
    points: tuple[Point, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    #: How often a question is asked before it is given up; None: as often as the driver does.
    attempts: int | None = None


@dataclass(slots=True)
class Reply:
    """Values in the table's units; a null has its reason in `faults`.

    `doubt`: the device gives values and says that something is wrong with itself (an error register, a flag).
    `ages_ms`: of values that the device says it took before it told them (a gas meter's of the last hour).
    """

    values: dict[str, float | None] = field(default_factory=dict)
    faults: dict[str, FaultReason] = field(default_factory=dict)
    doubt: FaultReason | None = None
    ages_ms: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class LineCounters:
    """Counted by the driver, shown in `status`. `requests` are with the `retries` among them."""

    requests: int = 0
    retries: int = 0
    replies: int = 0
    timeouts: int = 0
    checksum_errors: int = 0
    dropped: int = 0
    #: The share of the last minute that questions and answers took, 0-1; None where nothing is asked.
    utilisation: float | None = None


@dataclass(frozen=True, slots=True)
class CardRead:
    """A badge held to a reader. `card` is the number on the card: it must not leave the agent.

    `address` says which reader of a line with several.
    """

    card: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class ReaderState:
    """A reader that is asked has come or gone."""

    address: str
    online: bool


class PolledDriver(Protocol):
    """Reads one target. Raises DriverError only when nothing could be read at all.

    `timeout_s` is how long the line may be silent before a device counts as dead; a protocol whose standard
    allows its devices longer (IEC 62056-21, DSMR P1) waits at least that.
    """

    async def poll(self, port: Port, target: Target, counters: LineCounters, timeout_s: float) -> Reply: ...


class ListeningDriver(Protocol):
    """Yields cards each as often as it is heard; `edge_agent.gather.passage` tells passes from repeats.

    Noise and bad checksums are counted, never yielded. Raises LineLost, and TransientError where the reader
    itself is silent.
    """

    def listen(self, port: Port, counters: LineCounters) -> AsyncIterator[CardRead | ReaderState]: ...
