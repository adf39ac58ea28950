"""How people become members: a firm's first owner by a code from its console, everybody else by invitation.

Nobody gives what they have not: roles grant no more than who invites holds, and only for their sites.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request

from store.records.access import ROLES, Access, Denied, Role
from store.records.access_log import Deed
from store.records.accounts import Account
from store.records.passes import OneTimePass
from store.records.records import Records, Repositories
from store.threads import PAGES
from web.access import passwords
from web.access.gate import Gate
from web.access.principal import today
from web.access.rights import Right, of_roles
from web.access.secret import digest, make_id, make_secret
from web.access.sign_in import normal_login
from web.kit.language import Language

HOUR_MS: Final = 3_600_000
OWNER_CODE_MS: Final = 24 * HOUR_MS
INVITATION_MS: Final = 7 * 24 * HOUR_MS
LONGEST_NAME: Final = 100


class UnknownSiteError(ValueError):
    """An invitation to a site the firm does not have."""


@dataclass(frozen=True, slots=True)
class Joining:
    """What somebody types who becomes a member. `password` is not yet hashed."""

    login: str
    name: str
    password: str
    email: str = ""


def make_owner_code(store: Records, now: int, firm: str | None) -> str:
    """A code with which somebody becomes an owner of `firm` (None: of one that is yet to be made); those made
    before open no more. Blocking."""
    code = make_secret()
    ends = now + OWNER_CODE_MS
    with store.begin() as done:
        done.passes.end_others("owner", firm, None, now)
        one = OneTimePass(digest(code), make_id(), "owner", "operator:console", now, ends, firm)
        done.passes.add(one)
    return code


async def invite(
    gate: Gate,
    request: Request,
    access: Access,
    name: str,
    roles: frozenset[Role],
    sites: frozenset[str] | None,
    language: Language = "zh",
) -> tuple[str, OneTimePass]:
    """The secret of an invitation's link, shown once, and what is kept of it. `language`: in which they are
    asked in. Raises Denied, UnknownSiteError."""
    secret, one = new_invitation(access, name, roles, sites, gate.clock(), language)
    detail = granted(one.body["roles"], one.body["sites"])
    deed = gate.deed(access, request, "added", f"invitation:{one.id}", detail)
    await PAGES.run(put_invitation, gate.store, one, deed)
    return secret, one


def new_invitation(
    access: Access,
    name: str,
    roles: frozenset[Role],
    sites: frozenset[str] | None,
    now: int,
    language: Language = "zh",
) -> tuple[str, OneTimePass]:
    """The secret of an invitation's link and what is kept of it, not yet written. Raises Denied."""
    may_grant(access, Right("invitation", "add"), roles, sites)
    secret = make_secret()
    body = {
        "name": printable_name(name),
        "roles": sorted(roles),
        "sites": None if sites is None else sorted(sites),
        "language": language,
    }
    return secret, OneTimePass(
        digest(secret), make_id(), "invitation", access.who, now, now + INVITATION_MS, access.firm, None, body
    )


def put_invitation(store: Records, one: OneTimePass, deed: Deed) -> None:
    """Write it, and who made it. Blocking. Raises UnknownSiteError."""
    sites = frozenset(one.body["sites"] or ())
    if not sites <= store.accounts.sites_of(one.firm or ""):
        raise UnknownSiteError(", ".join(sorted(sites)))
    with store.begin() as done:
        done.passes.add(one)
        done.access_log.add([deed])


async def withdraw(gate: Gate, request: Request, access: Access, invitation: str) -> bool:
    """It opens no more; whether there was such a one within reach. Raises Denied."""
    deed = gate.deed(access, request, "removed", f"invitation:{invitation}")

    def write() -> bool:
        with gate.store.begin() as done:
            gone = done.passes.withdraw(access, invitation, gate.clock())
            done.access_log.add([deed] if gone else [])
            return gone

    return await PAGES.run(write)


