"""What is in a spool: parcels sealed to batches, how many wait, what was given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wire.batch import Event, Frame

#: What goes into one batch.
Parcel = tuple[Sequence[Frame], Sequence[Event]]


@dataclass(frozen=True, slots=True)
class Sealed:
    """One batch as it goes on the wire. `seq` is its number in the spool; `readings` and `events` count what
    is in it."""

    seq: int
    payload: bytes
    readings: int
    events: int


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits for a receipt. `bytes` is what the file holds (free pages not counted). `last_seq` is of
    the current stream, `older_batches` are of others."""

    batches: int
    bytes: int
    bound_bytes: int
    oldest_ms: int | None
    last_seq: int
    older_batches: int = 0


@dataclass(frozen=True, slots=True)
class Losses:
    """What had to be given up, since the file was made."""

    readings: int = 0
    events: int = 0
    unspooled_readings: int = 0
    last_ms: int | None = None
    #: By stream and seq, the oldest first.
    batches: list[tuple[str, list[tuple[int, int]]]] = field(default_factory=list)
