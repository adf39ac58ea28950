"""What the SQLite stores share: one writing connection, reading ones on loan, one transaction a call.

`sqlite3` gives the interpreter lock away at every step of a statement and must win it back for the next row;
beside a busy event loop that may take 5 ms each time. So rows are written many to a statement.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Final, Literal

from store import private
from store.errors import StoreError

#: FULL: on disk when a commit returns. NORMAL: survives the death of a process, but a power cut may take back
#: the last commits, whole and in order: enough for a projection that keeps its log position with its rows.
Synchronous = Literal["FULL", "NORMAL"]

#: How long a statement waits for another process' transaction, e.g. a backup.
_BUSY_S: Final = 10.0
#: Every 32 MB. Measured: writing points is a fifth faster than with SQLite's 4 MB; larger pages gain nothing
#: more and cost where many series get a few points each.
_CHECKPOINT_PAGES: Final = 8192
_CACHE_KIB: Final = 32 * 1024
#: SQLite's default limit of variables is 32,766 since 3.32 (sqlite.org/limits.html).
_MOST_VARIABLES: Final = 32_766

Cell = int | float | str | bytes | None


class Database:
    """A SQLite file. Thread-safe; every `write` is one transaction, every `read` one snapshot."""

    def __init__(self, path: Path, schema: Sequence[str], synchronous: Synchronous) -> None:
        """Open `path`, making it and what `schema` names where missing. Raises StoreError where it cannot."""
        self.path = path
        self._synchronous = synchronous
        self._lock = threading.Lock()
        self._idle: deque[sqlite3.Connection] = deque()
        self._closed = False
        with self._translated("open"):
            private.folder_of(path)
            private.database(path)
            self._writer = self._connect()
            self._create(schema)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    def _create(self, schema: Sequence[str]) -> None:
        with _transaction(self._writer, "BEGIN IMMEDIATE"):
            for statement in schema:
                self._writer.execute(statement)

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{doing} {self.path}: {error}") from error

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The writing connection inside a transaction, committed at the end and rolled back on any error."""
        with self._lock, self._translated("write"), _transaction(self._writer, "BEGIN IMMEDIATE"):
            yield self._writer

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a read transaction: all its queries see the same moment."""
        with self._translated("read"):
            connection = self._borrow()
            try:
                with _transaction(connection, "BEGIN"):
                    yield connection
            finally:
                self._give_back(connection)

    def compact(self) -> None:
        """Write the file anew without its empty pages. Writers wait, readers do not; the disk must have room
        for it once more (sqlite.org/lang_vacuum.html)."""
        with self._lock, self._translated("compact"):
            self._writer.execute("VACUUM")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _borrow(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreError(f"read {self.path}: closed")
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _give_back(self, connection: sqlite3.Connection) -> None:
        if self._closed:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Close every connection that is not on loan (those close when they come back)."""
        with self._lock, self._translated("close"):
            self._closed = True
            self._writer.close()
            while self._idle:
                self._idle.pop().close()


@contextmanager
def _transaction(connection: sqlite3.Connection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@cache
def _many(statement: str, width: int, rows: int) -> str:
    row = f"({','.join('?' * width)})"
    return f"{statement} VALUES {','.join([row] * rows)}"


def insert_rows(connection: sqlite3.Connection, statement: str, width: int, cells: list[Cell]) -> None:
    """Run an `INSERT … INTO table(…)` for rows of `width`, end to end in `cells`, thousands to a statement.

    Statements come in powers of two, so that a few prepared ones serve every number of rows.
    """
    at, left = 0, len(cells) // width
    rows = 1 << ((_MOST_VARIABLES // width).bit_length() - 1)
    while left:
        while rows > left:
            rows >>= 1
        connection.execute(_many(statement, width, rows), cells[at : at + rows * width])
        at += rows * width
        left -= rows
