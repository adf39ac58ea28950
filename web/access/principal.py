"""Who was identified, and what that comes to: the one place where a principal becomes an access."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from store.records.access import Access, Rights, narrowest
from store.records.accounts import USUAL_ZONE, Account
from store.records.registry import Token
from store.records.sessions import SignedIn
from web.access.rights import OF_LINKS, of_roles, of_scopes

#: Who was not identified.
NOBODY = Access("", "nobody")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a link. `site` is the project's."""

    link: int
    firm: str
    project: str
    site: str


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who signed in. `secret` is what their browser keeps; `projects` are those of their sites;
    `firm_name` is what their firm is called, `zone` where its days begin and end."""

    account: Account
    session: SignedIn
    secret: str
    projects: frozenset[str] | None = None
    firm_name: str = ""
    zone: ZoneInfo = USUAL_ZONE


@dataclass(frozen=True, slots=True)
class Machine:
    """A program with a token; `author` who made it, None for one made at the console."""

    token: Token
    author: Account | None = None
    projects: frozenset[str] | None = None


def access_of(principal: Visitor | Member | Machine) -> Access:
    """What they may do now. A token may never do more than whoever made it may today."""
    match principal:
        case Visitor(link, firm, project, site):
            return Access(firm, f"link:{link}", OF_LINKS, frozenset({site}), frozenset({project}))
        case Member(account, session, projects=projects):
            rights = of_account(account) if session.stage == "whole" else {}
            return _of_person(account, f"member:{account.member}", rights, projects)
        case Machine(token, None, _) if token.author is None:
            return Access(token.firm, f"token:{token.id}", of_scopes(token.scopes), None, None)
        case Machine(token, author, projects) if author is not None:
            rights = narrowest(of_scopes(token.scopes), of_account(author))
            return _of_person(author, f"token:{token.id}", rights, projects)
        case Machine(token):
            return Access(token.firm, f"token:{token.id}")  # whoever made it is no member any more
    raise AssertionError(principal)


def today(account: Account) -> Access:
    """What a member may now, whether they are signed in or not; of projects nothing."""
    return _of_person(account, f"member:{account.member}", of_account(account), frozenset())


def of_account(account: Account) -> Rights:
    """What a member may; nothing once their account has ended."""
    return of_roles(account.roles) if account.ended is None else {}


def _of_person(account: Account, who: str, rights: Rights, projects: frozenset[str] | None) -> Access:
    return Access(account.firm, who, rights, account.sites, projects, account.member)
