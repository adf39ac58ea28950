"""A receipt: the cloud's word on batches, several in one message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field

from wire.bounds import Bounds
from wire.codec import Codec
from wire.identifiers import StreamId
from wire.model import Message, Seq, SeqRange

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
    "stale_stream",
]
#: Of these reasons the agent must not go on counting: its numbers have come before, with other content or
#: so long ago that nobody can tell. It starts a new stream.
RENEW: Final[frozenset[str]] = frozenset({"duplicate_identity", "stale_stream"})
#: A detail is for a person to read; so many characters. The payload itself is in quarantine.
LONGEST_DETAIL: Final = 1000
#: What one receipt holds at most; more is said in several (`split`).
MOST_RANGES: Final = 256
MOST_REFUSALS: Final = 64


class Refusal(Message):
    """A batch that is in quarantine, not in the log. The agent may forget it: the cloud holds it.

    A payload too broken to say which batch it is, is named by `digest` (see `wire.payload.digest`). `reason`
    is a `RefusalReason`, or one that a newer cloud knows: to the agent it makes no difference.
    """

    seq: Seq | None = None
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None
    reason: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    detail: Annotated[str, Field(max_length=LONGEST_DETAIL)] = ""


class Receipt(Message):
    """`accepted`: closed ranges of seq that are durable in the log (now or before: a repeat is accepted too).

    `stream` is left out only where nothing but unreadable payloads is refused.
    """

    v: Literal[1] = 1
    stream: StreamId | None = None
    accepted: Annotated[list[SeqRange], Field(max_length=MOST_RANGES)] = []
    refused: Annotated[list[Refusal], Field(max_length=MOST_REFUSALS)] = []


#: 64 details of 1,000 characters, 4 bytes each (what is escaped takes up to 6 and is not printable, and so
#: not in a detail), 256 ranges, and the names around them.
CODEC: Final = Codec(Receipt, Bounds(bytes=1 << 19, depth=4, elements=2_000))
encode, decode, recall = CODEC.encode, CODEC.decode, CODEC.recall


def split(stream: str | None, accepted: list[tuple[int, int]], refused: list[Refusal]) -> Iterator[Receipt]:
    """As few receipts as say all of it, each within its bounds."""
    while accepted or refused:
        yield Receipt(stream=stream, accepted=accepted[:MOST_RANGES], refused=refused[:MOST_REFUSALS])
        accepted, refused = accepted[MOST_RANGES:], refused[MOST_REFUSALS:]
