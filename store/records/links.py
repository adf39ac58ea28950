"""What opens a customer's page without a login: a link, of whose token only the digest is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, insert

from store.records import changes
from store.records.changes import By, Change, What
from store.records.feed import Feed
from store.records.schema import LINK, PROJECT
from store.records.schema_access import LINK_OPENING
from store.records.session import Session
from store.records.tenancy import across_firms, change_of, delete_of, rows_of
from store.records.utc import milliseconds, moment

_NOUN: Final = "link"


@dataclass(frozen=True, slots=True)
class Link:
    """`whom`: who it was made for, in a person's words. Times are UTC ms, None: never. `openings`: how often
    it was exchanged for a cookie."""

    id: int
    firm: str
    project: str
    whom: str
    author: str
    created: int
    expires: int | None
    revoked: int | None
    openings: int = field(compare=False)
    digest: bytes = field(repr=False)
    version: int = field(default=1, compare=False)

    def opens(self, now: int) -> bool:
        """Whether it opens anything at UTC ms `now`."""
        ended = self.revoked is not None and now >= self.revoked
        return not ended and (self.expires is None or now < self.expires)


def link_digest(token: str) -> bytes:
    """What is kept of a token: BLAKE2b-256. No salt and no slow hash: nobody guesses 128 random bits."""
    return hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=32).digest()


class Links:
    """Of each project. Raises ValueError where a digest is another link's already."""

    def __init__(self, session: Session, feed: Feed) -> None:
        self._session = session
        self._feed = feed

    def of(self, firm: str, project: str | None = None) -> list[Link]:
        """A firm's or a project's, also those that are over, by id."""
        query = rows_of(LINK, firm).order_by(LINK.c.id)
        return self.rows(query if project is None else query.where(LINK.c.project == project))

    def by_digest(self, digest: bytes) -> Link | None:
        """Whoever's it is; also one that is over: the caller looks."""
        found = self.rows(across_firms(LINK).where(LINK.c.digest == digest))
        return found[0] if found else None

    def everywhere(self) -> list[Link]:
        """Those of all firms that were not revoked: for what serves them all."""
        return self.rows(across_firms(LINK).where(LINK.c.revoked.is_(None)))

    def add(self, firm: str, project: str, whom: str, digest: bytes, expires: int | None, by: By) -> Link:
        """A new one."""
        row = {
            "firm": firm, "project": project, "whom": whom, "digest": digest, "author": by.author,
            "created": moment(by.at), "expires": None if expires is None else moment(expires),
            "version": 1,
        }  # fmt: skip
        with self._session.write() as connection:
            if _is_taken(connection, digest):
                raise ValueError("a link has this token already: make another")
            made = connection.scalars(insert(LINK).returning(LINK.c.id), [row]).one()
            link = Link(made, firm, project, whom, by.author, by.at, expires, None, 0, digest)
            self._tell(connection, link, "added", by)
        return link

    def revoke(self, firm: str, link: int, by: By) -> Link | None:
        """It opens nothing from now on; as it is then, None where the firm has none that is not revoked."""
        return self._change(firm, link, {"revoked": by.at}, "retired", by)

    def end(self, firm: str, link: int, expires: int | None, by: By) -> Link | None:
        """Another end; as `revoke`."""
        return self._change(firm, link, {"expires": expires}, "changed", by)

    def erase(self, firm: str, site: str) -> None:
        """Delete those of the projects at a site, with their past."""
        with self._session.write() as connection:
            projects = [
                row["id"] for row in connection.execute(rows_of(PROJECT, firm, site, retired=True)).mappings()
            ]
            for link in connection.execute(
                rows_of(LINK, firm).where(LINK.c.project.in_(projects))
            ).mappings():
                changes.forget_row(connection, firm, _NOUN, str(link["id"]))
                theirs = LINK_OPENING.c.link == link["id"]
                connection.execute(delete_of(LINK_OPENING, firm).where(theirs))
            connection.execute(delete_of(LINK, firm).where(LINK.c.project.in_(projects)))

    def _change(
        self, firm: str, link: int, times: Mapping[str, int | None], what: What, by: By
    ) -> Link | None:
        values: dict[str, Any] = {name: None if at is None else moment(at) for name, at in times.items()} | {
            "version": LINK.c.version + 1
        }
        here = (LINK.c.id == link, LINK.c.revoked.is_(None))
        with self._session.write() as connection:
            if not connection.execute(change_of(LINK, firm).where(*here).values(**values)).rowcount:
                return None
            row = connection.execute(rows_of(LINK, firm).where(LINK.c.id == link)).mappings().one()
            changed = link_of(row)
            self._tell(connection, changed, what, by)
        return changed

    def _tell(self, connection: Connection, link: Link, what: What, by: By) -> None:
        changes.note(connection, [_told(link, what, by)])
        told = (link.firm, f"project:{link.project}", f"{_NOUN}:{link.id}", by.at)
        self._feed.tell(connection, [told])

    def rows(self, query: Any) -> list[Link]:  # noqa: ANN401  # a Select of whatever columns
        """Those of a statement of `tenancy`."""
        with self._session.read() as connection:
            return [link_of(row) for row in connection.execute(query).mappings()]


def _is_taken(connection: Connection, digest: bytes) -> bool:
    return connection.execute(across_firms(LINK).where(LINK.c.digest == digest)).first() is not None


def _told(link: Link, what: What, by: By) -> Change:
    body = {"project": link.project, "whom": link.whom, "expires": link.expires}
    return Change(link.firm, _NOUN, None, str(link.id), link.version, what, body, by.author, by.at)


def link_of(row: RowMapping) -> Link:
    """As it is kept."""

    def ms(name: str) -> int | None:
        return None if row[name] is None else milliseconds(row[name])

    return Link(
        row["id"], row["firm"], row["project"], row["whom"], row["author"], milliseconds(row["created"]),
        ms("expires"), ms("revoked"), row["openings"], row["digest"], row["version"],
    )  # fmt: skip
