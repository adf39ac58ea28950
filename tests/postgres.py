"""One PostgreSQL cluster a test process, and a fresh database with the product's tables a test."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from typing import Final

import psycopg
import pytest

from benchmarks.servers import Postgres
from store.log.postgresql import PostgresqlLog
from store.records.sql_records import SqlRecords

_NUMBERS: Final = itertools.count(1)
_TEMPLATE: Final = "with_tables"


@pytest.fixture(scope="session")
def postgres_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """It may be restarted and killed, and must answer again when the test ends. What a SIGKILL leaves the kernel
    still writes, so nothing here needs the disk to be waited for."""
    folder = tmp_path_factory.mktemp("postgres")
    with Postgres(folder, settings=["fsync=off"]) as cluster:
        dsn = cluster.create_database(_TEMPLATE)
        PostgresqlLog(dsn).close()
        SqlRecords(dsn).close()
        yield cluster
    shutil.rmtree(folder)


@pytest.fixture
def postgres_dsn(postgres_cluster: Postgres) -> Iterator[str]:
    """The address of a database with empty tables."""
    yield from _database(postgres_cluster, _TEMPLATE)


@pytest.fixture
def bare_postgres_dsn(postgres_cluster: Postgres) -> Iterator[str]:
    """The address of a database without tables."""
    yield from _database(postgres_cluster, "template0")


def _database(cluster: Postgres, template: str) -> Iterator[str]:
    name = f"test_{next(_NUMBERS)}"
    _run(cluster, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    yield cluster.dsn(name)
    _run(cluster, f'DROP DATABASE "{name}" WITH (FORCE)')


def _run(cluster: Postgres, statement: str) -> None:
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        connection.execute(statement.encode())
