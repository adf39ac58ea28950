"""The spool: what the agent has read and the cloud has not yet receipted, in one bounded SQLite file.

A row is one sealed batch, exactly the bytes that go on the wire, so a resend is the same message. Every
opening begins a stream (see `streams`), written with the first batch that gets it. `seq` numbers the rows
from 1 without holes and is never used twice: the highest number ever given is the larger of the highest row
and `state.last_seq`, and whoever deletes rows writes the latter in the same transaction. So an append touches
one leaf page and costs one fsync.

An SD card wears by the block written (benchmarks/sdcard.py). So pages are small, the write-ahead log is long,
what is deleted is not overwritten with zeros first, and what was receipted is deleted in groups: a batch that
a power cut brings back is sent again and known by its number.

Blocking; one thread at a time (see `spool_thread`).
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from edge_agent.spool import file as spool_file
from edge_agent.spool.streams import Streams
from wire.batch import Batch, Event, Frame, encode
from wire.identifiers import make_stream_id
from wire.ranges import Ranges

_log = logging.getLogger(__name__)

#: 2: a file has many streams, not one.
SCHEMA_VERSION: Final = 2
_SCHEMA: Final = """
CREATE TABLE batch (
    seq INTEGER PRIMARY KEY, created_ms INTEGER NOT NULL,
    readings INTEGER NOT NULL, events INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE TABLE dropped (first INTEGER PRIMARY KEY, last INTEGER NOT NULL);
CREATE TABLE stream (base INTEGER PRIMARY KEY, stream TEXT NOT NULL);
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1), last_seq INTEGER NOT NULL, newest_ms INTEGER NOT NULL,
    dropped_readings INTEGER NOT NULL, dropped_events INTEGER NOT NULL, unspooled_readings INTEGER NOT NULL,
    dropped_ms INTEGER);
"""
_FROM_VERSION_1: Final = (
    "CREATE TABLE stream (base INTEGER PRIMARY KEY, stream TEXT NOT NULL)",
    "INSERT INTO stream SELECT 0, stream FROM state",
    "ALTER TABLE state DROP COLUMN stream",
)
_NEWEST_MS: Final = """
SELECT ifnull((SELECT created_ms FROM batch WHERE seq > last_seq ORDER BY seq DESC LIMIT 1), newest_ms)
FROM state
"""
_TABLES: Final = {"batch", "dropped", "state"}
#: Streams kept for the numbers they dropped, long after their last batch is gone.
MOST_STREAMS: Final = 16
#: SQLite's primary result codes (sqlite.org/rescode.html).
_BROKEN: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY_MASK: Final = 0xFF
_LOCK_WAIT_S: Final = 1.0
#: Receipted batches are deleted so many at a time.
FORGET_AT: Final = 16
#: The smallest there is: a second's batch takes two or three.
_PAGE_BYTES: Final = 512
#: What is rewritten or freed before so much has been written never leaves the log for the file.
_CHECKPOINT_BYTES: Final = 2 << 20


#: What goes into one batch.
Parcel = tuple[Sequence[Frame], Sequence[Event]]


class SpoolError(Exception):
    """The disk did not take or give what was asked. Nothing of the call has happened; it may be repeated."""


class SpoolFull(SpoolError):  # noqa: N818  # the words of the field: a disk is full
    """No space left on the disk."""


class SpoolBroken(SpoolError):  # noqa: N818
    """The file is damaged. Opening it again sets it aside and starts a new stream."""


class SpoolInUse(SpoolError):  # noqa: N818
    """Another process has the file open."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One batch as it goes on the wire. `seq` is its number in the spool; `readings` and `events` count what
    is in it."""

    seq: int
    payload: bytes
    readings: int
    events: int


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits for a receipt. `bytes` is what the file holds (free pages not counted). `last_seq` is of
    the current stream, `older_batches` are of others."""

    batches: int
    bytes: int
    bound_bytes: int
    oldest_ms: int | None
    last_seq: int
    older_batches: int = 0


@dataclass(frozen=True, slots=True)
class Losses:
    """What had to be given up, since the file was made."""

    readings: int = 0
    events: int = 0
    unspooled_readings: int = 0
    last_ms: int | None = None
    #: By stream and seq, the oldest first.
    batches: list[tuple[str, list[tuple[int, int]]]] = field(default_factory=list)


