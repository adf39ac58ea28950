"""One PostgreSQL cluster a test process, and a fresh database with the product's tables a test."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest

from benchmarks.servers import Postgres
from store.log.postgresql import PostgresqlLog
from store.records.records import Records

_NUMBERS: Final = itertools.count(1)
_NAME: Final = "with_tables"
#: Emptying is ten times as quick as making a database anew.
_EMPTY: Final = """
DO $$ BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('%I.%I', schemaname, tablename), ', ')
             || ' RESTART IDENTITY' FROM pg_tables
             WHERE schemaname IN ('public', 'plumbline_log')
             AND tablename NOT IN ('alembic_version', 'trimmed'));
    UPDATE plumbline_log.trimmed SET up_to = 0;
    ALTER SEQUENCE plumbline_log.offsets RESTART;
END $$
"""


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Postgres]:
    """It may be restarted and killed, and must answer again when the test ends. What a SIGKILL leaves the
    kernel still writes, so nothing here needs the disk to be waited for.

    Not below pytest's own folder: every pytest that starts closes that to other users, and the server is one.
    """
    folder = Path(tempfile.mkdtemp(prefix="plumbline-postgres-"))
    try:
        with Postgres(folder, settings=["fsync=off", "autovacuum=off"]) as cluster:
            dsn = cluster.create_database(_NAME)
            PostgresqlLog(dsn).close()
            Records(dsn).close()
            yield cluster
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def postgres_dsn(postgres_cluster: Postgres) -> Iterator[str]:
    """The address of a database with empty tables."""
    yield postgres_cluster.dsn(_NAME)
    _run(postgres_cluster.dsn(_NAME), _EMPTY)


@pytest.fixture
def bare_postgres_dsn(postgres_cluster: Postgres) -> Iterator[str]:
    """The address of a database without tables."""
    name = f"bare_{next(_NUMBERS)}"
    yield postgres_cluster.create_database(name)
    _run(postgres_cluster.dsn(), f"DROP DATABASE {name} WITH (FORCE)")


def _run(dsn: str, statement: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement.encode())
