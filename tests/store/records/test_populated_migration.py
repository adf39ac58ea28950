"""Migrations lose nothing of what is in the tables, on both kinds of database (findings R7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations

from store.engine import SqlDatabase, sqlite_url
from store.errors import StoreError
from store.records import migration
from store.records.migration import migrate

#: Rows of every table of the first revision, in the order of their foreign keys.
ROWS: Final[dict[str, list[dict[str, Any]]]] = {
    "firm": [{"id": "hengtong", "name": "恒通装饰"}],
    "member": [{"firm": "hengtong", "id": "li", "name": "李"}],
    "member_role": [{"firm": "hengtong", "member": "li", "role": "owner"}],
    "site": [{"id": "fenglin-18", "firm": "hengtong", "timezone": "Asia/Shanghai"}],
    "project": [
        {"firm": "hengtong", "id": "p1", "site": "fenglin-18", "name_zh": "枫林路", "name_en": "Fenglin",
         "started": "2026-01-01"}
    ],
    "room": [{"firm": "hengtong", "site": "fenglin-18", "id": "bath", "name_zh": "主卫", "name_en": "Bath"}],
    "agent": [{"firm": "hengtong", "site": "fenglin-18", "id": "pi-1"}],
    "device": [
        {"firm": "hengtong", "site": "fenglin-18", "id": "th", "kind": "climate", "room": "bath",
         "interval_s": 10.0},
        {"firm": "hengtong", "site": "fenglin-18", "id": "gate", "kind": "gate", "room": None,
         "interval_s": None},
    ],
    "token": [
        {"id": 7, "firm": "hengtong", "name": "t", "scopes": "telemetry:read", "digest": b"\x01" * 32,
         "created": 1, "expires": None, "revoked": 2}
    ],
    "event": [
        {"site": "fenglin-18", "time": 5, "kind": "badge", "agent": "pi-1", "digest": b"\x02" * 16,
         "body": '{"device":"gate","time":5,"kind":"badge","badge":"b:9f"}'}
    ],
    "agent_state": [
        {"site": "fenglin-18", "agent": "pi-1", "received": 6, "status": '{"v":1,"from_later":true}'}
    ],
    "reader": [{"name": "events", "position": 17}, {"name": "analytics", "position": 12}],
    "quarantine": [
        {"id": 3, "received": 8, "topic": "plumbline/v1/x", "payload": b"\x00\xff", "digest": b"\x03" * 16,
         "reason": "schema", "detail": "…", "site": None, "agent": None, "stream": None, "seq": None,
         "replayed": None}
    ],
}  # fmt: skip
#: What a later revision makes anew of what a row says.
_DERIVED: Final = {"event": {"digest"}}
_CALLED_NOW: Final = {"climate": "climate_sensor", "gate": "badge_reader"}
#: Readers that begin anew, as what they keep is kept in another shape now.
_BEGIN_ANEW: Final = {"analytics"}


@pytest.fixture(params=["sqlite", "postgresql"])
def populated(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlDatabase]:
    """At the first revision, with rows in every table."""
    sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path / "records.db") if sqlite else request.getfixturevalue("bare_postgres_dsn")
    database = SqlDatabase(url)
    with database.write() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migration.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    tables = tables_of(database)
    assert tables.keys() - {"alembic_version"} == ROWS.keys(), "a row of every table"
    with database.write() as connection:
        for name, rows in ROWS.items():
            connection.execute(tables[name].insert(), rows)
    yield database
    database.close()


def tables_of(database: SqlDatabase) -> dict[str, sa.Table]:
    found = sa.MetaData()
    with database.read() as connection:
        found.reflect(connection)
    return dict(found.tables)


def rows_in(database: SqlDatabase) -> dict[str, list[dict[str, Any]]]:
    """What of ROWS is there, column for column."""
    found = {}
    tables = tables_of(database)
    with database.read() as connection:
        for name, rows in ROWS.items():
            kept = rows[0].keys() - _DERIVED.get(name, set())
            there = [dict(row._mapping) for row in connection.execute(sa.select(tables[name]))]
            found[name] = [{column: row[column] for column in kept} for row in there]
    return found


def expected(migrated: bool = False) -> dict[str, list[dict[str, Any]]]:
    """ROWS; `migrated`: as they are at the newest revision."""
    changed = {
        "device": [row | {"kind": _CALLED_NOW[row["kind"]]} for row in ROWS["device"]],
        "reader": [row | ({"position": 0} if row["name"] in _BEGIN_ANEW else {}) for row in ROWS["reader"]],
    }
    return _compared(ROWS | changed if migrated else ROWS)


def _compared(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {
        name: [{c: v for c, v in row.items() if c not in _DERIVED.get(name, set())} for row in rows]
        for name, rows in tables.items()
    }


def by_content(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    return {name: sorted(repr(sorted(row.items())) for row in several) for name, several in rows.items()}


def test_from_the_first_revision_to_the_newest_no_row_is_lost(populated: SqlDatabase) -> None:
    assert by_content(rows_in(populated)) == by_content(expected())
    assert migrate(populated)
    assert by_content(rows_in(populated)) == by_content(expected(migrated=True))
    with pytest.raises(StoreError, match=r"(?i)foreign key"), populated.write() as connection:
        connection.execute(sa.text("DELETE FROM site"))


def test_who_made_a_token_comes_into_its_row(populated: SqlDatabase) -> None:
    with populated.rebuild() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migration.__file__).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0010")
        connection.execute(sa.text("INSERT INTO token_author VALUES (7, 'hengtong', 'li')"))
    assert migrate(populated)[-1] == "0050"
    tables = tables_of(populated)
    assert "token_author" not in tables
    with populated.read() as connection:
        (row,) = connection.execute(sa.select(tables["token"])).mappings()
    assert (row["id"], row["author"], row["used"]) == (7, "li", None)


def test_a_table_that_others_refer_to_can_be_built_anew(populated: SqlDatabase) -> None:
    with populated.rebuild() as connection:
        operations = Operations(MigrationContext.configure(connection, opts={"render_as_batch": True}))
        with operations.batch_alter_table(
            "site", recreate="always" if populated.is_sqlite else "auto"
        ) as site:
            site.alter_column("timezone", existing_type=sa.Text(), nullable=True)
    assert by_content(rows_in(populated)) == by_content(expected())
    with pytest.raises(StoreError, match=r"(?i)foreign key"), populated.write() as connection:
        connection.execute(sa.text("DELETE FROM site"))


def test_a_rebuild_that_would_leave_a_row_in_the_air_changes_nothing(populated: SqlDatabase) -> None:
    with (
        pytest.raises(StoreError, match=r"(?i)refers to none|foreign key"),
        populated.rebuild() as connection,
    ):
        connection.execute(sa.text("DELETE FROM site"))
    assert by_content(rows_in(populated)) == by_content(expected())