class Spool:
    """An open spool file. Every method raises SpoolError (or a kind of it) when the disk fails."""

    def __init__(self, db: sqlite3.Connection, path: Path, bound_bytes: int, now_ms: int) -> None:
        self._db = db
        self.path = path
        self.bound_bytes = bound_bytes
        self._page_bytes = int(_one(db, "PRAGMA page_size"))
        #: Receipted and still in the file; few, see FORGET_AT.
        self._receipted: set[int] = set()
        #: Batches that wait for a receipt.
        self.batches = int(_one(db, "SELECT count(*) FROM batch"))
        #: Batches dropped at the bound since the file was opened.
        self.dropped_batches = 0
        self.last_seq = int(
            _one(db, "SELECT max(last_seq, (SELECT ifnull(max(seq), 0) FROM batch)) FROM state")
        )
        #: When the last batch was sealed, also where it is receipted since; 0 before the first.
        self.newest_ms = int(_one(db, _NEWEST_MS))
        self.streams = Streams(tuple(db.execute("SELECT base, stream FROM stream ORDER BY base")))
        self.begin_stream(now_ms)

    def begin_stream(self, now_ms: int) -> None:
        """From now on batches get another stream. Nothing is written before there is one."""
        self.streams = self.streams.begin(self.last_seq, make_stream_id(now_ms, os.urandom(10)))
        #: Of those that wait for a receipt, how many are of earlier streams.
        self.older_batches = self.batches
        self._written = False

    @property
    def stream(self) -> str:
        """The current one."""
        return self.streams.current

    @classmethod
    def open(cls, path: Path, bound_bytes: int, now_ms: int) -> Self:
        """Open or make the file. A damaged one is set aside as `<name>.broken-<now_ms>`, never deleted."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            spool_file.close_to_others(path)
        except OSError as error:
            raise SpoolError(f"{path.parent}: {error.strerror}") from error
        try:
            return cls._open_once(path, bound_bytes, now_ms)
        except SpoolBroken as error:
            kept = spool_file.set_aside(path, now_ms)
            _log.error("spool is damaged (%s); it is kept as %s and a new stream starts", error, kept)
        return cls._open_once(path, bound_bytes, now_ms)

    @classmethod
    def _open_once(cls, path: Path, bound_bytes: int, now_ms: int) -> Self:
        with _translated(path):
            db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_LOCK_WAIT_S)
            try:
                _prepare(db, path)
                return cls(db, path, bound_bytes, now_ms)
            except (sqlite3.Error, SpoolError):
                with suppress(sqlite3.Error):
                    db.close()
                raise

    def close(self) -> None:
        """Close the file; what has no receipt stays in it."""
        with suppress(SpoolError):
            self._forget()
        with suppress(sqlite3.Error):
            self._db.close()

    def append(self, frames: Sequence[Frame], events: Sequence[Event], now_ms: int) -> int:
        """Seal one batch. On disk when this returns its seq."""
        return self.seal(frames, events, now_ms).seq

    def seal(self, frames: Sequence[Frame], events: Sequence[Event], now_ms: int) -> Sealed:
        """As `append`, giving back the sealed batch."""
        return self.seal_all([(frames, events)], now_ms)[0]

    def seal_all(self, parcels: Sequence[Parcel], now_ms: int) -> list[Sealed]:
        """Seal several batches in one transaction, one batch a parcel. All of them or none are on disk."""
        sealed = [
            self._encode(number, frames, events, now_ms)
            for number, (frames, events) in enumerate(parcels, self.last_seq + 1)
        ]
        with self._transaction():
            if not self._written:
                self._write_streams()
            self._db.executemany(
                "INSERT INTO batch VALUES (?, ?, ?, ?, ?)",
                [(one.seq, now_ms, one.readings, one.events, one.payload) for one in sealed],
            )
            full = self._used_bytes() > self.bound_bytes
            gone = self._drop_to_bound(self.last_seq + len(sealed), now_ms) if full else []
        if full:
            self._receipted.clear()
        self._written = True
        self.last_seq += len(sealed)
        self.newest_ms = now_ms
        self.batches += len(sealed) - len(gone)
        self.older_batches -= sum(seq <= self.streams.base for seq in gone)
        self.dropped_batches += len(gone)
        return sealed

    def _write_streams(self) -> None:
        """Those that somebody may still ask for, the current one among them."""
        span = self._db.execute("SELECT min(seq), max(seq) FROM batch").fetchone()
        waiting = Ranges([] if span == (None, None) else [span])
        named = Ranges([*waiting, *self._db.execute("SELECT first, last FROM dropped")])
        begun = self.streams.needed(waiting).begun
        begun = tuple(sorted({*begun, *self.streams.needed(named).begun[-MOST_STREAMS:]}))
        self._db.execute("DELETE FROM stream")
        self._db.executemany("INSERT INTO stream VALUES (?, ?)", begun)
        self.streams = Streams(begun)

    def unsent(self, after_seq: int, limit: int) -> list[Sealed]:
        """Up to `limit` batches above `after_seq`, ascending."""
        most = limit + len(self._receipted)
        return self._select("WHERE seq > ? ORDER BY seq LIMIT ?", (after_seq, most))[:limit]

    def newest(self, limit: int) -> list[Sealed]:
        """The last `limit` batches, ascending."""
        return self._select("ORDER BY seq DESC LIMIT ?", (limit + len(self._receipted),))[:limit][::-1]

    def acknowledge(self, ranges: Sequence[tuple[int, int]]) -> int:
        """What a receipt names, accepted or refused, waits no longer. Unknown numbers do nothing.

        Returns how many batches that were. Many are deleted at once, a few with those that follow.
        """
        before = len(self._receipted)
        with _translated(self.path):
            for first, last in ranges:
                rows = self._db.execute("SELECT seq FROM batch WHERE seq BETWEEN ? AND ?", (first, last))
                new = {seq for (seq,) in rows} - self._receipted
                self._receipted |= new
                self.older_batches -= sum(seq <= self.streams.base for seq in new)
        settled = len(self._receipted) - before
        self.batches -= settled
        if len(self._receipted) >= FORGET_AT:
            self._forget()
        return settled

    def _forget(self) -> None:
        """Delete what was receipted, in one transaction."""
        if self._receipted:
            with self._transaction():
                self._delete_receipted(self.last_seq, self.newest_ms)
            self._receipted.clear()

    def _delete_receipted(self, last_seq: int, newest_ms: int) -> None:
        for first, last in Ranges((seq, seq) for seq in sorted(self._receipted)):
            self._db.execute("DELETE FROM batch WHERE seq BETWEEN ? AND ?", (first, last))
        self._db.execute("UPDATE state SET last_seq = ?, newest_ms = ?", (last_seq, newest_ms))

    def note_unspooled(self, readings: int, events: int, now_ms: int) -> None:
        """Count for good what was lost while the disk took nothing."""
        with self._transaction():
            self._db.execute(
                "UPDATE state SET unspooled_readings = unspooled_readings + ?,"
                " dropped_events = dropped_events + ?, dropped_ms = ?",
                (readings, events, now_ms),
            )

    def depth(self) -> Depth:
        """How much waits."""
        with _translated(self.path):
            statement = "SELECT seq, created_ms FROM batch ORDER BY seq LIMIT ?"
            rows = self._db.execute(statement, (len(self._receipted) + 1,)).fetchall()
            used = self._used_bytes()
        oldest_ms = next((created_ms for seq, created_ms in rows if seq not in self._receipted), None)
        last_seq = self.last_seq - self.streams.base
        return Depth(self.batches, used, self.bound_bytes, oldest_ms, last_seq, self.older_batches)

    def losses(self) -> Losses:
        """What had to be given up."""
        columns = "dropped_readings, dropped_events, unspooled_readings, dropped_ms"
        with _translated(self.path):
            row = self._db.execute(f"SELECT {columns} FROM state").fetchone()  # noqa: S608  # a constant
            ranges = self._db.execute("SELECT first, last FROM dropped ORDER BY first").fetchall()
        readings, events, unspooled, last_ms = row
        return Losses(readings, events, unspooled, last_ms, self.streams.named(Ranges(ranges)))

    def _encode(self, seq: int, frames: Sequence[Frame], events: Sequence[Event], now_ms: int) -> Sealed:
        name, own = self.streams.current, seq - self.streams.base
        batch = Batch(stream=name, seq=own, sent=now_ms, frames=list(frames), events=list(events))
        return Sealed(seq, encode(batch), batch.readings(), len(batch.events))

    def _select(self, clause: str, arguments: tuple[int, ...]) -> list[Sealed]:
        statement = f"SELECT seq, payload, readings, events FROM batch {clause}"  # noqa: S608  # ours
        with _translated(self.path):
            rows = self._db.execute(statement, arguments)
            return [Sealed(*row) for row in rows if row[0] not in self._receipted]

    def _used_bytes(self) -> int:
        pages = int(_one(self._db, "PRAGMA page_count")) - int(_one(self._db, "PRAGMA freelist_count"))
        return pages * self._page_bytes

    def _drop_to_bound(self, newest_seq: int, now_ms: int) -> list[int]:
        """Delete what was receipted, then the oldest rows (never `newest_seq`) until the bound holds.

        Returns the latter.
        """
        dropped: list[tuple[int, int, int]] = []
        self._delete_receipted(newest_seq, now_ms)
        while self._used_bytes() > self.bound_bytes:
            row = self._db.execute(
                "DELETE FROM batch WHERE seq = (SELECT min(seq) FROM batch) AND seq < ?"
                " RETURNING seq, readings, events",
                (newest_seq,),
            ).fetchone()
            if row is None:
                break
            dropped.append(row)
        if dropped:
            self._record_drop(dropped, newest_seq, now_ms)
        return [seq for seq, _, _ in dropped]

    def _record_drop(self, dropped: list[tuple[int, int, int]], last_seq: int, now_ms: int) -> None:
        named = Ranges(self._db.execute("SELECT first, last FROM dropped"))
        for seq, _, _ in dropped:
            named.add(seq)
        self._db.execute("DELETE FROM dropped")
        self._db.executemany("INSERT INTO dropped VALUES (?, ?)", named.pairs())
        self._db.execute(
            "UPDATE state SET last_seq = ?, newest_ms = ?, dropped_readings = dropped_readings + ?,"
            " dropped_events = dropped_events + ?, dropped_ms = ?",
            (
                last_seq,
                now_ms,
                sum(row[1] for row in dropped),
                sum(row[2] for row in dropped),
                now_ms,
            ),
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _translated(self.path):
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    with suppress(sqlite3.Error):
                        self._db.execute("ROLLBACK")
                raise


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """SQLite's errors as ours, each naming the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise _kind_of(error)(f"{path}: {error}") from error


