"""Who saw and changed what: a chain of entries for each firm, in which nothing can be altered unseen.

An entry's digest is BLAKE2b-256 over the digest before it and its own fields, so that whoever changes, takes
out or puts in an entry has to change all that follow; the last digest, written down elsewhere, tells then.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, Literal, get_args

from sqlalchemy import ColumnElement, Connection, RowMapping, insert

from store.records.access import Access
from store.records.schema_access import ACCESS_LOG, ACCESS_LOG_HEAD
from store.records.session import Session
from store.records.statements import add_new
from store.records.tenancy import change_of, rows_of

Act = Literal["saw", "changed", "added", "removed", "signed_in", "signed_out", "was_refused"]
ACTS: Final[tuple[Act, ...]] = get_args(Act)
#: What the first entry of a firm follows.
GENESIS: Final = bytes(32)
_STEP: Final = 1_000


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did. `who` as of an Access; `what`: `noun:id`, or a path; `detail`: a few words."""

    firm: str
    time: int
    who: str
    address: str
    act: Act
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A deed in its place in the chain. `number` counts from 1, without holes."""

    number: int
    deed: Deed
    previous: bytes
    digest: bytes


def digest_of(number: int, deed: Deed, previous: bytes) -> bytes:
    """BLAKE2b-256 of the previous digest and the entry as JSON."""
    parts = [number, deed.firm, deed.time, deed.who, deed.address, deed.act, deed.what, deed.detail]
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(previous + text.encode(), digest_size=32).digest()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: by whom, of which kind, what their `what` begins with; from `since` (UTC ms) on, before
    `until`. None and empty: any."""

    who: str | None = None
    act: Act | None = None
    what: str = ""
    since: int | None = None
    until: int | None = None


def is_intact(entry: Entry) -> bool:
    """Whether an entry is what was written, after the digest it names."""
    return digest_of(entry.number, entry.deed, entry.previous) == entry.digest


class AccessLog:
    """Safe to call from several threads; blocking. Raises StoreError where the database will not."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, deeds: Sequence[Deed]) -> None:
        """Write deeds down in this order, of any firms."""
        by_firm: defaultdict[str, list[Deed]] = defaultdict(list)
        for deed in deeds:
            by_firm[deed.firm].append(deed)
        with self._session.write() as connection:
            for firm in sorted(by_firm):  # always in one order: two writers never wait crosswise
                _append(connection, firm, by_firm[firm])

    def read(
        self,
        access: Access,
        *,
        before: int | None = None,
        limit: int = 100,
        wanted: Wanted | None = None,
    ) -> list[Entry]:
        """The newest first, from the one before number `before`. Raises Denied."""
        access.need("log_of_access", "see")
        query = rows_of(ACCESS_LOG, access.firm).where(*_wanted(wanted or Wanted()))
        if before is not None:
            query = query.where(ACCESS_LOG.c.number < before)
        with self._session.read() as connection:
            rows = connection.execute(query.order_by(ACCESS_LOG.c.number.desc()).limit(limit)).mappings()
            return [_entry(row) for row in rows]

    def head(self, access: Access) -> tuple[int, bytes]:
        """Number and digest of the last entry: to be written down elsewhere. Raises Denied."""
        access.need("log_of_access", "see")
        with self._session.read() as connection:
            return _head(connection, access.firm, lock=False)

    def first_fault(self, access: Access) -> str | None:
        """Where the chain is broken first, None where it is whole. Raises Denied."""
        access.need("log_of_access", "see")
        number, digest = 0, GENESIS
        while entries := self._after(access.firm, number):
            for entry in entries:
                if fault := _fault(entry, number, digest):
                    return fault
                number, digest = entry.number, entry.digest
        head = self.head(access)
        return None if head == (number, digest) else f"entry {head[0]} was the last; now {number} is"

    def _after(self, firm: str, number: int) -> list[Entry]:
        query = rows_of(ACCESS_LOG, firm).where(ACCESS_LOG.c.number > number)
        with self._session.read() as connection:
            rows = connection.execute(query.order_by(ACCESS_LOG.c.number).limit(_STEP)).mappings()
            return [_entry(row) for row in rows]


def _wanted(wanted: Wanted) -> list[ColumnElement[bool]]:
    column = ACCESS_LOG.c
    asked = (
        (wanted.who is not None, column.who == wanted.who),
        (wanted.act is not None, column.act == wanted.act),
        (bool(wanted.what), column.what.startswith(wanted.what, autoescape=True)),
        (wanted.since is not None, column.time >= (wanted.since or 0)),
        (wanted.until is not None, column.time < (wanted.until or 0)),
    )
    return [condition for is_asked, condition in asked if is_asked]


def _append(connection: Connection, firm: str, deeds: Sequence[Deed]) -> None:
    number, previous = _head(connection, firm, lock=True)
    rows = []
    for deed in deeds:
        number += 1
        digest = digest_of(number, deed, previous)
        row = {column.name: getattr(deed, column.name, None) for column in ACCESS_LOG.c}
        rows.append({**row, "number": number, "previous": previous, "digest": digest})
        previous = digest
    connection.execute(insert(ACCESS_LOG), rows)
    connection.execute(change_of(ACCESS_LOG_HEAD, firm).values(number=number, digest=previous))


def _head(connection: Connection, firm: str, *, lock: bool) -> tuple[int, bytes]:
    """`lock`: nobody else appends for this firm until the transaction ends (SQLite has one writer anyway)."""
    query = rows_of(ACCESS_LOG_HEAD, firm)
    if lock:
        add_new(connection, ACCESS_LOG_HEAD, [{"firm": firm, "number": 0, "digest": GENESIS}])
        query = query.with_for_update()
    row = connection.execute(query).mappings().first()
    return (0, GENESIS) if row is None else (row["number"], bytes(row["digest"]))


def _entry(row: RowMapping) -> Entry:
    deed = Deed(**{field.name: row[field.name] for field in fields(Deed)})
    return Entry(row["number"], deed, bytes(row["previous"]), bytes(row["digest"]))


def _fault(entry: Entry, number: int, digest: bytes) -> str | None:
    if entry.number != number + 1:
        return f"entry {number + 1} is missing"
    if entry.previous != digest or digest_of(entry.number, entry.deed, digest) != entry.digest:
        return f"entry {entry.number} was altered"
    return None
