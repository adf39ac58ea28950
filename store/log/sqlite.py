"""The log in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from store.log.contract import Entry, Identity, Record
from store.sqlite import Cell, Database, insert_rows
from wire.ranges import Ranges

#: `seen` outlives `batch`: which numbers of a stream have come is kept for good, as ranges.
#: AUTOINCREMENT: an offset is never given twice, even after everything has been trimmed.
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS stream (
        id INTEGER PRIMARY KEY, site TEXT NOT NULL, agent TEXT NOT NULL, stream TEXT NOT NULL,
        UNIQUE (site, agent, stream))""",
    """CREATE TABLE IF NOT EXISTS seen (
        stream INTEGER NOT NULL REFERENCES stream, first INTEGER NOT NULL, last INTEGER NOT NULL,
        PRIMARY KEY (stream, first), CHECK (first <= last)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS batch (
        "offset" INTEGER PRIMARY KEY AUTOINCREMENT, accepted_at INTEGER NOT NULL,
        stream INTEGER NOT NULL REFERENCES stream, seq INTEGER NOT NULL, payload BLOB NOT NULL)""",
    "CREATE UNIQUE INDEX IF NOT EXISTS batch_by_identity ON batch (stream, seq)",
    "CREATE INDEX IF NOT EXISTS batch_by_age ON batch (accepted_at)",
)

_INSERT: Final = 'INSERT INTO batch ("offset", accepted_at, stream, seq, payload)'
_INSERT_SEEN: Final = "INSERT INTO seen (stream, first, last)"
_RANGE_BELOW: Final = "SELECT max(first) FROM seen WHERE stream = ? AND first <= ?"
_RANGES: Final = "SELECT first, last FROM seen WHERE stream = ? AND first BETWEEN ? AND ?"
_FORGET_RANGES: Final = "DELETE FROM seen WHERE stream = ? AND first BETWEEN ? AND ?"
_PAYLOAD: Final = (
    "SELECT payload FROM batch JOIN stream ON stream.id = batch.stream "
    "WHERE site = ? AND agent = ? AND stream.stream = ? AND seq = ?"
)
#: The plus keeps SQLite from walking all rows by offset: few are old, and the index by age finds them.
_TRIM: Final = 'DELETE FROM batch WHERE +"offset" <= ? AND accepted_at < ?'
_LAST_OFFSET: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'batch'"

_Stream = tuple[str, str, str]


class SqliteLog:
    """`store.log.contract.Log` on SQLite (WAL, synchronous=FULL): one append is one commit, on disk when it
    returns. Several processes may append to the same file. Raises StoreError where the disk will not."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA, "FULL")
        self._ids: dict[_Stream, int] = {}

    def append(self, entries: Sequence[Entry], accepted_at: int) -> list[int | None]:
        """See the contract. Of two entries with the same identity the first is kept."""
        found: dict[_Stream, int] = {}
        with self._database.write() as connection:
            fresh = self._take_new(connection, entries, found)
            offset = _last_offset(connection)
            offsets: list[int | None] = []
            cells: list[Cell] = []
            for entry, is_new in zip(entries, fresh, strict=True):
                offset += is_new
                offsets.append(offset if is_new else None)
                if is_new:
                    cells += (offset, accepted_at, found[_identity(entry)], entry.seq, entry.payload)
            insert_rows(connection, _INSERT, 5, cells)
        self._ids.update(found)
        return offsets

    def _take_new(
        self, connection: sqlite3.Connection, entries: Sequence[Entry], ids: dict[_Stream, int]
    ) -> list[bool]:
        """Mark what is new as seen; for each entry, whether it was new. Fills `ids`."""
        seqs: defaultdict[_Stream, list[int]] = defaultdict(list)
        for entry in entries:
            seqs[_identity(entry)].append(entry.seq)
        fresh: dict[_Stream, Iterator[bool]] = {}
        for stream, numbers in seqs.items():
            ids[stream] = self._ids.get(stream) or _stream_id(connection, stream)
            fresh[stream] = iter(_see(connection, ids[stream], numbers))
        return [next(fresh[_identity(entry)]) for entry in entries]

    def read(self, after: int, limit: int) -> list[Record]:
        """See the contract."""
        with self._database.read() as connection:
            rows = connection.execute(
                'SELECT "offset", accepted_at, site, agent, stream.stream, seq, payload '
                "FROM batch JOIN stream ON stream.id = batch.stream "
                'WHERE "offset" > ? ORDER BY "offset" LIMIT ?',
                (after, limit),
            ).fetchall()
        return [Record(offset, accepted_at, Entry(*identity)) for offset, accepted_at, *identity in rows]

    def payloads(self, identities: Sequence[Identity]) -> list[bytes | None]:
        """See the contract."""
        with self._database.read() as connection:
            rows = [connection.execute(_PAYLOAD, identity).fetchone() for identity in identities]
        return [row[0] if row else None for row in rows]

    def last_offset(self) -> int:
        """See the contract."""
        with self._database.read() as connection:
            return _last_offset(connection)

    def streams(self, site: str) -> dict[tuple[str, str], list[tuple[int, int]]]:
        """See the contract."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT agent, stream.stream, first, last FROM stream JOIN seen ON seen.stream = stream.id "
                "WHERE site = ? ORDER BY agent, stream.stream, first",
                (site,),
            ).fetchall()
        ranges: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for agent, stream, first, last in rows:
            ranges[agent, stream].append((first, last))
        return dict(ranges)

    def trim(self, before_ms: int, up_to_offset: int) -> int:
        """See the contract."""
        with self._database.write() as connection:
            cursor = connection.execute(_TRIM, (up_to_offset, before_ms))
            return cursor.rowcount

    def close(self) -> None:
        """See the contract."""
        self._database.close()


def _identity(entry: Entry) -> _Stream:
    return entry.site, entry.agent, entry.stream


def _last_offset(connection: sqlite3.Connection) -> int:
    row = connection.execute(_LAST_OFFSET).fetchone()
    return int(row[0]) if row else 0


def _stream_id(connection: sqlite3.Connection, stream: _Stream) -> int:
    connection.execute("INSERT OR IGNORE INTO stream (site, agent, stream) VALUES (?, ?, ?)", stream)
    row = connection.execute(
        "SELECT id FROM stream WHERE site = ? AND agent = ? AND stream = ?", stream
    ).fetchone()
    return int(row[0])


def _see(connection: sqlite3.Connection, stream: int, numbers: list[int]) -> list[bool]:
    """Take `numbers` into the ranges of `stream`; for each, whether it had not come before.

    Only ranges that the numbers touch are read and, where something changed, written anew.
    """
    low, high = min(numbers) - 1, max(numbers) + 1
    start = connection.execute(_RANGE_BELOW, (stream, low)).fetchone()[0]
    span = (stream, low if start is None else start, high)
    touched = Ranges(connection.execute(_RANGES, span))
    fresh = []
    for number in numbers:
        fresh.append(number not in touched)
        touched.add(number)
    if any(fresh):
        connection.execute(_FORGET_RANGES, span)
        insert_rows(connection, _INSERT_SEEN, 3, [c for pair in touched for c in (stream, *pair)])
    return fresh
