"""A batch: frames of readings (columns) and events, under one (stream, seq)."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from wire import payload as wire_payload
from wire.bounds import Bounds
from wire.codec import Codec
from wire.identifiers import BadgePseudonym, DeviceId, StreamId, Trade
from wire.model import Message, Milliseconds, Seq

QuantityName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
Direction = Literal["in", "out"]
EventKind = Literal["badge", "fault"]
#: A badge that passed the same way twice: somebody went the other way unseen, or two use one badge.
PassageMark = Literal["in_without_out", "out_without_in"]
#: Why a value could not be had.
FaultReason = Literal[
    "no_reply",
    "bad_checksum",
    "not_a_number",
    "device_error",
    "malformed",
    "line_lost",
    "clock_unsynchronised",
]


class Frame(Message):
    """The values of one device: `time` has n UTC milliseconds, each column of `values` n numbers or nulls."""

    device: DeviceId
    time: Annotated[list[Milliseconds], Field(min_length=1)]
    values: dict[QuantityName, list[float | None]]

    @model_validator(mode="after")
    def _columns_are_as_long_as_time(self) -> Self:
        for quantity, column in self.values.items():
            if len(column) != len(self.time):
                raise ValueError(f"{quantity} has {len(column)} values for {len(self.time)} times")
        return self

    def readings(self) -> int:
        """How many values this frame carries, nulls not counted."""
        return sum(len(column) - column.count(None) for column in self.values.values())


class Event(Message):
    """Something that happened at a moment. `badge` is a pseudonym, never a card number; `trade` is what its
    holder works as, where a recording says so.

    A `fault` says why a value could not be had: `reason`, for `quantity` or the whole device when left out.
    """

    device: DeviceId
    time: Milliseconds
    kind: EventKind
    badge: BadgePseudonym | None = None
    direction: Direction | None = None
    trade: Annotated[Trade | None, Field(exclude_if=lambda trade: trade is None)] = None
    mark: PassageMark | None = None
    quantity: QuantityName | None = None
    reason: FaultReason | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if self.kind == "badge" and self.badge is None:
            raise ValueError("an event of kind badge needs a badge")
        if self.kind == "fault" and self.reason is None:
            raise ValueError("an event of kind fault needs a reason")
        return self


def identity_of(event: Event) -> bytes:
    """16 bytes that name what happened, on a site and at its time: device, kind, badge and direction, or what
    was missing and why (BLAKE2b). Neither who told it, nor the mark, which an export does not
    keep, nor the trade, which is of the badge."""
    said = [event.device, event.kind, event.badge, event.direction, event.quantity, event.reason]
    return hashlib.blake2b(json.dumps(said, ensure_ascii=False).encode(), digest_size=16).digest()


class Batch(Message):
    """What an agent sends. Identity: (site, agent) from the topic, (stream, seq) from here."""

    v: Literal[1] = 1
    stream: StreamId
    seq: Seq
    sent: Milliseconds
    frames: list[Frame] = []
    events: list[Event] = []

    def readings(self) -> int:
        """How many values this batch carries, nulls not counted."""
        return sum(frame.readings() for frame in self.frames)


#: A backlog's batch has some thousand readings. 100,000 elements are parsed in about 30 ms, during which no
#: other thread runs: the most that one site may delay the page of another. A number of 400 digits is one bad
#: value and no more; from 4,300 on the parser gives up.
CODEC: Final = Codec(
    Batch,
    Bounds(
        bytes=wire_payload.LARGEST_UNPACKED_BYTES, depth=16, elements=100_000, digits=4_000, containers=40_000
    ),
)
encode, decode, recall = CODEC.encode, CODEC.decode, CODEC.recall


#: An event by itself, as the records keep it.
EVENT: Final = Codec(Event, Bounds(bytes=1 << 14, depth=2, elements=64))


def events_of(payload: bytes) -> list[Event]:
    """The events of a batch, its frames not looked at where it says plainly that there are none. For payloads
    that have been decoded before, maybe by a neighbour version. Raises WireError."""
    text = wire_payload.unpack(payload)
    return [] if _plainly_has_no_events(text) else recall(payload).events


def _plainly_has_no_events(text: bytes) -> bool:
    """As `encode` writes it; said once, for of two keys alike the last counts, and without escapes, which
    could hide one. No name on the wire may hold a quote, so the words stand for themselves."""
    return b'"events":[]' in text and text.count(b'"events"') == 1 and b"\\" not in text