def _kind_of(error: sqlite3.Error) -> type[SpoolError]:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_MASK
    if code in _BROKEN:
        return SpoolBroken
    if code == sqlite3.SQLITE_BUSY:
        return SpoolInUse
    return SpoolFull if code == sqlite3.SQLITE_FULL else SpoolError


def _one(db: sqlite3.Connection, statement: str) -> str:
    row: tuple[str] = db.execute(statement).fetchone()
    return row[0]


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    """Set up and check a connection. The lock is exclusive: two agents on one spool would share numbers."""
    db.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_BYTES // _PAGE_BYTES}")
    # Debian's SQLite overwrites what is deleted; here that is no secret, and costs a third of all blocks.
    db.execute("PRAGMA secure_delete = OFF")
    _check_or_make(db, path)


def _check_or_make(db: sqlite3.Connection, path: Path) -> None:
    verdict = _one(db, "PRAGMA quick_check(1)")
    if verdict != "ok":
        raise SpoolBroken(f"{path}: {verdict}")
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if not tables:
        _make(db)
        return
    version = int(_one(db, "PRAGMA user_version"))
    if version > SCHEMA_VERSION:
        raise SpoolError(f"{path}: made by a newer agent (format {version}, this one knows {SCHEMA_VERSION})")
    if version == 1 and tables >= _TABLES:
        _upgrade(db)
    if not tables >= _TABLES or db.execute("SELECT count(*) FROM state").fetchone() != (1,):
        raise SpoolBroken(f"{path}: not a spool file")


def _upgrade(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    for statement in _FROM_VERSION_1:
        db.execute(statement)
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("COMMIT")


def _make(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    for statement in _SCHEMA.split(";"):
        db.execute(statement)
    db.execute("INSERT INTO state VALUES (1, 0, 0, 0, 0, 0, NULL)")
    db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("COMMIT")
