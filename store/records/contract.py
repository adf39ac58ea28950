"""Records: events (they concern people: own retention), what agents say of themselves, quarantine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from wire.batch import Event
from wire.status import Status


@dataclass(frozen=True, slots=True)
class SiteEvent:
    """An event with the site it happened on."""

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


class Records(Protocol):
    """Safe to call from several threads; blocking."""

    def add_events(self, events: Sequence[SiteEvent], position: int) -> None:
        """Store events and the log offset they reach to in one transaction; adding again changes nothing."""

    def events_position(self) -> int: ...

    def events(self, site: str, start: int, end: int, kind: str | None = None) -> list[SiteEvent]:
        """Events with start <= time < end, by time."""

    def put_agent_state(self, state: AgentState) -> None: ...

    def agent_states(self, site: str) -> list[AgentState]: ...

    def quarantine(self, items: Sequence[Quarantined]) -> None:
        """Durable when it returns; the same payload from the same topic is kept once."""

    def quarantined(self, limit: int = 100, after_id: int = 0) -> list[Quarantined]: ...

    def close(self) -> None: ...
