"""A receipt: the cloud's word on batches, several in one message."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from wire.identifiers import StreamId
from wire.model import Message, Seq

#: Why a batch, or a part of it, went to quarantine.
RefusalReason = Literal[
    "unreadable",
    "schema",
    "too_large",
    "wrong_site",
    "unknown_device",
    "unknown_quantity",
    "implausible",
    "clock_skew",
    "duplicate_identity",
]


class Refusal(Message):
    """A batch that is in quarantine, not in the log. The agent may forget it: the cloud holds it.

    A payload too broken to say which batch it is, is named by `digest` (see `wire.payload.digest`).
    """

    seq: Seq | None = None
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None
    reason: RefusalReason
    detail: str = ""


class Receipt(Message):
    """`accepted`: closed ranges of seq that are durable in the log (now or before: a repeat is accepted too).

    `stream` is left out only where nothing but unreadable payloads is refused.
    """

    v: Literal[1] = 1
    stream: StreamId | None = None
    accepted: list[tuple[Seq, Seq]] = []
    refused: list[Refusal] = []
