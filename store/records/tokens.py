"""API tokens as text: made once, shown once, kept as a digest only."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any, Final, TypeVar

from sqlalchemy import RowMapping, Select, Update, insert

from store.records.access import Access, Denied, Verb
from store.records.firms import known_firms
from store.records.registry import Token
from store.records.schema import TOKEN
from store.records.session import Session
from store.records.tenancy import across_firms, change_of, rows_of
from store.records.utc import milliseconds, moment

Statement = TypeVar("Statement", Select[Any], Update)
#: So that a token in a log or a repository is known for what it is.
PREFIX: Final = "pl_"
#: 32 random bytes are 43 characters in URL-safe base 64 (RFC 4648 §5) without padding.
_TOKEN: Final = re.compile(r"pl_[A-Za-z0-9_-]{43}")


def make_token() -> str:
    """A new secret of 256 random bits, e.g. for `Authorization: Bearer`."""
    return PREFIX + secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """What is kept of it: BLAKE2b-256, 32 bytes. No salt and no slow hash: nobody guesses 256 random bits.

    Raises ValueError for what cannot be a token.
    """
    if not _TOKEN.fullmatch(token):
        raise ValueError(f"not a token: {PREFIX} and 43 characters are wanted")
    return hashlib.blake2b(token.encode(), digest_size=32).digest()


class Tokens:
    """API tokens of programs. Safe to call from several threads; blocking. Raises Denied where the access
    does not reach, StoreError where the database will not."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self,
        access: Access,
        name: str,
        digest: bytes,
        scopes: frozenset[str],
        created: int,
        expires: int | None,
    ) -> Token:
        """One of the access's own member; without one, of the console's. Raises ValueError where there is no
        such firm."""
        access.need("token", "add", own=access.member is not None)
        row = {
            "firm": access.firm,
            "name": name,
            "digest": digest,
            "scopes": " ".join(sorted(scopes)),
            "created": moment(created),
            "expires": None if expires is None else moment(expires),
            "author": access.member,
        }
        with self._session.write() as connection:
            if not known_firms(connection, [access.firm]):
                raise ValueError(f"firm {access.firm} is not known")
            token_id = connection.scalars(insert(TOKEN).returning(TOKEN.c.id), [row]).one()
        return Token(token_id, access.firm, name, scopes, created, expires, author=access.member)

    def by_digest(self, digest: bytes) -> Token | None:
        """Whoever's it is; also an expired or revoked one: the caller looks."""
        found = self._read(across_firms(TOKEN).where(TOKEN.c.digest == digest))
        return found[0] if found else None

    def all(self, access: Access) -> list[Token]:
        """As far as the access reaches, by id; also what is over."""
        return self._read(_reached(rows_of(TOKEN, access.firm), access, "see").order_by(TOKEN.c.id))

    def touch(self, token: Token, used: int) -> None:
        """It was used."""
        with self._session.write() as connection:
            statement = change_of(TOKEN, token.firm).where(TOKEN.c.id == token.id)
            connection.execute(statement.values(used=moment(used)))

    def revoke(self, access: Access, token_id: int, at: int) -> bool:
        """It opens nothing from now on; whether there was such a one within reach that was not revoked."""
        here = change_of(TOKEN, access.firm).where(TOKEN.c.id == token_id, TOKEN.c.revoked.is_(None))
        return self._end(_reached(here, access, "remove"), at)

    def revoke_all(self, access: Access, member: str, at: int) -> None:
        """Those that a member made, where theirs may be ended with their account."""
        access.need("member", "remove")
        theirs = change_of(TOKEN, access.firm).where(TOKEN.c.author == member, TOKEN.c.revoked.is_(None))
        self._end(theirs, at)

    def _end(self, statement: Update, at: int) -> bool:
        with self._session.write() as connection:
            return connection.execute(statement.values(revoked=moment(at))).rowcount > 0

    def _read(self, query: Select[Any]) -> list[Token]:
        with self._session.read() as connection:
            return [token_of(row) for row in connection.execute(query).mappings()]


def _reached(statement: Statement, access: Access, verb: Verb) -> Statement:
    """Of the firm's, or of one's own alone."""
    if access.scope("token", verb) is None:
        raise Denied("token", verb, held=False)
    return statement if access.may("token", verb) else statement.where(TOKEN.c.author == access.member)


def token_of(row: RowMapping) -> Token:
    """A row of the table."""

    def ms(name: str) -> int | None:
        return None if row[name] is None else milliseconds(row[name])

    scopes = frozenset(row["scopes"].split())
    created = milliseconds(row["created"])
    times = (ms("expires"), ms("revoked"))
    return Token(row["id"], row["firm"], row["name"], scopes, created, *times, row["author"], ms("used"))
