"""What somebody who was identified may do, and where.

Repositories that face people or programs take it first. Who makes one of a principal is `web.access`; here
is only what it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

Noun = Literal[
    "firm",
    "member",
    "invitation",
    "session",
    "token",
    "log_of_access",
    "customer",
    "project",
    "link",
    "site",
    "room",
    "agent",
    "device",
    "meter",
    "reading",
    "event",
    "quarantine",
    "message",
    "health",
]
"""What rights speak of. `session`: signed-in browsers; `meter`: what people say of an exchanged one;
`message`: what is in quarantine as it came, badge numbers that slipped through among it."""
Verb = Literal["see", "change", "add", "remove"]
Scope = Literal["own", "project", "site", "firm"]
"""How far a right reaches, each further than the one before: what is one's own; projects one is on; sites one
is on; everything of the firm."""
Role = Literal[
    "owner",
    "project_manager",
    "designer",
    "safety_officer",
    "foreman",
    "worker",
    "repair_leader",
    "technician",
    "service_desk",
    "finance",
    "sales",
    "supplier",
    "installer",
    "customer",
    "auditor",
]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
NOUNS: Final[tuple[Noun, ...]] = get_args(Noun)
VERBS: Final[tuple[Verb, ...]] = get_args(Verb)
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
_NOWHERE: Final[frozenset[str]] = frozenset()


class Denied(Exception):  # noqa: N818 - the word for it
    """An access does not reach what was asked for. `held`: it holds the right, only not here; then what was
    asked for is said not to exist, and nothing more."""

    def __init__(self, noun: Noun, verb: Verb, *, held: bool) -> None:
        super().__init__(f"{noun}:{verb} is not held{' here' if held else ''}")
        self.noun = noun
        self.verb = verb
        self.held = held


#: What is granted: each right and how far it reaches.
Rights = Mapping[tuple[Noun, Verb], Scope]


@dataclass(frozen=True, slots=True)
class Access:
    """What one principal may do within one firm.

    `who`: `member:…`, `link:…`, `token:…` or `operator:…`, as histories name an author. `sites`, `projects`:
    those it is on; None: all of the firm, also those to come. `member`: the person's id, where there is one.
    """

    firm: str
    who: str
    rights: Rights = field(default_factory=dict)
    sites: frozenset[str] | None = _NOWHERE
    projects: frozenset[str] | None = _NOWHERE
    member: str | None = None

    def scope(self, noun: Noun, verb: Verb) -> Scope | None:
        """How far the right reaches, None where it is not held at all: what a list is narrowed by."""
        return self.rights.get((noun, verb))

    def may(
        self,
        noun: Noun,
        verb: Verb,
        *,
        site: str | None = None,
        project: str | None = None,
        own: bool = False,
    ) -> bool:
        """Whether the right reaches one thing: of this site, of this project, one's own. What is of neither
        is the firm's, and only a right over the firm reaches it."""
        match self.scope(noun, verb):
            case None:
                return False
            case "firm":
                return True
            case "own":
                return own
            case "project" if project is not None:
                return own or _among(project, self.projects)
            case _:
                return own or (site is not None and _among(site, self.sites))

    def need(
        self,
        noun: Noun,
        verb: Verb,
        *,
        site: str | None = None,
        project: str | None = None,
        own: bool = False,
    ) -> None:
        """As `may`. Raises Denied."""
        if not self.may(noun, verb, site=site, project=project, own=own):
            raise Denied(noun, verb, held=self.scope(noun, verb) is not None)

    def covers(self, rights: Rights) -> bool:
        """Whether each of `rights` is held as far or further: nobody gives what they have not."""
        return all(_reach(self.rights.get(right)) >= _reach(scope) for right, scope in rights.items())


def operator(firm: str, who: str = "operator:console") -> Access:
    """For whoever has the machine itself: commands at its console, the import of settings, the house's own
    parts."""
    return Access(firm, who, {(noun, verb): "firm" for noun in NOUNS for verb in VERBS}, None, None)


def _among(one: str, those: frozenset[str] | None) -> bool:
    return those is None or one in those


def widest(*all_rights: Rights) -> Rights:
    """The rights of several roles together: of each the furthest."""
    rights: dict[tuple[Noun, Verb], Scope] = {}
    for some in all_rights:
        for right, scope in some.items():
            if _reach(scope) > _reach(rights.get(right)):
                rights[right] = scope
    return rights


def narrowest(one: Rights, other: Rights) -> Rights:
    """What both grant, of each the nearer."""
    return {
        right: min(scope, other[right], key=SCOPES.index) for right, scope in one.items() if right in other
    }


def _reach(scope: Scope | None) -> int:
    return 0 if scope is None else SCOPES.index(scope) + 1
