"""Forms that were sent: so that one that comes twice is done once, whenever and to whichever process.

*Is not* part of the transaction of what a form does: after a crash in the middle a key says that something
was begun, and nobody does it again unasked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Delete

from store.records.schema_access import FORM_DONE
from store.records.session import Session
from store.records.statements import is_added
from store.records.tenancy import change_of, delete_everywhere, delete_of, rows_of
from wire.durations import DAY_MS

#: No page with a form stays open for longer and is still sent.
KEPT_MS: Final = DAY_MS
#: Of one firm; beyond it the oldest go.
MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class FormDone:
    """`at`: UTC ms. `location`: where its answer led, empty for a page; None while it is being done."""

    at: int
    location: str | None


class FormsDone:
    """Blocking. Raises StoreError where the database will not."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(self, firm: str, digest: bytes, at: int) -> FormDone | None:
        """Begin a form; what became of it where it was sent before, None where this is the first time."""
        row = {"firm": firm, "digest": digest, "at": at, "location": None}
        mine = rows_of(FORM_DONE, firm).where(FORM_DONE.c.digest == digest)
        with self._session.write() as connection:
            if is_added(connection, FORM_DONE, row):
                connection.execute(_beyond(firm))
                return None
            found = connection.execute(mine).mappings().one()
            return FormDone(found["at"], found["location"])

    def finish(self, firm: str, digest: bytes, location: str) -> None:
        """It was done, and led to `location`."""
        with self._session.write() as connection:
            statement = change_of(FORM_DONE, firm).where(FORM_DONE.c.digest == digest)
            connection.execute(statement.values(location=location))

    def release(self, firm: str, digest: bytes) -> None:
        """It was refused, and may be sent again."""
        with self._session.write() as connection:
            connection.execute(delete_of(FORM_DONE, firm).where(FORM_DONE.c.digest == digest))

    def forget(self, now: int) -> int:
        """Delete those of all firms that are a day old; how many."""
        with self._session.write() as connection:
            old = delete_everywhere(FORM_DONE).where(FORM_DONE.c.at < now - KEPT_MS)
            return connection.execute(old).rowcount


def _beyond(firm: str) -> Delete:
    """The oldest of a firm beyond MOST."""
    theirs = FORM_DONE.c
    newest = rows_of(FORM_DONE, firm).with_only_columns(theirs.at).order_by(theirs.at.desc())
    return delete_of(FORM_DONE, firm).where(theirs.at < newest.offset(MOST).limit(1).scalar_subquery())
