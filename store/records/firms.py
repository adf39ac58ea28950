"""The firms: the tenants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from store.records import changes
from store.records.changes import By, Change
from store.records.feed import Feed
from store.records.registry import Firm
from store.records.schema import FIRM
from store.records.session import Session
from store.records.statements import put
from store.records.tenancy import across_firms


class Firms:
    """All of them. A firm is never retired."""

    def __init__(self, session: Session, feed: Feed) -> None:
        self._session = session
        self._feed = feed

    def all(self) -> list[Firm]:
        """By id."""
        with self._session.read() as connection:
            return _firms(connection)

    def get(self, firm: str) -> Firm | None:
        """By its id."""
        return next((one for one in self.all() if one.id == firm), None)

    def put(self, rows: Sequence[Firm], by: By) -> list[Change]:
        """Add what is new, change what differs; what that was."""
        with self._session.write() as connection:
            held = {firm.id: firm for firm in _firms(connection)}
            told = [change for firm in rows if (change := _difference(held.get(firm.id), firm, by))]
            put(connection, FIRM, [_values(change) for change in told])
            changes.note(connection, told)
            self._feed.tell(
                connection, [(one.firm, f"firm:{one.firm}", f"firm:{one.firm}", by.at) for one in told]
            )
        return told


def known_firms(connection: Connection, firms: Iterable[str]) -> set[str]:
    """Those of `firms` that there are."""
    wanted = set(firms)
    return {firm.id for firm in _firms(connection)} & wanted


def _firms(connection: Connection) -> list[Firm]:
    return [Firm(**row) for row in connection.execute(across_firms(FIRM).order_by(FIRM.c.id)).mappings()]


def _difference(held: Firm | None, firm: Firm, by: By) -> Change | None:
    if held is not None and held == firm and held.version:
        return None
    version = held.version + 1 if held else 1
    what: changes.What = "changed" if held else "added"
    return Change(firm.id, "firm", None, firm.id, version, what, {"name": firm.name}, by.author, by.at)


def _values(change: Change) -> dict[str, object]:
    return {"id": change.firm, "name": change.body["name"], "version": change.version}
