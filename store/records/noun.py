"""What all nouns of the registry have in common: rows with versions, authors and a past.

A row is not deleted but retired: what was read there stays readable under its name, and a site whose last
agent was taken out does not become one that takes any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, fields
from itertools import groupby
from operator import attrgetter
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, RowMapping, Table

from store.records import changes
from store.records.access import Noun as RightNoun
from store.records.changes import By, Change, What
from store.records.feed import Feed
from store.records.session import Session
from store.records.statements import put
from store.records.tenancy import across_firms, change_of, delete_of, retired_of, rows_of, whole_of

Row = TypeVar("Row")
#: Firm and id, or firm, site and id.
Key = tuple[str, ...]
#: Of a row, what is no part of what it says.
_BESIDE: frozenset[str] = frozenset({"firm", "version", "listed"})


class Noun(Generic[Row]):
    """The rows of one noun. Each change gets a version, its author and time, and is told to the feed, all in
    its transaction. Blocking; raises StoreError where the database will not."""

    name: ClassVar[RightNoun]
    table: ClassVar[Table]
    row: ClassVar[type[Any]]
    #: Which columns name a row.
    keys: ClassVar[tuple[str, ...]] = ("firm", "site", "id")

    def __init__(self, session: Session, feed: Feed) -> None:
        self._session = session
        self._feed = feed

    # Reading.

    def get(self, *key: str) -> Row | None:
        """One row, also one that is no more."""
        firm, *site, name = key
        found = self.rows(rows_of(self.table, firm, *site, retired=True).where(self.table.c.id == name))
        return found[0] if found else None

    def everywhere(self) -> list[Row]:
        """Those of all firms, by id: for what serves them all."""
        query = across_firms(self.table).where(self.table.c.retired.is_(None))
        return self.rows(query.order_by(self.table.c.id))

    def retired(self, *where: str) -> tuple[str, ...]:
        """The ids of what is no more, of a firm or of one of its sites; ascending."""
        with self._session.read() as connection:
            rows = connection.execute(retired_of(self.table, *where)).mappings().all()
        return tuple(sorted(row["id"] for row in rows))

    def present_by_site(self) -> dict[str, frozenset[str]]:
        """Of all firms. A site of which all are retired has none; it is no site of which none were ever
        listed."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        with self._session.read() as connection:
            for row in connection.execute(across_firms(self.table)).mappings():
                found[row["site"]] |= {row["id"]} if row["retired"] is None else set()
        return {site: frozenset(ids) for site, ids in found.items()}

    def retired_by_site(self) -> dict[str, dict[str, int]]:
        """Of all firms: since when (UTC ms) each row is no more, by id."""
        query = across_firms(self.table).where(self.table.c.retired.is_not(None))
        found: defaultdict[str, dict[str, int]] = defaultdict(dict)
        with self._session.read() as connection:
            for row in connection.execute(query).mappings():
                found[row["site"]][row["id"]] = row["retired"]
        return dict(found)

    def rows(self, query: Any) -> list[Row]:  # noqa: ANN401  # a Select of whatever columns
        """Those of a statement of `tenancy`."""
        with self._session.read() as connection:
            return [self._row(row) for row in connection.execute(query).mappings()]

    def _row(self, stored: RowMapping) -> Row:
        made: Row = self.row(**{one.name: stored[one.name] for one in fields(self.row)})
        return made

    # Changing.

    def put(self, rows: Sequence[Row], by: By) -> list[Change]:
        """Add what is new, change what differs, bring back what was retired; what that was. Of two rows with
        one key the later one stands."""
        told: list[Change] = []
        with self._session.write() as connection:
            by_firm = attrgetter("firm")
            for firm, group in groupby(sorted(rows, key=by_firm), key=by_firm):
                told += self._put(connection, firm, list(group), by)
        return told

    def retire(self, *key: str, by: By) -> Change | None:
        """It is no more from now on; None where there was none."""
        firm, *site, name = key
        with self._session.write() as connection:
            query = rows_of(self.table, firm, *site).where(self.table.c.id == name)
            found = connection.execute(query).mappings().one_or_none()
            if found is None:
                return None
            told = self._told(self._row(found), found["version"] + 1, "retired", by)
            change = change_of(self.table, firm, *site).where(self.table.c.id == name)
            connection.execute(change.values(retired=by.at, version=told.version))
            self._tell(connection, [told])
        return told

    def retire_others(self, firm: str, rows: Sequence[Row], by: By) -> list[Change]:
        """Whatever of a firm is not among `rows` is no more from now on."""
        named = {self.key(row) for row in rows}
        with self._session.read() as connection:
            held = [self._row(one) for one in connection.execute(rows_of(self.table, firm)).mappings()]
        gone = sorted(self.key(row) for row in held if self.key(row) not in named and self._goes(row))
        return [told for key in gone if (told := self.retire(*key, by=by)) is not None]

    def erase(self, firm: str, site: str) -> None:
        """Delete a site's rows with their past."""
        with self._session.write() as connection:
            connection.execute(delete_of(self.table, firm, site))
            changes.forget(connection, firm, site)

    # What nouns differ in.

    def _topic(self, row: Any) -> str:  # noqa: ANN401  # a Row; its fields are the noun's own
        """Whose the change is, as the feed tells it."""
        return f"site:{row.site}"

    def site_of(self, row: Any) -> str | None:  # noqa: ANN401  # a Row
        """The site it is of, None for what is the firm's."""
        site: str | None = row.site
        return site

    def order(self) -> tuple[ColumnElement[Any], ...]:
        """How those of one site, or of one firm, are listed."""
        return (self.table.c.id,)

    def _goes(self, _: Row) -> bool:
        """Whether a row goes when a list does not name it."""
        return True

    def _merged(self, _: Row | None, new: Row) -> Row:
        """What becomes of one that is there and one that comes."""
        return new

    # In common.

    def _put(self, connection: Connection, firm: str, rows: list[Row], by: By) -> list[Change]:
        stored = connection.execute(whole_of(self.table, firm)).mappings()
        held = {self._stored_key(row): row for row in stored}
        told: list[Change] = []
        written: dict[Key, dict[str, Any]] = {}
        for said in rows:
            old = held.get(self.key(said))
            before = None if old is None else self._row(old)
            row = self._merged(before, said)
            what, version = _difference(old, before, row)
            if what is not None:
                told.append(self._told(row, version, what, by))
            elif old is not None and old.get("listed", 0) == getattr(row, "listed", 0):
                continue
            written[self.key(row)] = asdict(row) | {"version": version, "retired": None}  # type: ignore[call-overload]  # a dataclass
        put(connection, self.table, list(written.values()))
        self._tell(connection, told)
        return told

    def _tell(self, connection: Connection, told: Sequence[Change]) -> None:
        changes.note(connection, told)
        self._feed.tell(
            connection, [(one.firm, self._topic_of(one), f"{one.noun}:{one.key}", one.at) for one in told]
        )

    def _topic_of(self, told: Change) -> str:
        return self._topic(self.row(firm=told.firm, **told.body))

    def _told(self, row: Any, version: int, what: What, by: By) -> Change:  # noqa: ANN401  # a Row
        body = {name: value for name, value in asdict(row).items() if name not in _BESIDE}
        return Change(row.firm, self.name, self.site_of(row), row.id, version, what, body, by.author, by.at)

    def key(self, row: Row) -> Key:
        """What names it."""
        return tuple(getattr(row, name) for name in self.keys)

    def _stored_key(self, row: RowMapping) -> Key:
        return tuple(row[name] for name in self.keys)


def _difference(old: RowMapping | None, before: object, row: object) -> tuple[What | None, int]:
    """What kind of change it is, None for none, and the version after it. A row of version 0 was entered
    before changes were noted: its first is noted in any case."""
    if old is None:
        return "added", 1
    version: int = old["version"]
    if old["retired"] is not None:
        return "added", version + 1
    if before != row or version == 0:
        return "changed", version + 1
    return None, version
