"""Tokens of programs, for whoever may see and make them. Those from the console have no author."""

from __future__ import annotations

from sqlalchemy import insert

from store.records.access import Access, Denied, Verb
from store.records.registry import Token
from store.records.schema import TOKEN
from store.records.schema_access import TOKEN_AUTHOR
from store.records.session import Session
from store.records.tenancy import across_firms, change_of, rows_of
from store.records.tokens import token_of
from store.records.utc import moment


class ApiTokens:
    """Safe to call from several threads; blocking. Raises Denied where the access does not reach, StoreError
    where the database will not."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(
        self, access: Access, name: str, digest: bytes, scopes: frozenset[str], created: int, expires: int
    ) -> Token:
        """One of the access's own member. Times are UTC ms."""
        access.need("token", "add", own=access.member is not None)
        row = {"firm": access.firm, "name": name, "digest": digest, "scopes": " ".join(sorted(scopes))}
        times = {"created": moment(created), "expires": moment(expires)}
        with self._session.write() as connection:
            token_id = connection.scalars(insert(TOKEN).returning(TOKEN.c.id), [row | times]).one()
            author = {"token": token_id, "firm": access.firm, "member": access.member}
            connection.execute(insert(TOKEN_AUTHOR), [author])
        return Token(token_id, access.firm, name, scopes, created, expires)

    def by_digest(self, digest: bytes) -> Token | None:
        """Whoever's it is; also an expired or revoked one: the caller looks."""
        with self._session.read() as connection:
            row = connection.execute(across_firms(TOKEN).where(TOKEN.c.digest == digest)).mappings().first()
        return None if row is None else token_of(row)

    def author(self, token: Token) -> str | None:
        """The member who made it, None for one from the console."""
        query = rows_of(TOKEN_AUTHOR, token.firm).where(TOKEN_AUTHOR.c.token == token.id)
        with self._session.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else str(row["member"])

    def all(self, access: Access) -> list[tuple[Token, str | None]]:
        """(token, author) as far as the access reaches, by id; also what is over."""
        if access.scope("token", "see") is None:
            raise Denied("token", "see", held=False)
        with self._session.read() as connection:
            rows = connection.execute(rows_of(TOKEN, access.firm).order_by(TOKEN.c.id)).mappings()
            tokens = [token_of(row) for row in rows]
            authors = connection.execute(rows_of(TOKEN_AUTHOR, access.firm)).mappings()
            by_token = {row["token"]: row["member"] for row in authors}
        found = [(token, by_token.get(token.id)) for token in tokens]
        return [(token, author) for token, author in found if _may(access, "see", author)]

    def revoke(self, access: Access, token_id: int, at: int) -> bool:
        """It opens nothing from now on; whether there was such a one within reach."""
        if access.scope("token", "remove") is None:
            raise Denied("token", "remove", held=False)
        found = {token.id: author for token, author in self.all(access)}
        if token_id not in found or not _may(access, "remove", found[token_id]):
            return False
        statement = change_of(TOKEN, access.firm).where(TOKEN.c.id == token_id, TOKEN.c.revoked.is_(None))
        with self._session.write() as connection:
            return connection.execute(statement.values(revoked=moment(at))).rowcount == 1


def _may(access: Access, verb: Verb, author: str | None) -> bool:
    return access.may("token", verb, own=author is not None and author == access.member)
