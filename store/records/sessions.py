"""Browsers that are signed in. A session's secret is 256 random bits; only its digest is kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final, Literal

from sqlalchemy import func, insert

from store.records.access import Access, Denied
from store.records.schema_access import MEMBER_SESSION
from store.records.session import Session
from store.records.tenancy import across_firms, change_of, delete_everywhere, delete_of, rows_of
from wire.durations import DAY_MS

#: A session that was not used for so long is deleted; it opened nothing long before (`web.access.gate`).
UNUSED_MS: Final = 30 * DAY_MS
#: `password`: the second factor is still awaited, and nothing may be done meanwhile.
Stage = Literal["password", "whole"]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`id` names it in lists and opens nothing. Times are UTC ms; `ends`: at the latest."""

    digest: bytes
    id: str
    firm: str
    member: str
    stage: Stage
    device: str
    address: str
    created: int
    seen: int
    ends: int


class Sessions:
    """Safe to call from several threads; blocking. Raises StoreError where the database will not."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, signed_in: SignedIn) -> None:
        """A browser signed in."""
        with self._session.write() as connection:
            connection.execute(insert(MEMBER_SESSION), [asdict(signed_in)])

    def by_digest(self, digest: bytes) -> SignedIn | None:
        """Whose it is, also one that is over: the caller looks."""
        query = across_firms(MEMBER_SESSION).where(MEMBER_SESSION.c.digest == digest)
        with self._session.read() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else SignedIn(**row)

    def touch(self, signed_in: SignedIn, seen: int) -> None:
        """It was used."""
        statement = change_of(MEMBER_SESSION, signed_in.firm)
        statement = statement.where(MEMBER_SESSION.c.digest == signed_in.digest)
        with self._session.write() as connection:
            connection.execute(statement.values(seen=seen))

    def of_member(self, access: Access, member: str) -> list[SignedIn]:
        """Of a member, the one used last first. Raises Denied."""
        _need(access, "see", member)
        theirs = MEMBER_SESSION.c
        query = rows_of(MEMBER_SESSION, access.firm).where(theirs.member == member)
        with self._session.read() as connection:
            rows = connection.execute(query.order_by(theirs.seen.desc(), theirs.id)).mappings().all()
        return [SignedIn(**row) for row in rows]

    def last_seen(self, access: Access) -> dict[str, int]:
        """Member -> when one of their browsers was used last (UTC ms), of those signed in; for whoever sees
        members. Raises Denied."""
        if access.scope("member", "see") is None:
            raise Denied("member", "see", held=False)
        theirs = MEMBER_SESSION.c
        query = rows_of(MEMBER_SESSION, access.firm).with_only_columns(theirs.member, func.max(theirs.seen))
        with self._session.read() as connection:
            rows = connection.execute(query.group_by(theirs.member)).all()
        return {str(row[0]): int(row[1]) for row in rows}

    def end(self, access: Access, member: str, session_id: str) -> bool:
        """Whether the member had such a one. Raises Denied."""
        _need(access, "remove", member)
        theirs = MEMBER_SESSION.c
        statement = delete_of(MEMBER_SESSION, access.firm).where(
            theirs.member == member, theirs.id == session_id
        )
        with self._session.write() as connection:
            return connection.execute(statement).rowcount == 1

    def end_digest(self, signed_in: SignedIn) -> None:
        """The one that has this secret."""
        statement = delete_of(MEMBER_SESSION, signed_in.firm)
        with self._session.write() as connection:
            connection.execute(statement.where(MEMBER_SESSION.c.digest == signed_in.digest))

    def end_all(self, firm: str, member: str) -> int:
        """How many there were: when rights or password change, no browser goes on with the earlier ones."""
        statement = delete_of(MEMBER_SESSION, firm).where(MEMBER_SESSION.c.member == member)
        with self._session.write() as connection:
            return connection.execute(statement).rowcount

    def forget(self, now: int) -> int:
        """Delete those of all firms that are over since a day, or were not used for long; how many."""
        theirs = MEMBER_SESSION.c
        over = (theirs.ends <= now - DAY_MS) | (theirs.seen < now - UNUSED_MS)
        with self._session.write() as connection:
            return connection.execute(delete_everywhere(MEMBER_SESSION).where(over)).rowcount


def _need(access: Access, verb: Literal["see", "remove"], member: str) -> None:
    if not access.may("session", verb, own=member == access.member):
        raise Denied("session", verb, held=access.scope("session", verb) is not None)
