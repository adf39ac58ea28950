"""The log: an append-only sequence of accepted batches. All of the cloud reads it, at its own pace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

#: (site, agent, stream, seq): what a batch is known by.
Identity = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Entry:
    """An accepted batch on its way into the log. `payload` is as on the wire, zstd or JSON, all accepted."""

    site: str
    agent: str
    stream: str
    seq: int
    payload: bytes

    @property
    def identity(self) -> Identity:
        """What it is known by."""
        return self.site, self.agent, self.stream, self.seq


@dataclass(frozen=True, slots=True)
class Record:
    """A batch in the log. `offset` grows; `accepted_at` is UTC milliseconds."""

    offset: int
    accepted_at: int
    entry: Entry


class Log(Protocol):
    """Safe to call from several threads; blocking (callers in an event loop use a thread)."""

    def append(self, entries: Sequence[Entry], accepted_at: int) -> list[int | None]:
        """Make the entries durable in one commit and return their offsets; None for one that is there already
        (also where it has been trimmed since: which numbers of a stream have come is kept for good)."""

    def read(self, after: int, limit: int) -> list[Record]:
        """Up to `limit` records with offset > `after`, ascending."""

    def payloads(self, identities: Sequence[Identity]) -> list[bytes | None]:
        """For each identity the payload that stands in the log, None where there is none (never come, or
        trimmed since). Asked for what `append` answered with None, to see whether it came with other content:
        an index on (stream, seq) finds it; at most a few hundred at a time."""

    def last_offset(self) -> int:
        """The highest offset given so far, 0 for an empty log."""

    def streams(self, site: str) -> dict[tuple[str, str], list[tuple[int, int]]]:
        """(agent, stream) -> which seq have come, as ranges."""

    def trim(self, before_ms: int, up_to_offset: int) -> int:
        """Forget records accepted before `before_ms` with offset <= `up_to_offset`; how many."""

    def close(self) -> None: ...
