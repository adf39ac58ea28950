"""The tables in a database are those the code means, however it came to them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, text

from store.engine import SqlDatabase, sqlite_url
from store.errors import StoreError
from store.records.migration import migrate, missing_migrations
from store.records.schema import DEVICE, FIRM, METADATA, SITE
from store.records.sql_records import SqlRecords

NEWEST: Final = ["0001", "0002"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> SqlDatabase:
    """Without tables."""
    sqlite = request.param == "sqlite"
    return SqlDatabase(
        sqlite_url(tmp_path / "new" / "records.db")
        if sqlite
        else request.getfixturevalue("bare_postgres_dsn")
    )


def test_the_migrations_make_the_tables_of_the_schema(database: SqlDatabase) -> None:
    migrate(database)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    database.close()


def test_what_is_missing_is_told_before_and_done_once(database: SqlDatabase) -> None:
    assert missing_migrations(database) == NEWEST
    assert migrate(database) == NEWEST
    assert missing_migrations(database) == []
    assert migrate(database) == []
    database.close()


def test_several_processes_may_start_on_an_empty_database_at_once(database: SqlDatabase) -> None:
    done: list[list[str]] = []
    url = database.engine.url.render_as_string(hide_password=False)

    def start() -> None:
        one = SqlDatabase(url)
        done.append(migrate(one))
        one.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [[], [], [], NEWEST]
    database.close()


def test_a_database_of_a_newer_version_is_left_alone(database: SqlDatabase) -> None:
    migrate(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"newer version.*9999"):
        SqlRecords(database.engine.url.render_as_string(hide_password=False))
    database.close()


def test_no_row_points_into_another_firms_site(database: SqlDatabase) -> None:
    """Foreign keys are on, on every connection, and hold the firm together with the site."""
    migrate(database)
    with database.write() as connection:
        connection.execute(insert(FIRM), [{"id": "one", "name": ""}, {"id": "two", "name": ""}])
        connection.execute(insert(SITE), [{"id": "place", "firm": "one", "timezone": "UTC"}])
    stranger = {"firm": "two", "site": "place", "id": "meter", "kind": "electricity_meter"}
    with pytest.raises(StoreError, match=r"(?i)foreign key"), database.write() as connection:
        connection.execute(insert(DEVICE), [stranger])
    database.close()
