"""Copies of databases, consistent while they are written."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg

from store.errors import StoreError

#: What a dump may take; a firm's records and a week of log are far from it.
_DUMP_WITHIN_S: Final = 6 * 3600


def copy_sqlite(source: Path, target: Path) -> None:
    """`source` as of one moment, into the new file `target`. Writers go on meanwhile.

    All pages in one step, so that the copy is one snapshot of the write-ahead log and never begins anew
    (sqlite.org/backup.html). Raises StoreError.
    """
    if not source.exists():
        raise StoreError(f"copy {source}: no such file")
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new, pages=-1)
            if (found := new.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                raise StoreError(f"copy of {source}: {found}")
            new.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise StoreError(f"copy {source}: {error}") from error


def dump_postgresql(dsn: str, target: Path) -> None:
    """The whole database as of one moment, by its own `pg_dump` (custom format). Raises StoreError."""
    _run("pg_dump", "--format=custom", "--no-owner", f"--file={target}", f"--dbname={dsn}")


def load_postgresql(dsn: str, source: Path) -> None:
    """Fill an empty database from a dump, all or nothing. Raises StoreError."""
    options = ("--single-transaction", "--exit-on-error", "--no-owner")
    _run("pg_restore", *options, f"--dbname={dsn}", str(source))


def is_empty_postgresql(dsn: str) -> bool:
    """Whether a database has no table yet. Raises StoreError where it cannot be asked."""
    query = (
        "SELECT count(*) FROM pg_catalog.pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    try:
        with psycopg.connect(dsn, connect_timeout=5) as connection:
            row = connection.execute(query).fetchone()
    except psycopg.Error as error:
        raise StoreError(f"PostgreSQL: {str(error).strip()}") from error
    return row is not None and row[0] == 0


def _run(program: str, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise StoreError(f"{program} is missing: install Debian's postgresql-client")
    done = subprocess.run([path, *arguments], capture_output=True, timeout=_DUMP_WITHIN_S, check=False)
    if done.returncode != 0:
        raise StoreError(f"{program}: {done.stderr.decode(errors='replace').strip()[-500:]}")
