"""Records: events (they concern people: own retention), what agents say of themselves, quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from store.records.exchanges import MeterExchange
from wire.batch import Event
from wire.receipt import RefusalReason
from wire.status import Status


@dataclass(frozen=True, slots=True)
class SiteEvent:
    """An event with the site it happened on, and the agent that told it first."""

    site: str
    agent: str
    event: Event


@dataclass(frozen=True, slots=True)
class AgentState:
    """The last status of an agent. `received` is UTC milliseconds of the cloud's clock."""

    site: str
    agent: str
    received: int
    status: Status


#: Why something is in quarantine: it was refused, whole or in part, or stands in the log unreadable.
QuarantineReason = RefusalReason | Literal["undecodable"]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """What could not be accepted, whole, with its reason. `id` is 0 until it is stored."""

    received: int
    topic: str
    payload: bytes
    reason: str
    detail: str
    site: str | None = None
    agent: str | None = None
    stream: str | None = None
    seq: int | None = None
    id: int = 0
    #: UTC ms at which all of it was taken in after all; None while it waits.
    replayed: int | None = None


@dataclass(frozen=True, slots=True)
class Beyond:
    """What came beyond a site's quota, by sender and reason: how many and how large, when (UTC ms) the first
    and the last of them came, and the last one's digest (BLAKE2b of topic and payload)."""

    site: str
    agent: str
    reason: str
    digest: bytes
    count: int
    bytes: int
    first: int
    last: int


class Records(Protocol):
    """Safe to call from several threads; blocking."""

    def add_events(self, events: Sequence[SiteEvent], position: int) -> None:
        """Store events and the log offset they reach to in one transaction. What has happened already
        changes nothing, whoever tells it (`wire.batch.identity_of`)."""

    def position(self, reader: str) -> int:
        """The log offset a reader has reached (`events` for add_events), 0 for one not heard of."""

    def positions(self) -> dict[str, int]:
        """Every reader that has a place in the log -> the offset it has reached."""

    def move(self, reader: str, position: int) -> None:
        """Keep a reader's position; one before that already reached does not take it back."""

    def events(
        self, site: str, start: int, end: int, kind: str | None = None, *, limit: int | None = None
    ) -> list[SiteEvent]:
        """Events with start <= time < end, by time; the first `limit` of them."""

    def put_agent_state(self, state: AgentState) -> None: ...

    def agent_states(self, site: str) -> list[AgentState]: ...

    def quarantine(self, items: Sequence[Quarantined]) -> None:
        """Durable when it returns; the same payload from the same topic is kept once. Of what is beyond the
        quota of its site only the number, the size and the last digest are kept."""

    def beyond_quota(self, site: str | None = None) -> list[Beyond]:
        """What came beyond the quota, of one site or of all."""

    def quarantined(
        self,
        limit: int = 100,
        after_id: int = 0,
        *,
        site: str | None = None,
        reason: str | None = None,
        waiting: bool = False,
    ) -> list[Quarantined]:
        """By id; `waiting` leaves out what was replayed."""

    def quarantine_item(self, item_id: int) -> Quarantined | None:
        """One item by its id."""

    def quarantine_counts(self, site: str | None = None) -> dict[tuple[str | None, str], int]:
        """(site, reason) -> how many wait."""

    def mark_replayed(self, item_id: int, replayed: int) -> None:
        """The item was taken in at UTC ms `replayed`; it is kept until retention takes it."""

    def narrow_quarantine(self, item_id: int, reason: str, detail: str) -> None:
        """A replay took a part: the item still waits, now for this reason."""

    def add_exchange(self, said: MeterExchange) -> MeterExchange:
        """Store what a person says of a meter; with its id."""

    def exchanges(self, site: str, *, undone: bool = False) -> list[MeterExchange]:
        """Those that hold, of a site, by id; `undone`: also those that do not any more."""

    def undo_exchange(self, site: str, exchange_id: int, at: int, by: str) -> bool:
        """Whether the site had such a one that held."""

    def forget(self, events_before: int, quarantine_before: int) -> tuple[int, int]:
        """Retention (invariant 6): delete older events and quarantine items (replayed or not); how many."""

    def erase(self, site: str) -> None:
        """Delete what a site left: its events, agent states, quarantine and exchanged meters. The registry is
        not touched."""

    def close(self) -> None: ...
