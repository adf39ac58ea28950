"""What an agent says of itself: retained, and its last will.

A cloud that does not know a field sets the whole status aside. So a field that came after 225f4a1 stays out
of the message (`exclude_if`) while it says no more than its default
(docs/decisions/0017-versions-side-by-side.md).
"""

from __future__ import annotations

from operator import not_
from typing import Annotated, Final, Literal

from pydantic import FailFast, Field

from wire.batch import FaultReason
from wire.bounds import Bounds
from wire.codec import Codec
from wire.identifiers import DeviceId, StreamId
from wire.model import Count, Message, Milliseconds, SeqRange

#: Lines and parts of one agent that may have to be named.
MOST_PARTS: Final = 64
MOST_LINES: Final = 256
MOST_DEVICES: Final = 2_000
#: Ranges of dropped batches named in one status; the counts are always whole.
MOST_RANGES: Final = 256
#: And of each stream before the current one, of so many of them.
MOST_RANGES_OLDER: Final = 32
MOST_OLDER: Final = 16

#: An agent of which nothing has come for so long is gone, whatever its retained status claims: thirty beats,
#: and longer than a router takes to restart. One that beats more slowly has missed so many of its own.
SILENT_AFTER_MS: Final = 300_000
SILENT_AFTER_BEATS: Final = 3

#: What a machine says of itself, in a word or a line.
Word = Annotated[str, Field(max_length=256)]


class DroppedOf(Message):
    """What was given up of a stream before the current one."""

    stream: StreamId
    batches: Annotated[list[SeqRange], Field(max_length=MOST_RANGES_OLDER), FailFast()]


class Dropped(Message):
    """What the agent had to give up: at the spool's bound (the oldest, named by seq) or with a full disk."""

    readings: Count = 0
    events: Count = 0
    batches: Annotated[list[SeqRange], Field(max_length=MOST_RANGES), FailFast()] = []
    older: Annotated[list[DroppedOf], Field(max_length=MOST_OLDER, exclude_if=not_), FailFast()] = []
    #: Readings that never got a seq, because the disk took nothing more.
    unspooled_readings: Count = 0
    last: Milliseconds | None = None


class SpoolStatus(Message):
    """How much waits for a receipt, against the bound."""

    batches: Count = 0
    bytes: Count = 0
    bound_bytes: Count = 0
    oldest: Milliseconds | None = None
    last_seq: Count = 0
    #: Of `batches`, those of streams before the current one.
    older_batches: Annotated[Count, Field(exclude_if=not_)] = 0


class UplinkStatus(Message):
    """Since the process started."""

    sent: Count = 0
    resent: Count = 0
    accepted: Count = 0
    refused: Count = 0
    last_receipt: Milliseconds | None = None
    #: UTC ms at which the agent's own certificate ends, maybe long after 2100; None where it shows none.
    certificate_expires: Count | None = None


class LineStatus(Message):
    """One serial line, or `mqtt:host:port`, since the process started."""

    port: Word
    requests: Count = 0
    #: How many of the requests were the same one once more.
    retries: Count = 0
    replies: Count = 0
    timeouts: Count = 0
    checksum_errors: Count = 0
    #: What came faster than it could be taken: the oldest gave way.
    dropped: Count = 0
    #: The share of the last minute that questions and answers took; None where nothing is asked.
    utilisation: Annotated[float, Field(ge=0, le=1)] | None = None


class DeviceStatus(Message):
    """When a device last spoke, and what is wrong with it now."""

    device: DeviceId
    last_read: Milliseconds | None = None
    fault: FaultReason | None = None


class HostStatus(Message):
    """The machine the agent runs on; None is what it does not say. Temperature in °C."""

    os: Word = ""
    kernel: Word = ""
    python: Word = ""
    uptime_s: Count | None = None
    cpu_temperature: float | None = None
    disk_free_bytes: Count | None = None
    #: Of the card's life, by its own estimate: above 100 it is used up.
    disk_wear_percent: Count | None = None
    under_voltage: bool | None = None
    throttled: bool | None = None


class PartStatus(Message):
    """A part of the agent that ended and was started anew: how often since the process started, and why."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    restarts: Annotated[int, Field(ge=1, lt=1 << 53)]
    #: The kind of the last failure and where it was; never what a message held.
    reason: Annotated[str, Field(max_length=256)] = ""
    #: Whether it is at work again.
    works: bool = True


class Status(Message):
    """`online` false is the last will: then only `v`, `online`, `sent` and `stream` mean anything."""

    v: Literal[1] = 1
    online: bool
    sent: Milliseconds
    stream: StreamId
    #: At least so often one comes; None where that is within the usual silence (`told_interval_s`).
    interval_s: Annotated[Annotated[float, Field(ge=1, le=86_400)] | None, Field(exclude_if=not_)] = None
    version: Word = ""
    started: Milliseconds | None = None
    spool: SpoolStatus = SpoolStatus()
    dropped: Dropped = Dropped()
    uplink: UplinkStatus = UplinkStatus()
    lines: Annotated[list[LineStatus], Field(max_length=MOST_LINES), FailFast()] = []
    devices: Annotated[list[DeviceStatus], Field(max_length=MOST_DEVICES), FailFast()] = []
    host: HostStatus = HostStatus()
    #: Those that ended at least once; a part that always worked is not named.
    parts: Annotated[list[PartStatus], Field(max_length=MOST_PARTS, exclude_if=not_), FailFast()] = []


def told_interval_s(interval_s: float) -> float | None:
    """What a status says of its interval: None where `silent_after_ms` is the same without it."""
    return interval_s if SILENT_AFTER_BEATS * 1000 * interval_s > SILENT_AFTER_MS else None


def silent_after_ms(status: Status) -> int:
    """How long the agent that said this may say nothing before it is called silent."""
    return max(SILENT_AFTER_MS, round(SILENT_AFTER_BEATS * 1000 * (status.interval_s or 0)))


#: As much as the most lines, devices, parts and ranges together have.
CODEC: Final = Codec(Status, Bounds(bytes=1 << 20, depth=6, elements=20_000))
encode, decode, recall, text = CODEC.encode, CODEC.decode, CODEC.recall, CODEC.text
