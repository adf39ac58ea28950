"""What sites send, as the records keep it: events, what agents say of themselves, quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
