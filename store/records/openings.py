"""Browsers in which a customer's link was opened: what each may go on with, and what staff see of it.

No fingerprint: a device is its browser and system by name, a network the coarse part of an address.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from typing import Final

from sqlalchemy import Connection, func, insert

from store.records.links import Link, link_of
from store.records.schema import LINK
from store.records.schema_access import LINK_OPENING
from store.records.session import Session
from store.records.tenancy import change_of, delete_of, delete_unseen, rows_of

#: Kept of one link; then the browser that was not used for longest opens it anew.
MOST_OF_A_LINK: Final = 200


@dataclass(frozen=True, slots=True)
class Opening:
    """`digest` is that of the secret in the browser's cookie. `opened` and last `seen` are UTC ms."""

    digest: bytes = field(repr=False)
    firm: str
    link: int
    device: str
    network: str
    opened: int
    seen: int


class Openings:
    """Blocking; raises StoreError where the database will not."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, opening: Opening) -> None:
        """A link was opened."""
        with self._session.write() as connection:
            connection.execute(insert(LINK_OPENING), [asdict(opening)])
            count = change_of(LINK, opening.firm).where(LINK.c.id == opening.link)
            connection.execute(count.values(openings=LINK.c.openings + 1))
            _make_room(connection, opening)

    def look(self, firm: str, project: str, digests: Collection[bytes]) -> list[tuple[Opening, Link]]:
        """Which of these secrets belong to links of a project, also to those that are over: the caller
        looks."""
        theirs = LINK_OPENING.c
        query = rows_of(LINK_OPENING, firm).where(theirs.digest.in_(digests))
        with self._session.read() as connection:
            openings = [Opening(**row) for row in connection.execute(query).mappings()]
            of_these = LINK.c.id.in_([one.link for one in openings])
            rows = connection.execute(rows_of(LINK, firm).where(LINK.c.project == project, of_these))
            links = {row["id"]: link_of(row) for row in rows.mappings()}
        return [(one, links[one.link]) for one in openings if one.link in links]

    def touch(self, opening: Opening, seen: int) -> None:
        """It was used."""
        statement = change_of(LINK_OPENING, opening.firm).where(LINK_OPENING.c.digest == opening.digest)
        with self._session.write() as connection:
            connection.execute(statement.values(seen=seen))

    def of(self, link: Link) -> list[Opening]:
        """Those of a link that somebody may see, the newest first."""
        theirs = LINK_OPENING.c
        query = rows_of(LINK_OPENING, link.firm).where(theirs.link == link.id)
        with self._session.read() as connection:
            rows = connection.execute(query.order_by(theirs.opened.desc(), theirs.digest)).mappings()
            return [Opening(**row) for row in rows]

    def last_seen(self, firm: str, links: Sequence[Link]) -> dict[int, int]:
        """Link -> when one of its browsers was used last, in UTC ms; those of which that is known."""
        theirs = LINK_OPENING.c
        query = rows_of(LINK_OPENING, firm).with_only_columns(theirs.link, func.max(theirs.seen))
        query = query.where(theirs.link.in_([link.id for link in links])).group_by(theirs.link)
        with self._session.read() as connection:
            return {int(link): int(seen) for link, seen in connection.execute(query)}

    def forget(self, before: int) -> int:
        """Retention: delete those not used since UTC ms `before`, of every firm; how many."""
        with self._session.write() as connection:
            return connection.execute(delete_unseen(LINK_OPENING, before)).rowcount


def _make_room(connection: Connection, newest: Opening) -> None:
    theirs = LINK_OPENING.c
    query = rows_of(LINK_OPENING, newest.firm).where(theirs.link == newest.link)
    by_use = query.order_by(theirs.seen.desc(), theirs.digest).offset(MOST_OF_A_LINK).limit(MOST_OF_A_LINK)
    beyond = [row["digest"] for row in connection.execute(by_use).mappings()]
    if beyond:
        connection.execute(delete_of(LINK_OPENING, newest.firm).where(theirs.digest.in_(beyond)))
