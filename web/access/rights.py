"""Who may do what, and how far: one table of role x noun x verb -> scope. docs/access.md is made from it.

Default is deny: what is not here, nobody may. Adding a right is a word in one line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from store.records.access import NOUNS, ROLES, SCOPES, VERBS, Noun, Rights, Role, Scope, Verb, widest


@dataclass(frozen=True, slots=True)
class Right:
    """What a route asks for. How far it must reach is for the repository to say, which knows the row."""

    noun: Noun
    verb: Verb


@dataclass(frozen=True, slots=True)
class Open:
    """The right of what anybody may enter."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The right of what is one's own account: whoever is signed in as a member."""


OPEN: Final = Open()
SIGNED_IN: Final = SignedIn()

Named = Right | Open | SignedIn
#: Where a route's endpoint, a dependency, a mounted application or an answer to an error keeps its right.
MARK: Final = "plumbline_right"
_Thing = TypeVar("_Thing", bound=Callable[..., object])


def named(right: Named, thing: _Thing) -> _Thing:
    """Say who may have what is no route of a `Room`: a mount, an answer to an error, a dependency that lets
    through nobody without the right."""
    setattr(thing, MARK, right)
    return thing


def open_to_all(thing: _Thing) -> _Thing:
    """Anybody may have it."""
    return named(OPEN, thing)


#: Every pair of noun and verb that means something here, and so all that an owner may.
_EVERYTHING: Final = """
    firm:see,change member:see,change,add,remove invitation:see,add,remove session:see,remove
    token:see,add,remove log_of_access:see customer:see,change,add,remove project:see,change,add,remove
    link:see,add,remove site:see,change,add,remove room:see,change,add,remove agent:see,change,add,remove
    device:see,change,add,remove meter:see,add,remove reading:see event:see quarantine:see,change
    message:see health:see"""
#: Every member's own: name, password, sessions and tokens.
_ONES_OWN: Final = "member:see,change session:see,remove token:see,add,remove"
#: role -> scope -> rights. Why, role by role:
_TABLE: Final[Mapping[Role, Mapping[Scope, str]]] = {
    "owner": {"firm": _EVERYTHING},
    # Runs the sites they are on and staffs them; new sites and projects are theirs to begin.
    "project_manager": {
        "firm": "firm:see customer:add project:add site:add",
        "site": """member:see invitation:see,add,remove customer:see,change project:see,change
            link:see,add,remove site:see,change room:see,change,add,remove agent:see,change,add,remove
            device:see,change,add,remove meter:see,add,remove reading:see event:see quarantine:see health:see
            """,
    },
    # Draws rooms and sees how they do; who was there when is none of their matter.
    "designer": {
        "firm": "firm:see",
        "project": "project:see link:see site:see room:see,change,add device:see reading:see",
    },
    # Answers by law for every site, so looks everywhere, at people's passes too, and changes nothing.
    "safety_officer": {
        "firm": """firm:see member:see project:see site:see room:see agent:see device:see meter:see
            reading:see event:see health:see""",
    },
    # Leads the work on a site: knows who came, brings workers in, puts a device into another room.
    "foreman": {
        "firm": "firm:see",
        "site": """member:see invitation:see,add project:see site:see room:see,change,add agent:see
            device:see,change meter:see,add reading:see event:see health:see""",
    },
    # Sees the site they work on, and of the passes their own.
    "worker": {
        "firm": "firm:see",
        "site": "project:see site:see room:see device:see reading:see",
        "own": "event:see",
    },
    # Sends technicians to any site, also long after handover; the customer is who they call.
    "repair_leader": {
        "firm": """firm:see member:see customer:see project:see site:see room:see agent:see
            device:see,change meter:see,add reading:see health:see""",
    },
    # Repairs where they are sent.
    "technician": {
        "firm": "firm:see",
        "site": """customer:see project:see site:see room:see agent:see device:see,change meter:see,add
            reading:see health:see""",
    },
    # Answers customers' calls, whoever calls, and sends them their link again.
    "service_desk": {
        "firm": """firm:see customer:see,change,add project:see link:see,add,remove site:see room:see
            agent:see device:see reading:see health:see""",
    },
    # Bills work and energy: contracts, customers, meters. No passes.
    "finance": {
        "firm": """firm:see member:see customer:see,change project:see site:see device:see meter:see
            reading:see""",
    },
    # Wins customers and shows them projects they are on.
    "sales": {
        "firm": "firm:see customer:add",
        "project": "project:see link:see,add site:see room:see reading:see",
        "own": "customer:see,change",
    },
    # Has to know where to deliver.
    "supplier": {"project": "project:see site:see"},
    # Puts in agents and devices, and sees whether they speak and what of it was refused.
    "installer": {
        "firm": "firm:see",
        "site": """project:see site:see room:see,add agent:see,change,add device:see,change,add,remove
            meter:see,add reading:see quarantine:see,change health:see""",
    },
    # Their own project; headcounts, never persons (invariant 6).
    "customer": {"project": "project:see site:see room:see device:see meter:see reading:see"},
    # Looks at everything and at who looked, and changes nothing; badge numbers are not needed for that.
    "auditor": {
        "firm": """firm:see member:see invitation:see session:see token:see log_of_access:see customer:see
            project:see link:see site:see room:see agent:see device:see meter:see reading:see event:see
            quarantine:see health:see""",
    },
}
_LINK: Final = "project:see site:see room:see device:see reading:see"
#: What tokens of before rights had names were given -> what that is now.
_EARLIER_SCOPES: Final[Mapping[str, str]] = {
    "telemetry:read": "site:see room:see agent:see device:see reading:see meter:see",
    "events:read": "site:see event:see",
    "quarantine:read": "site:see quarantine:see",
    "quarantine:raw": "message:see",
    "quarantine:write": "quarantine:change",
    "meters:write": "site:see meter:see,add,remove",
    "health:read": "health:see",
}


