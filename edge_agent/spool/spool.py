"""The spool: what the agent has read and the cloud has not yet receipted, in one bounded SQLite file.

A row is one sealed batch, exactly the bytes that go on the wire, so a resend is the same message. Every
opening begins a stream (see `streams`), written with the first batch that gets it. `seq` numbers the rows
from 1 without holes and is never used twice: the highest number ever given is the larger of the highest row
and `state.last_seq`, and whoever deletes rows writes the latter in the same transaction. So an append touches
one leaf page and costs one fsync.

An SD card wears by the block written (see `database`). So what was receipted is deleted in groups: a batch
that a power cut brings back is sent again and known by its number.

Blocking; one thread at a time (see `thread`).
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from edge_agent.spool import file as spool_file
from edge_agent.spool.contents import Depth, Losses, Parcel, Sealed
from edge_agent.spool.database import connect, one
from edge_agent.spool.errors import SpoolBroken, SpoolError, translated
from edge_agent.spool.streams import Streams
from wire.batch import Batch, Event, Frame, encode
from wire.identifiers import make_stream_id
from wire.ranges import Ranges

_log = logging.getLogger(__name__)

_NEWEST_MS: Final = """
SELECT ifnull((SELECT created_ms FROM batch WHERE seq > last_seq ORDER BY seq DESC LIMIT 1), newest_ms)
FROM state
"""
#: Streams kept for the numbers they dropped, long after their last batch is gone.
MOST_STREAMS: Final = 16
#: Receipted batches are deleted so many at a time.
FORGET_AT: Final = 16


class Spool:
    """An open spool file. Every method raises SpoolError (or a kind of it) when the disk fails."""

    def __init__(self, db: sqlite3.Connection, path: Path, bound_bytes: int, now_ms: int) -> None:
        self._db = db
        self.path = path
        self.bound_bytes = bound_bytes
        self._page_bytes = int(one(db, "PRAGMA page_size"))
        #: Receipted and still in the file; few, see FORGET_AT.
        self._receipted: set[int] = set()
        #: Batches that wait for a receipt.
        self.batches = int(one(db, "SELECT count(*) FROM batch"))
        #: Batches dropped at the bound since the file was opened.
        self.dropped_batches = 0
        self.last_seq = int(
            one(db, "SELECT max(last_seq, (SELECT ifnull(max(seq), 0) FROM batch)) FROM state")
        )
        #: When the last batch was sealed, also where it is receipted since; 0 before the first.
        self.newest_ms = int(one(db, _NEWEST_MS))
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
        db = connect(path)
        try:
            with translated(path):
                return cls(db, path, bound_bytes, now_ms)
        except SpoolError:
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
        with translated(self.path):
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
        with translated(self.path):
            statement = "SELECT seq, created_ms FROM batch ORDER BY seq LIMIT ?"
            rows = self._db.execute(statement, (len(self._receipted) + 1,)).fetchall()
            used = self._used_bytes()
        oldest_ms = next((created_ms for seq, created_ms in rows if seq not in self._receipted), None)
        last_seq = self.last_seq - self.streams.base
        return Depth(self.batches, used, self.bound_bytes, oldest_ms, last_seq, self.older_batches)

    def losses(self) -> Losses:
        """What had to be given up."""
        columns = "dropped_readings, dropped_events, unspooled_readings, dropped_ms"
        with translated(self.path):
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
        with translated(self.path):
            rows = self._db.execute(statement, arguments)
            return [Sealed(*row) for row in rows if row[0] not in self._receipted]

    def _used_bytes(self) -> int:
        pages = int(one(self._db, "PRAGMA page_count")) - int(one(self._db, "PRAGMA freelist_count"))
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
        with translated(self.path):
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    with suppress(sqlite3.Error):
                        self._db.execute("ROLLBACK")
                raise
