"""API tokens as text: made once, shown once, kept as a digest only."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any, Final

from sqlalchemy import RowMapping, Select, insert

from store.records.firms import known_firms
from store.records.registry import Token
from store.records.schema import TOKEN
from store.records.session import Session
from store.records.tenancy import change_of, rows_of
from store.records.utc import milliseconds, moment

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


class ConsoleTokens:
    """API tokens of a firm, for whoever has the machine itself."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self, firm: str, name: str, digest: bytes, scopes: frozenset[str], created: int, expires: int | None
    ) -> Token:
        """A new one. Raises ValueError where there is no such firm."""
        row = {
            "firm": firm,
            "name": name,
            "digest": digest,
            "scopes": " ".join(sorted(scopes)),
            "created": moment(created),
            "expires": None if expires is None else moment(expires),
        }
        with self._session.write() as connection:
            if not known_firms(connection, [firm]):
                raise ValueError(f"firm {firm} is not known")
            token_id = connection.scalars(insert(TOKEN).returning(TOKEN.c.id), [row]).one()
        return Token(token_id, firm, name, scopes, created, expires)

    def of(self, firm: str) -> list[Token]:
        """By id."""
        return self._read(rows_of(TOKEN, firm).order_by(TOKEN.c.id))

    def revoke(self, firm: str, token_id: int, revoked: int) -> bool:
        """Whether the firm had such a token that was not revoked yet."""
        statement = change_of(TOKEN, firm).where(TOKEN.c.id == token_id, TOKEN.c.revoked.is_(None))
        with self._session.write() as connection:
            return connection.execute(statement.values(revoked=moment(revoked))).rowcount > 0

    def _read(self, query: Select[Any]) -> list[Token]:
        with self._session.read() as connection:
            return [token_of(row) for row in connection.execute(query).mappings()]


def token_of(row: RowMapping) -> Token:
    """A row of the table."""

    def ms(name: str) -> int | None:
        return None if row[name] is None else milliseconds(row[name])

    scopes = frozenset(row["scopes"].split())
    created = milliseconds(row["created"])
    return Token(row["id"], row["firm"], row["name"], scopes, created, ms("expires"), ms("revoked"))
