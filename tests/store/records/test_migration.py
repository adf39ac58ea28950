"""The tables in a database are those the code means, however it came to them."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Final

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, text

from store.engine import SqlDatabase, sqlite_url
from store.errors import StoreError
from store.records import migration
from store.records.migration import migrate, missing_migrations
from store.records.records import Records
from store.records.schema import DEVICE, FIRM, SITE
from store.records.schema_access import METADATA

NEWEST: Final = ["0001", "0002", "0003", "0004", "0005", "0020", "0040", "0010", "0060", "0070", "0050"]


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
        Records(database.engine.url.render_as_string(hide_password=False))
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


def migrate_to(database: SqlDatabase, revision: str) -> None:
    """As an older version of the product left the database."""
    config = Config()
    config.set_main_option("script_location", str(Path(migration.__file__).parent / "migrations"))
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_of_one_passage_told_by_two_agents_one_row_stays(database: SqlDatabase) -> None:
    """Up to revision 0002 the agent and the mark were part of an event's key."""
    migrate_to(database, "0002")
    statement = text(
        "INSERT INTO event (site, time, kind, agent, digest, body) "
        "VALUES (:site, :time, :kind, :agent, :digest, :body)"
    )

    def row(number: int, agent: str, **more: str) -> dict[str, object]:
        body = {
            "device": "gate",
            "time": number // 2,
            "kind": "badge",
            "badge": f"b:{number % 2:032x}",
        } | more
        digest = hashlib.blake2b(f"{number} {more}".encode(), digest_size=16).digest()
        place = {"site": "place", "time": number // 2, "kind": "badge", "agent": agent, "digest": digest}
        return place | {"body": json.dumps(body)}

    count = 12_000
    with database.write() as connection:
        connection.execute(statement, [row(number, "pi-1", mark="in_without_out") for number in range(count)])
        connection.execute(statement, [row(number, "replay") for number in range(0, count, 3)])
        connection.execute(statement, [row(7, "pi-1", direction="in") | {"digest": b"0" * 16}])
    assert migrate(database)[0] == "0003"
    url = database.engine.url.render_as_string(hide_password=False)
    database.close()
    records = Records(url)
    kept = records.events.between("place", 0, count)
    assert len(kept) == count + 1
    assert {one.agent for one in kept} == {"pi-1"}
    assert sum(one.event.mark is not None for one in kept) == count
    records.events.add(kept)
    assert len(records.events.between("place", 0, count)) == count + 1
    records.close()
