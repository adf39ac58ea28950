"""The log: an append-only sequence of accepted batches, and of what changed of those who send them.

All of the cloud reads it, at its own pace.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

#: (site, agent, stream, seq): what a batch is known by.
Identity = tuple[str, str, str, int]


#: batch: what an agent sent. status: what has changed of an agent. listening: from here on the sites are
#: heard, after a start or an outage of ours.
EntryKind = Literal["batch", "status", "listening"]
#: Streams of no agent (theirs are ULIDs): an entry's kind is told by its stream, the payload not looked at.
CHANGES: Final = "~status"
QUIET: Final = "~quiet"
LISTENING: Final = "~listening"
_KINDS: Final[dict[str, EntryKind]] = {CHANGES: "status", QUIET: "status", LISTENING: "listening"}


@dataclass(frozen=True, slots=True)
class Entry:
    """An accepted batch, or a change (`store.log.change`), on its way into the log. `payload` is as on the
    wire, zstd or JSON, all accepted.

    `came` is the proof of the bytes as they came, where `payload` is only what could be taken of them: those
    are a repeat, whatever would be taken of them by another clock or directory. Readers are not given it.
    """

    site: str
    agent: str
    stream: str
    seq: int
    payload: bytes
    came: bytes | None = None

    @property
    def kind(self) -> EntryKind:
        return _KINDS.get(self.stream, "batch")

    @property
    def identity(self) -> Identity:
        """What it is known by."""
        return self.site, self.agent, self.stream, self.seq


@dataclass(frozen=True, slots=True)
class Record:
    """An entry in the log. `offset` grows; `accepted_at` is UTC milliseconds."""

    offset: int
    accepted_at: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an identity that has come: its payload while the log holds it, with the proof of the
    bytes as they came where those were more; after that their proof, and when that has gone too, nothing."""

    payload: bytes | None = None
    proof: bytes | None = None


#: Bytes of a proof: of 10^9 batches that came with other content, one in 10^10 passes for a repeat.
PROOF_BYTES: Final = 8


def proof(payload: bytes) -> bytes:
    """What is kept of a payload that leaves the log: enough to tell a repeat from other content."""
    return hashlib.sha256(payload).digest()[:PROOF_BYTES]


class Log(Protocol):
    """Safe to call from several threads; blocking (callers in an event loop use a thread)."""

    def append(self, entries: Sequence[Entry], accepted_at: int) -> list[int | None]:
        """Make the entries durable in one commit and return their offsets; None for one that is there already
        (also where it has been trimmed since: which numbers of a stream have come is kept for good)."""

    def read(self, after: int, limit: int) -> list[Record]:
        """Up to `limit` records with offset > `after`, ascending."""

    def standing(self, identities: Sequence[Identity]) -> list[Standing]:
        """For each identity what is known of it. Asked for what `append` answered with None, to see whether
        it came with other content: an index on (stream, seq) finds it; at most a few hundred at a time."""

    def last_offset(self) -> int:
        """The highest offset given so far, 0 for an empty log."""

    def streams(self, site: str) -> dict[tuple[str, str], list[tuple[int, int]]]:
        """(agent, stream) -> which seq of its batches have come, as ranges."""

    def listening_since(self) -> int | None:
        """The newest moment (UTC ms) at which we began to listen to the sites, None where none is known."""

    def probe(self) -> None:
        """Write something that changes nothing, durably. Raises StoreError where that cannot be."""

    def older(self, before_ms: int, up_to_offset: int) -> bool:
        """Whether records accepted before `before_ms` with offset <= `up_to_offset` are still there."""

    def trim(self, before_ms: int, up_to_offset: int, proofs_before_ms: int = 0) -> int:
        """Forget records accepted before `before_ms` with offset <= `up_to_offset`; how many. The proof of
        each stays, until it is of one accepted before `proofs_before_ms`. In steps, none of which holds an
        append up for long."""

    def close(self) -> None: ...
