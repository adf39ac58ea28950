"""Tokens of programs: made by a member, shown once, never with more than whoever makes it may do."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from store.records.access import Access, Denied
from store.records.accounts import Accounts
from store.records.registry import Token
from store.records.tokens import Tokens, make_token, token_digest
from store.threads import PAGES
from web.access.gate import Gate
from web.access.invitations import printable_name
from web.access.principal import Machine
from web.access.rights import scope_words

DAY_MS: Final = 86_400_000
LONGEST_DAYS: Final = 366
MOST_A_MEMBER: Final = 20


class TooManyTokensError(ValueError):
    """A member has as many as they may."""


def offered(access: Access) -> list[str]:
    """The scopes that this access may put into a token: what it holds itself, but for people's accounts."""
    kept = {"member", "invitation", "session", "token", "log_of_access"}
    return [word for word in scope_words(access.rights) if word.partition(":")[0] not in kept]


async def make(
    gate: Gate, request: Request, access: Access, name: str, scopes: frozenset[str], days: int
) -> tuple[str, Token]:
    """The token as text, shown once, and what is kept of it. Raises Denied where a scope is not among those
    offered, or who asks is no member; TooManyTokensError; ValueError for a time out of bounds."""
    if access.member is None or not scopes or not scopes <= set(offered(access)):
        raise Denied("token", "add", held=True)
    if not 1 <= days <= LONGEST_DAYS:
        raise ValueError(f"1 to {LONGEST_DAYS} days")
    secret, now, member = make_token(), gate.clock(), access.member

    def write() -> Token:
        with gate.store.begin() as done:
            own = [token for token in done.tokens.all(access) if token.author == member]
            if sum(token.opens(now) for token in own) >= MOST_A_MEMBER:
                raise TooManyTokensError(f"{MOST_A_MEMBER} at most")
            made = done.tokens.add(
                access, printable_name(name) or "-", token_digest(secret), scopes, now, now + days * DAY_MS
            )
            deed = gate.deed(access, request, "added", f"token:{made.id}", " ".join(sorted(scopes)))
            done.access_log.add([deed])
            return made

    return secret, await PAGES.run(write)


async def revoke(gate: Gate, request: Request, access: Access, token_id: int) -> bool:
    """It opens nothing from now on; whether there was such a one. Raises Denied."""
    deed = gate.deed(access, request, "removed", f"token:{token_id}")

    def write() -> bool:
        with gate.store.begin() as done:
            revoked = done.tokens.revoke(access, token_id, gate.clock())
            done.access_log.add([deed] if revoked else [])
            return revoked

    return await PAGES.run(write)


def machine_of(tokens: Tokens, accounts: Accounts, text: str) -> Machine | None:
    """The program that has this token, also one that is over: the caller looks. Blocking. Raises ValueError
    for what cannot be a token."""
    token = tokens.by_digest(token_digest(text))
    if token is None:
        return None
    author = None if token.author is None else accounts.get(token.firm, token.author)
    projects = None if author is None else accounts.projects_at(author.firm, author.sites)
    return Machine(token, author, projects)