async def assign(
    gate: Gate,
    request: Request,
    access: Access,
    member: str,
    roles: frozenset[Role],
    sites: frozenset[str] | None,
) -> None:
    """Change somebody's roles and sites; their browsers sign in again. Raises Denied, UnknownSiteError,
    LastOwnerError."""
    may_grant(access, Right("member", "change"), roles, sites)
    detail = granted(roles, sites)
    deed = gate.deed(access, request, "changed", f"member:{member}", detail)

    def write() -> None:
        if not (sites or frozenset()) <= gate.store.accounts.sites_of(access.firm):
            raise UnknownSiteError(", ".join(sorted(sites or ())))
        with gate.store.begin() as done:
            before = done.members.assign(access, member, roles, sites)
            if not access.covers(of_roles(before.roles)):
                raise Denied("member", "change", held=True)
            done.sessions.end_all(access.firm, member)
            done.access_log.add([deed])

    await PAGES.run(write)


async def end_member(gate: Gate, request: Request, access: Access, member: str) -> bool:
    """Their account ends, and their browsers and tokens with it, at once; whether there was one. Raises
    Denied, LastOwnerError."""
    deed = gate.deed(access, request, "removed", f"member:{member}")

    def write() -> bool:
        with gate.store.begin() as done:
            if not access.covers(of_roles(_roles(done, access, member))):
                raise Denied("member", "remove", held=True)
            ended = done.members.end(access, member, gate.clock())
            done.sessions.end_all(access.firm, member)
            done.tokens.revoke_all(access, member, gate.clock())
            done.access_log.add([deed] if ended else [])
            return ended

    return await PAGES.run(write)


def _roles(done: Repositories, access: Access, member: str) -> frozenset[Role]:
    account = done.members.get(access, member)
    return frozenset() if account is None else account.roles


def granted(roles: Iterable[str], sites: Iterable[str] | None) -> str:
    """For the log: `foreman, worker at site-a`."""
    return f"{', '.join(sorted(roles))} at {'every site' if sites is None else ', '.join(sorted(sites))}"


def grantable(access: Access) -> list[Role]:
    """The roles that reach no further than what this access holds."""
    return [role for role in ROLES if access.covers(of_roles([role]))]


def may_grant(access: Access, right: Right, roles: frozenset[Role], sites: frozenset[str] | None) -> None:
    """Raises Denied unless these roles, on these sites (None: every one), are for this access to give."""
    if sites is None:
        reached = access.may(right.noun, right.verb)
    else:
        reached = bool(sites) and all(access.may(right.noun, right.verb, site=site) for site in sites)
        reached = reached or access.may(right.noun, right.verb)
    if not (reached and roles and access.covers(of_roles(roles))):
        raise Denied(right.noun, right.verb, held=access.scope(right.noun, right.verb) is not None)


async def accept(gate: Gate, secret: str, joining: Joining) -> Account | None:
    """Become a member by an invitation; None where it opens no more. Raises LoginTakenError."""
    encoded = await passwords.encode(joining.password)
    return await PAGES.run(join, gate, secret, joining, encoded)


async def claim(gate: Gate, code: str, firm_name: str, joining: Joining) -> Account | None:
    """Become the first owner; None where the code opens nothing. Raises LoginTakenError."""
    encoded = await passwords.encode(joining.password)
    return await PAGES.run(become_owner, gate, code, firm_name, joining, encoded)


def account_of_pass(one: OneTimePass, firm: str, joining: Joining, encoded: str | None, now: int) -> Account:
    """The account that a pass makes of whoever joins; roles and sites are the pass's, never the form's."""
    roles = ["owner"] if one.purpose == "owner" else one.body.get("roles", [])
    sites = None if one.purpose == "owner" else one.body.get("sites")
    return Account(
        firm=firm,
        member=one.member or member_id(joining.login),
        name=printable_name(joining.name) or joining.login,
        login=normal_login(joining.login),
        email=joining.email.strip()[:200] or None,
        roles=frozenset(role for role in ROLES if role in roles),
        sites=None if sites is None else frozenset(sites),
        password=encoded,
        created=now,
    )


