"""The spool's database: how it is opened, what its tables are, and what an older format becomes.

An SD card wears by the block written (benchmarks/sdcard.py). So pages are small, the write-ahead log is long,
and what is deleted is not overwritten with zeros first.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge_agent.spool.errors import SpoolBroken, SpoolError, translated

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
_TABLES: Final = {"batch", "dropped", "state"}
_LOCK_WAIT_S: Final = 1.0
#: The smallest there is: a second's batch takes two or three.
_PAGE_BYTES: Final = 512
#: What is rewritten or freed before so much has been written never leaves the log for the file.
_CHECKPOINT_BYTES: Final = 2 << 20


def connect(path: Path) -> sqlite3.Connection:
    """Open or make the file; an older format is brought up to date. Raises SpoolError or a kind of it."""
    with translated(path):
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_LOCK_WAIT_S)
        try:
            _prepare(db, path)
        except (sqlite3.Error, SpoolError):
            with suppress(sqlite3.Error):
                db.close()
            raise
        return db


def one(db: sqlite3.Connection, statement: str) -> str:
    """The one value a statement gives."""
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
    verdict = one(db, "PRAGMA quick_check(1)")
    if verdict != "ok":
        raise SpoolBroken(f"{path}: {verdict}")
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if not tables:
        _make(db)
        return
    version = int(one(db, "PRAGMA user_version"))
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