def parse(words: str, scope: Scope) -> Rights:
    """Rights from `noun:verb,verb noun:verb …`. Raises ValueError for a word that is none."""
    return {(noun, verb): scope for word in words.split() for noun, verb in _pairs(word)}


def of_roles(roles: Iterable[Role]) -> Rights:
    """What somebody in these roles may."""
    return widest(*(RIGHTS[role] for role in roles))


def of_scopes(scopes: Iterable[str]) -> Rights:
    """What a token's scopes grant, each `noun:verb` or one of before. An unknown one (a newer version stored
    it) grants nothing."""
    words = (_EARLIER_SCOPES.get(scope, scope) for scope in scopes)
    return widest(*(parse(word, "firm") for word in words if _known(word)))


def scope_words(rights: Rights) -> list[str]:
    """Rights as scopes of a token: `noun:verb`, in the order of the nouns."""
    return [f"{noun}:{verb}" for noun in NOUNS for verb in VERBS if (noun, verb) in rights]


def scopes_said(scopes: Iterable[str]) -> list[str]:
    """A token's scopes as `noun:verb`, also those of before rights had names; unknown ones as they are."""
    unknown = [scope for scope in scopes if not _known(_EARLIER_SCOPES.get(scope, scope))]
    return [*scope_words(of_scopes(scopes)), *sorted(unknown)]


def _known(words: str) -> bool:
    try:
        return bool(parse(words, "firm"))
    except ValueError:
        return False


def _pairs(word: str) -> list[tuple[Noun, Verb]]:
    noun, _, verbs = word.partition(":")
    pairs = [(n, v) for n in NOUNS if n == noun for verb in verbs.split(",") for v in VERBS if v == verb]
    if len(pairs) != len(verbs.split(",")):
        raise ValueError(f"{word!r} is no right: NOUN:VERB,… of {', '.join(NOUNS)} and {', '.join(VERBS)}")
    return pairs


RIGHTS: Final[Mapping[Role, Rights]] = {
    role: widest(parse(_ONES_OWN, "own"), *(parse(_TABLE[role].get(scope, ""), scope) for scope in SCOPES))
    for role in ROLES
}
#: What a visitor with a link may, on the project of the link.
OF_LINKS: Final[Rights] = parse(_LINK, "project")
EVERYTHING: Final[Rights] = parse(_EVERYTHING, "firm")
EARLIER_SCOPES: Final = tuple(_EARLIER_SCOPES)