def member_id(login: str) -> str:
    """An id for lists and histories that begins as the login does and never comes twice."""
    return f"{slug(login.partition('@')[0], 'member')[:20]}-{make_id()[:8]}"


def slug(text: str, otherwise: str) -> str:
    """`text` as an id (`wire.identifiers.ID_PATTERN`), `otherwise` where nothing of it can be in one."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:32].strip("-") or otherwise


def printable_name(text: str) -> str:
    """A name on one line, without what only a terminal or a browser would act on."""
    kept = (c for c in " ".join(text.split()) if c.isprintable())
    return "".join(kept)[:LONGEST_NAME]


def join(gate: Gate, secret: str, joining: Joining, encoded: str | None) -> Account | None:
    """As `accept`, blocking; without a password for who signs in elsewhere."""
    with gate.store.begin() as done:
        one = done.passes.take(digest(secret), "invitation", gate.clock())
        if one is None or not one.firm or not is_given_by(giver_of(done, one), one):
            return None
        account = account_of_pass(one, one.firm, joining, encoded, gate.clock())
        if account.sites is not None:  # one may have gone meanwhile
            account = replace(account, sites=account.sites & done.accounts.sites_of(one.firm))
        done.accounts.add(account)
        note_joined(gate, done, one, account)
        return account


def giver_of(done: Repositories, one: OneTimePass) -> Access | None:
    """What whoever gave a pass may now; None where it was not a member's to give, but the console's."""
    kind, _, member = one.author.partition(":")
    if kind != "member":
        return None
    account = done.accounts.get(one.firm or "", member)
    return Access(one.firm or "", one.author) if account is None else today(account)


def look(gate: Gate, secret: str) -> OneTimePass | None:
    """The invitation that this secret would open now; it is not used. Blocking."""
    one = gate.store.passes.look(digest(secret), "invitation", gate.clock())
    return one if one is not None and is_given_by(giver_of(gate.store, one), one) else None


def given_no_more(done: Repositories, invitations: Sequence[OneTimePass]) -> frozenset[str]:
    """The ids of those whose authors may not give them any more. Blocking."""
    givers = {one.author: giver_of(done, one) for one in {one.author: one for one in invitations}.values()}
    return frozenset(one.id for one in invitations if not is_given_by(givers[one.author], one))


def is_given_by(access: Access | None, one: OneTimePass) -> bool:
    """Whether who invited (as `giver_of`) may still give this: what somebody had is not handed on after it
    was taken away."""
    sites = one.body.get("sites")
    named = one.body.get("roles", [])
    roles = frozenset(role for role in ROLES if role in named)
    try:
        if access is not None:
            on = None if sites is None else frozenset(sites)
            may_grant(access, Right("invitation", "add"), roles, on)
    except Denied:
        return False
    return True


def become_owner(gate: Gate, code: str, firm_name: str, joining: Joining, encoded: str) -> Account | None:
    """As `claim`, blocking; `encoded` is the password's hash."""
    with gate.store.begin() as done:
        one = done.passes.take(digest(code), "owner", gate.clock())
        if one is None:
            return None
        firm = one.firm or done.accounts.add_firm(
            slug(firm_name, "firm"), printable_name(firm_name) or "Firm"
        )
        account = account_of_pass(one, firm, joining, encoded, gate.clock())
        done.accounts.add(account)
        note_joined(gate, done, one, account)
        return account


def note_joined(gate: Gate, done: Repositories, one: OneTimePass, account: Account) -> None:
    """In the log of access: who came in, by what and on whose word."""
    detail = f"{one.purpose} of {one.author}: {', '.join(sorted(account.roles))}"
    what = f"member:{account.member}"
    done.access_log.add([Deed(account.firm, gate.clock(), what, "", "added", what, detail)])
