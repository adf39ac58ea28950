"""What opens a door once: invitations, a first owner's code, resets, sign-ins under way at another provider.

A pass is taken in one statement, so that of two who come at once one enters.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, RowMapping, insert

from store.records.access import Access, Denied
from store.records.schema_access import ONE_TIME_PASS
from store.records.session import Session
from store.records.tenancy import across_firms, change_of, delete_everywhere, delete_of, rows_of
from wire.durations import DAY_MS

Purpose = Literal["owner", "invitation", "reset", "oidc"]
#: How many invitations are listed at most.
MOST_LISTED: Final = 500
#: So long after its end one is still told from one that never was.
KEPT_MS: Final = 30 * DAY_MS


@dataclass(frozen=True, slots=True)
class OneTimePass:
    """`id` names it in lists and opens nothing. `body` says what it is for; times are UTC ms."""

    digest: bytes
    id: str
    purpose: Purpose
    author: str
    created: int
    ends: int
    firm: str | None = None
    member: str | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    used: int | None = None


class Passes:
    """Safe to call from several threads; blocking. Raises StoreError where the database will not."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, one: OneTimePass) -> None:
        """A pass, to be used once until it ends."""
        row = {column.name: getattr(one, column.name) for column in ONE_TIME_PASS.c}
        with self._session.write() as connection:
            connection.execute(insert(ONE_TIME_PASS), [{**row, "body": json.dumps(dict(one.body))}])

    def look(self, digest: bytes, purpose: Purpose, now: int) -> OneTimePass | None:
        """A pass that would open now; it is not used."""
        with self._session.read() as connection:
            query = across_firms(ONE_TIME_PASS).where(*_opens(digest, purpose, now))
            row = connection.execute(query).mappings().first()
        return None if row is None else _pass(row)

    def take(self, digest: bytes, purpose: Purpose, now: int) -> OneTimePass | None:
        """Use it; None where it does not open, or no more."""
        found = self.look(digest, purpose, now)
        if found is None:
            return None
        statement = change_of(ONE_TIME_PASS, found.firm).where(*_opens(digest, purpose, now))
        with self._session.write() as connection:
            return found if connection.execute(statement.values(used=now)).rowcount == 1 else None

    def end_others(self, purpose: Purpose, firm: str | None, member: str | None, now: int) -> None:
        """Whatever of this kind was given out before opens no more."""
        theirs = ONE_TIME_PASS.c
        statement = change_of(ONE_TIME_PASS, firm).where(
            theirs.purpose == purpose, theirs.member == member, theirs.used.is_(None)
        )
        with self._session.write() as connection:
            connection.execute(statement.values(used=now))

    def invitations(self, access: Access, now: int) -> list[OneTimePass]:
        """Those that are open, the newest first, as far as the access reaches. Raises Denied."""
        if access.scope("invitation", "see") is None:
            raise Denied("invitation", "see", held=False)
        theirs = ONE_TIME_PASS.c
        query = rows_of(ONE_TIME_PASS, access.firm).where(
            theirs.purpose == "invitation", theirs.used.is_(None), theirs.ends > now
        )
        with self._session.read() as connection:
            rows = connection.execute(query.order_by(theirs.created.desc()).limit(MOST_LISTED)).mappings()
            found = [_pass(row) for row in rows]
        return [one for one in found if _reached(access, one)]

    def withdraw(self, access: Access, pass_id: str, now: int) -> bool:
        """An invitation opens no more; whether there was such a one. Raises Denied."""
        if access.scope("invitation", "remove") is None:
            raise Denied("invitation", "remove", held=False)
        if pass_id not in {one.id for one in self.invitations(access, now)}:
            return False
        statement = delete_of(ONE_TIME_PASS, access.firm).where(ONE_TIME_PASS.c.id == pass_id)
        with self._session.write() as connection:
            return connection.execute(statement).rowcount == 1

    def forget(self, now: int) -> int:
        """Delete those of all firms that ended long ago, used or not; how many."""
        over = ONE_TIME_PASS.c.ends <= now - KEPT_MS
        with self._session.write() as connection:
            return connection.execute(delete_everywhere(ONE_TIME_PASS).where(over)).rowcount


def _opens(digest: bytes, purpose: Purpose, now: int) -> list[ColumnElement[bool]]:
    theirs = ONE_TIME_PASS.c
    return [theirs.digest == digest, theirs.purpose == purpose, theirs.used.is_(None), theirs.ends > now]


def _reached(access: Access, one: OneTimePass) -> bool:
    sites: list[str] = one.body.get("sites") or []
    if access.may("invitation", "see", own=one.author == access.who):
        return True
    return bool(sites) and all(access.may("invitation", "see", site=site) for site in sites)


def _pass(row: RowMapping) -> OneTimePass:
    return OneTimePass(**{**row, "body": json.loads(row["body"])})
