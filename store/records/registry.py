"""The registry: whose site it is, who may send from it, who may look at it.

Every row that belongs to a firm carries it, and every question takes the firm first: tenancy is one filter.
`version` counts the changes of a row; two rows that differ in it alone are equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, get_args

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
    version: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Site:
    """The physical place; `id` is on the wire, so it is unique over all firms. `timezone`: IANA."""

    firm: str
    id: SiteRef
    timezone: str
    version: int = field(default=0, compare=False)


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
class Registration:
    """Everything known of some firms at once, as `Registry.register` takes it."""

    firms: Sequence[Firm] = ()
    members: Sequence[Member] = ()
    sites: Sequence[Site] = ()
    projects: Sequence[RegisteredProject] = ()
    rooms: Sequence[Room] = ()
    agents: Sequence[Agent] = ()
    devices: Sequence[Device] = ()


@dataclass(frozen=True, slots=True)
class Retired:
    """What is no more: ids of sites, `site/id` of agents and devices, ascending."""

    sites: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.sites or self.agents or self.devices)


@dataclass(frozen=True, slots=True)
class Token:
    """An API token. Only the BLAKE2b-256 digest of its secret is kept. Times are UTC ms; None: never."""

    id: int
    firm: str
    name: str
    scopes: frozenset[str]
    created: int
    expires: int | None = None
    revoked: int | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """Who may send what: what ingest judges by. A site of which no agent was ever listed takes any agent
    (the broker's access list binds each to its site); its devices are always listed. `begun`: the first day
    of work at a site (UTC ms), where there is a project."""

    agents: Mapping[str, frozenset[str]] = field(default_factory=dict)
    devices: Mapping[str, frozenset[str]] = field(default_factory=dict)
    begun: Mapping[str, int] = field(default_factory=dict)


class Registry(Protocol):
    """Safe to call from several threads; blocking. Raises StoreError where the store will not."""

    def register(self, registration: Registration) -> None:
        """Add what is new, change what differs, bring back what was retired, in one transaction; retires
        nothing. Raises ValueError where a row names a firm, site or room that is neither known nor in
        `registration`, or where a site belongs to another firm already."""

    def reconcile(self, registration: Registration, at: int) -> Retired:
        """As `register`; and of its firms whatever it does not name is retired from UTC ms `at` on: not
        listed any more, nothing of it is taken in, its past stays. Members and agents that were provisioned
        are not touched. What was retired now."""

    def missing(self, registration: Registration) -> Retired:
        """What `reconcile` would retire."""

    def retire_agent(self, firm: str, site: str, agent: str, at: int) -> bool:
        """Whether there was one to retire."""

    def retired(self, firm: str, site: str) -> Retired:
        """What of a site is no more; of its agents and devices the ids alone."""

    def all_sites(self) -> list[Site]:
        """Of all firms, also those that are no more: for whoever keeps the whole."""

    def erase(self, firm: str, site: str) -> bool:
        """Delete a site with all that is registered of it; whether there was one. What it sent is not
        touched."""

    def directory(self) -> Directory:
        """Of all firms: ingest serves them all."""

    def firms(self) -> list[Firm]: ...

    def members(self, firm: str) -> list[Member]: ...

    def sites(self, firm: str, *, limit: int = 100, after: str = "", retired: bool = False) -> list[Site]:
        """By id, from the one after `after`; `retired`: also those that are no more."""

    def site(self, firm: str, site: str) -> Site | None:
        """Also one that is no more: its past is read. None also where it belongs to another firm."""

    def projects(self, firm: str) -> list[RegisteredProject]: ...

    def rooms(self, firm: str, site: str) -> list[Room]: ...

    def agents(self, firm: str, site: str) -> list[Agent]: ...

    def devices(self, firm: str, site: str, *, limit: int = 100, after: str = "") -> list[Device]:
        """By id, from the one after `after`."""

    def add_token(
        self, firm: str, name: str, digest: bytes, scopes: frozenset[str], created: int, expires: int | None
    ) -> Token: ...

    def token(self, digest: bytes) -> Token | None:
        """Also an expired or revoked one: the caller looks."""

    def tokens(self, firm: str) -> list[Token]: ...

    def revoke_token(self, firm: str, token_id: int, revoked: int) -> bool:
        """Whether the firm had such a token that was not revoked yet."""
