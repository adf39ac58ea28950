"""The log in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from store.log.contract import LISTENING, PROOF_BYTES, Entry, Identity, Record, Standing, proof
from store.sqlite import Cell, Database, insert_rows
from wire.ranges import Ranges

#: `seen` outlives `batch`: which numbers of a stream have come is kept for good, as ranges. `proof` too,
#: for long: of consecutive numbers from `first` on, eight bytes each, end to end.
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
        stream INTEGER NOT NULL REFERENCES stream, seq INTEGER NOT NULL, payload BLOB NOT NULL, came BLOB)""",
    """CREATE TABLE IF NOT EXISTS proof (
        stream INTEGER NOT NULL REFERENCES stream, first INTEGER NOT NULL, accepted_at INTEGER NOT NULL,
        proofs BLOB NOT NULL, PRIMARY KEY (stream, first)) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS proof_by_age ON proof (accepted_at)",
    "CREATE UNIQUE INDEX IF NOT EXISTS batch_by_identity ON batch (stream, seq)",
    "CREATE INDEX IF NOT EXISTS batch_by_age ON batch (accepted_at)",
)

_INSERT: Final = 'INSERT INTO batch ("offset", accepted_at, stream, seq, payload, came)'
_INSERT_SEEN: Final = "INSERT INTO seen (stream, first, last)"
_RANGE_BELOW: Final = "SELECT max(first) FROM seen WHERE stream = ? AND first <= ?"
_RANGES: Final = "SELECT first, last FROM seen WHERE stream = ? AND first BETWEEN ? AND ?"
_FORGET_RANGES: Final = "DELETE FROM seen WHERE stream = ? AND first BETWEEN ? AND ?"
_PAYLOAD: Final = (
    "SELECT payload, came FROM batch JOIN stream ON stream.id = batch.stream "
    "WHERE site = ? AND agent = ? AND stream.stream = ? AND seq = ?"
)
_PROOFS: Final = (
    "SELECT first, proofs FROM proof JOIN stream ON stream.id = proof.stream "
    "WHERE site = ? AND agent = ? AND stream.stream = ? AND first <= ? ORDER BY first DESC LIMIT 1"
)
#: The plus keeps SQLite from walking all rows by offset: few are old, and the index by age finds them.
_OLD: Final = (
    'SELECT "offset", accepted_at, stream, seq, payload, came FROM batch '
    'WHERE +"offset" <= ? AND accepted_at < ? ORDER BY accepted_at LIMIT ?'
)
_INSERT_PROOFS: Final = "INSERT OR IGNORE INTO proof (stream, first, accepted_at, proofs)"
_FORGET_PROOFS: Final = "DELETE FROM proof WHERE accepted_at < ?"
#: Some megabytes to read and to free.
_TRIM_STEP: Final = 1000
_LAST_OFFSET: Final = "SELECT seq FROM sqlite_sequence WHERE name = 'batch'"

_LISTENING: Final = (
    "SELECT max(last) FROM seen JOIN stream ON stream.id = seen.stream "
    "WHERE site = '' AND agent = '' AND stream.stream = ?"
)

_Stream = tuple[str, str, str]


class SqliteLog:
    """`store.log.contract.Log` on SQLite (WAL, synchronous=FULL): one append is one commit, on disk when it
    returns. Several processes may append to the same file. Raises StoreError where the disk will not."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA, "FULL")
        _widen(self._database)
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
                    cells += (offset, accepted_at, found[_identity(entry)], entry.seq)
                    cells += (entry.payload, entry.came)
            insert_rows(connection, _INSERT, 6, cells)
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

    def standing(self, identities: Sequence[Identity]) -> list[Standing]:
        """See the contract."""
        with self._database.read() as connection:
            return [_standing(connection, identity) for identity in identities]

    def last_offset(self) -> int:
        """See the contract."""
        with self._database.read() as connection:
            return _last_offset(connection)

    def streams(self, site: str) -> dict[tuple[str, str], list[tuple[int, int]]]:
        """See the contract."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT agent, stream.stream, first, last FROM stream JOIN seen ON seen.stream = stream.id "
                "WHERE site = ? AND stream.stream NOT LIKE '~%' ORDER BY agent, stream.stream, first",
                (site,),
            ).fetchall()
        ranges: defaultdict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for agent, stream, first, last in rows:
            ranges[agent, stream].append((first, last))
        return dict(ranges)

    def listening_since(self) -> int | None:
        """See the contract."""
        with self._database.read() as connection:
            row = connection.execute(_LISTENING, (LISTENING,)).fetchone()
        return None if row is None or row[0] is None else int(row[0])

    def probe(self) -> None:
        """See the contract: the number that SQLite keeps for its users in the first page is written again."""
        with self._database.write() as connection:
            number = int(connection.execute("PRAGMA user_version").fetchone()[0])
            connection.execute(f"PRAGMA user_version = {number}")

    def older(self, before_ms: int, up_to_offset: int) -> bool:
        """See the contract."""
        with self._database.read() as connection:
            return bool(connection.execute(_OLD, (up_to_offset, before_ms, 1)).fetchone())

    def trim(self, before_ms: int, up_to_offset: int, proofs_before_ms: int = 0) -> int:
        """See the contract."""
        trimmed = 0
        while count := self._trim_step(before_ms, up_to_offset):
            trimmed += count
        with self._database.write() as connection:
            connection.execute(_FORGET_PROOFS, (proofs_before_ms,))
        return trimmed

    def _trim_step(self, before_ms: int, up_to_offset: int) -> int:
        """Some of the oldest go. What is old does not change, so it is read without the lock."""
        with self._database.read() as connection:
            rows = connection.execute(_OLD, (up_to_offset, before_ms, _TRIM_STEP)).fetchall()
        if not rows:
            return 0
        marks = ",".join("?" * len(rows))
        with self._database.write() as connection:
            insert_rows(connection, _INSERT_PROOFS, 4, _proof_cells(rows))
            connection.execute(
                f'DELETE FROM batch WHERE "offset" IN ({marks})',  # noqa: S608 - marks alone
                [row[0] for row in rows],
            )
        return len(rows)

    def close(self) -> None:
        """See the contract."""
        self._database.close()


def _identity(entry: Entry) -> _Stream:
    return entry.site, entry.agent, entry.stream


def _standing(connection: sqlite3.Connection, identity: Identity) -> Standing:
    if row := connection.execute(_PAYLOAD, identity).fetchone():
        return Standing(*row)
    if row := connection.execute(_PROOFS, identity).fetchone():
        first, proofs = row
        at = (identity[3] - first) * PROOF_BYTES
        return Standing(proof=proofs[at : at + PROOF_BYTES] or None)
    return Standing()


def _widen(database: Database) -> None:
    """The table of an older version lacks a column."""
    with database.write() as connection:
        there = {row[0] for row in connection.execute("SELECT name FROM pragma_table_info('batch')")}
        if "came" not in there:
            connection.execute("ALTER TABLE batch ADD COLUMN came BLOB")


def _proof_cells(rows: Sequence[tuple[int, int, int, int, bytes, bytes | None]]) -> list[Cell]:
    """Stream, first, newest `accepted_at` and proofs of each run of consecutive numbers of a stream."""
    cells: list[Cell] = []
    run: list[tuple[int, bytes]] = []
    ordered = sorted((stream, seq, at, came or proof(payload)) for _, at, stream, seq, payload, came in rows)
    for number, (stream, seq, at, one) in enumerate(ordered):
        run.append((at, one))
        if number + 1 == len(ordered) or ordered[number + 1][:2] != (stream, seq + 1):
            newest = max(at for at, _ in run)
            cells += (stream, seq - len(run) + 1, newest, b"".join(one for _, one in run))
            run = []
    return cells


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
