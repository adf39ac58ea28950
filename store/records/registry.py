"""The registry: whose site it is, who may send from it, who may look at it.

Every row that belongs to a firm carries it, and every question takes the firm first: tenancy is one filter.
`version` counts the changes of a row; two rows that differ in it alone are equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from store.records.access import Role
from store.records.tenancy import SiteRef

#: The languages in which names are kept.
Language = Literal["zh", "en"]

#: What an API token from the console may do; those of members carry rights, `noun:verb`. `quarantine:raw`
#: shows messages as they came, badge numbers that slipped through among them.
Scope = Literal[
    "telemetry:read",
    "events:read",
    "quarantine:read",
    "quarantine:raw",
    "quarantine:write",
    "meters:write",
    "health:read",
]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


@dataclass(frozen=True, slots=True)
class Firm:
    """A renovation company: the tenant. `id` as `wire.identifiers.ID_PATTERN`."""

    id: str
    name: str
    version: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a firm, in the roles they have there. `id` is unique within the firm."""

    firm: str
    id: str
    name: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Customer:
    """Who a project is for, as the firm calls them. Names in both languages."""

    firm: str
    id: str
    name_zh: str
    name_en: str
    version: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class RegisteredProject:
    """The contract work at one site. Names in both languages."""

    firm: str
    id: str
    site: str
    name_zh: str
    name_en: str
    #: ISO date.
    started: str
    #: Id of the customer it is for.
    customer: str | None = None
    #: ISO date.
    handover: str | None = None
    #: End of the working day, HH:MM.
    closes: str = "20:00"
    #: Which rooms and devices it shows: JSON of their ids; None: all of its site.
    part: str | None = None
    version: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Site:
    """The physical place; `id` is on the wire, so it is unique over all firms. `timezone`: IANA."""

    firm: str
    id: SiteRef
    timezone: str
    version: int = field(default=0, compare=False)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Room:
    firm: str
    site: str
    id: str
    name_zh: str
    name_en: str
    #: Where it stands among the rooms of its site.
    listed: int = field(default=0, compare=False)
    version: int = field(default=0, compare=False)

    def name(self, language: Language) -> str:
        """As the customer calls it."""
        return self.name_zh if language == "zh" else self.name_en


@dataclass(frozen=True, slots=True)
class Agent:
    """`provisioned`: by `plumbline provision`; else the settings list it."""

    firm: str
    site: str
    id: str
    provisioned: bool = False
    version: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Device:
    """`interval_s`: how often it should speak, None for one that speaks when something happens."""

    firm: str
    site: str
    id: str
    kind: str
    room: str | None = None
    interval_s: float | None = None
    #: Where it stands among the devices of its site.
    listed: int = field(default=0, compare=False)
    version: int = field(default=0, compare=False)

    @property
    def interval_ms(self) -> int:
        """Expected time between readings; 0 for one that speaks when something happens."""
        return round((self.interval_s or 0) * 1000)


@dataclass(frozen=True, slots=True)
class FileLink:
    """The link whose token a projects file names: its digest, its end in UTC ms (None: no end)."""

    digest: bytes
    expires: int | None


@dataclass(frozen=True, slots=True)
class Registration:
    """Everything known of some firms at once, as `store.records.registration` enters it. `links`: by project
    the digest of the token that a file has for it, and the end (UTC ms) of that link."""

    firms: Sequence[Firm] = ()
    customers: Sequence[Customer] = ()
    sites: Sequence[Site] = ()
    projects: Sequence[RegisteredProject] = ()
    rooms: Sequence[Room] = ()
    agents: Sequence[Agent] = ()
    devices: Sequence[Device] = ()
    links: Mapping[str, FileLink] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Token:
    """An API token. Only the BLAKE2b-256 digest of its secret is kept. Times are UTC ms; None: never.
    `author`: the member who made it, None for one from the console; `used`: last, to the minute."""

    id: int
    firm: str
    name: str
    scopes: frozenset[str]
    created: int
    expires: int | None = None
    revoked: int | None = None
    author: str | None = None
    used: int | None = field(default=None, compare=False)

    def opens(self, now: int) -> bool:
        """Whether it opens anything at UTC ms `now`."""
        ended = self.revoked is not None and now >= self.revoked
        return not ended and (self.expires is None or now < self.expires)


@dataclass(frozen=True, slots=True)
class Directory:
    """Who may send what: what ingest judges by. A site of which no agent was ever listed takes any agent
    (the broker's access list binds each to its site); its devices are always listed. `begun`: the first day
    of work at a site (UTC ms), where there is a project. `retired`: since when (UTC ms) devices of a site are
    no more; what they said before is taken."""

    agents: Mapping[str, frozenset[str]] = field(default_factory=dict)
    devices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    begun: Mapping[str, int] = field(default_factory=dict)
    retired: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
