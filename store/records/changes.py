"""Who changed what of the registry, and when: every version of every row, readable for good."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

from sqlalchemy import Connection, RowMapping, insert

from store.records.schema import REGISTRY_CHANGE
from store.records.session import Session
from store.records.tenancy import delete_of, rows_of
from store.records.utc import milliseconds, moment

#: `added`, or there again after it was no more; `changed`; no more (`retired`).
What = Literal["added", "changed", "retired"]
WHATS: Final[tuple[What, ...]] = get_args(What)
#: Nouns whose ids are unique within their site alone.
PLACED: Final = frozenset({"room", "agent", "device"})


@dataclass(frozen=True, slots=True)
class By:
    """Who changes something (`member:…`, `operator:…`, or the name of a file), and when (UTC ms)."""

    author: str
    at: int


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one row. `site`: the row's, where it has one; `key` its id. `body` is the row from then
    on, of one retired as it last was. `version` counts a row's changes from 1. `id` is 0 until stored."""

    firm: str
    noun: str
    site: str | None
    key: str
    version: int
    what: What
    body: Mapping[str, Any]
    author: str
    at: int
    id: int = 0

    @property
    def name(self) -> str:
        """As a person calls it: `device fenglin-18/meter-main`."""
        return f"{self.noun} {self.site}/{self.key}" if self.noun in PLACED else f"{self.noun} {self.key}"

    @property
    def row(self) -> tuple[str, str | None, str]:
        """Which row of its firm it is."""
        return self.noun, self.site if self.noun in PLACED else None, self.key


class Changes:
    """The history of all rows."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, firm: str, noun: str, key: str, site: str | None = None) -> list[Change]:
        """Of one row, the oldest first."""
        columns = REGISTRY_CHANGE.c
        query = rows_of(REGISTRY_CHANGE, firm, site).where(columns.noun == noun, columns.key == key)
        return self._read(query.order_by(columns.id))

    def after(self, firm: str, change_id: int, limit: int = 1_000_000) -> list[Change]:
        """Of a firm, after the one with this id."""
        columns = REGISTRY_CHANGE.c
        query = rows_of(REGISTRY_CHANGE, firm).where(columns.id > change_id)
        return self._read(query.order_by(columns.id).limit(limit))

    def newest(self, firm: str, limit: int, before: int | None = None) -> list[Change]:
        """Of a firm, the newest first; those before the one with id `before`."""
        columns = REGISTRY_CHANGE.c
        query = rows_of(REGISTRY_CHANGE, firm).order_by(columns.id.desc()).limit(limit)
        return self._read(query if before is None else query.where(columns.id < before))

    def last(self, firm: str) -> int:
        """The id of a firm's newest change, 0 where there is none."""
        found = self.newest(firm, 1)
        return found[0].id if found else 0

    def _read(self, query: Any) -> list[Change]:  # noqa: ANN401  # a Select of whatever columns
        with self._session.read() as connection:
            return [_change(row) for row in connection.execute(query).mappings()]


def note(connection: Connection, changes: Iterable[Change]) -> None:
    """Write them down, in the transaction that makes them."""
    rows = [
        {
            "firm": one.firm, "noun": one.noun, "site": one.site, "key": one.key, "version": one.version,
            "what": one.what, "body": json.dumps(dict(one.body), ensure_ascii=False),
            "author": one.author, "at": moment(one.at),
        }
        for one in changes
    ]  # fmt: skip
    if rows:
        connection.execute(insert(REGISTRY_CHANGE), rows)


def forget(connection: Connection, firm: str, site: str) -> None:
    """What was of a site that is erased: a person may ask for it."""
    connection.execute(delete_of(REGISTRY_CHANGE, firm, site))


def forget_row(connection: Connection, firm: str, noun: str, key: str) -> None:
    """The past of one row."""
    columns = REGISTRY_CHANGE.c
    connection.execute(delete_of(REGISTRY_CHANGE, firm).where(columns.noun == noun, columns.key == key))


def _change(row: RowMapping) -> Change:
    return Change(
        row["firm"], row["noun"], row["site"], row["key"], row["version"], row["what"],
        json.loads(row["body"]), row["author"], milliseconds(row["at"]), row["id"],
    )  # fmt: skip
