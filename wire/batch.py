"""A batch: frames of readings (columns) and events, under one (stream, seq)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from wire import payload as wire_payload
from wire.identifiers import BadgePseudonym, DeviceId, StreamId
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
    """Something that happened at a moment. `badge` is a pseudonym, never a card number.

    A `fault` says why a value could not be had: `reason`, for `quantity` or the whole device when left out.
    """

    device: DeviceId
    time: Milliseconds
    kind: EventKind
    badge: BadgePseudonym | None = None
    direction: Direction | None = None
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


class BatchError(ValueError):
    """The bytes are no batch; the message names the place and the rule."""


def encode(batch: Batch) -> bytes:
    """The batch as it goes on the wire."""
    return wire_payload.pack(batch.model_dump_json(exclude_defaults=False, exclude_none=False).encode())


def events_of(payload: bytes) -> list[Event]:
    """The events of a batch, its frames not looked at where it says plainly that there are none. For payloads
    that have been decoded before. Raises BatchError."""
    try:
        text = wire_payload.unpack(payload)
    except wire_payload.PayloadError as error:
        raise BatchError(str(error)) from error
    return [] if _plainly_has_no_events(text) else decode(payload).events


def _plainly_has_no_events(text: bytes) -> bool:
    """As `encode` writes it; said once, for of two keys alike the last counts, and without escapes, which
    could hide one. No name on the wire may hold a quote, so the words stand for themselves."""
    return b'"events":[]' in text and text.count(b'"events"') == 1 and b"\\" not in text


def decode(payload: bytes) -> Batch:
    """The batch in these bytes. Raises BatchError, one line, when there is none."""
    try:
        return Batch.model_validate_json(wire_payload.unpack(payload))
    except wire_payload.PayloadError as error:
        raise BatchError(str(error)) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "payload"
        raise BatchError(f"{place}: {first['msg']}") from error
