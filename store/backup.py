"""Copies of databases, consistent while they are written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg
from psycopg.pq import Conninfo

from store import private
from store.engine import POSTGRESQL_OPTIONS
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
        private.database(target)
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new, pages=-1)
            if (found := new.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                raise StoreError(f"copy of {source}: {found}")
            new.execute("PRAGMA journal_mode = DELETE")
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"copy {source}: {error}") from error


def dump_postgresql(dsn: str, target: Path) -> None:
    """The whole database as of one moment, by its own `pg_dump` (custom format). Raises StoreError."""
    _run(dsn, "pg_dump", "--format=custom", "--no-owner", f"--file={target}")


def load_postgresql(dsn: str, source: Path) -> None:
    """Fill an empty database from a dump, all or nothing. Raises StoreError."""
    options = ("--single-transaction", "--exit-on-error", "--no-owner")
    _run(dsn, "pg_restore", *options, f"--dbname={_environment(dsn)['PGDATABASE']}", str(source))


def is_empty_postgresql(dsn: str) -> bool:
    """Whether a database has no table yet. Raises StoreError where it cannot be asked."""
    query = (
        "SELECT count(*) FROM pg_catalog.pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    try:
        _environment(dsn)
        with psycopg.connect(dsn, **POSTGRESQL_OPTIONS) as connection:
            row = connection.execute(query).fetchone()
    except psycopg.Error as error:
        raise StoreError(f"PostgreSQL: {str(error).strip()}") from error
    return row is not None and row[0] == 0


def _run(dsn: str, program: str, *arguments: str) -> None:
    """The address goes by the environment: every user of the machine sees a process's arguments."""
    path = shutil.which(program)
    if path is None:
        raise StoreError(f"{program} is missing: install Debian's postgresql-client")
    others = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(
        [path, *arguments],
        env=others | _environment(dsn), capture_output=True, timeout=_DUMP_WITHIN_S, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise StoreError(f"{program}: {done.stderr.decode(errors='replace').strip()[-500:]}")


def _environment(dsn: str) -> dict[str, str]:
    """An address as libpq's variables (postgresql.org/docs/current/libpq-envars.html); without what has none,
    which only says how to keep the connection. Raises StoreError, without the address in it."""
    try:
        options = Conninfo.parse(dsn.encode())
    except psycopg.Error:
        raise StoreError(
            "PostgreSQL: the address is none: postgresql://user:password@host:port/database"
        ) from None
    found = {
        one.envvar.decode(): one.val.decode()
        for one in options
        if one.envvar is not None and one.val is not None
    }
    return {"PGDATABASE": found.get("PGUSER", "postgres")} | found
