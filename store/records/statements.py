"""Statements both databases understand though SQLAlchemy builds them apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Row = Mapping[str, Any]
#: From what is there (`table.c`) and what comes (`excluded`) to whether it is to be changed.
Condition = Callable[[Any, Any], ColumnElement[bool]]


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def add_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert those of `rows` that are not there yet, a thousand to a statement.

    RETURNING is what makes SQLAlchemy put many rows into one statement; row by row, sqlite3 would give the
    interpreter lock away at each and wait to win it back (see store.sqlite).
    """
    if rows:
        statement = _insert(connection, table).on_conflict_do_nothing()
        connection.execute(statement.returning(next(iter(table.primary_key.columns))), rows)


def is_added(connection: Connection, table: Table, row: Row) -> bool:
    """Insert one row; False where there is one with its primary key, also of somebody who came at once."""
    statement = _insert(connection, table).on_conflict_do_nothing()
    key = next(iter(table.primary_key.columns))
    return connection.execute(statement.values(**row).returning(key)).first() is not None


def put(connection: Connection, table: Table, rows: Sequence[Row], where: Condition | None = None) -> None:
    """Insert `rows`, and change those that are there (only those of which `where` holds). Of two with the
    same primary key the later one stands."""
    keys = [column.name for column in table.primary_key.columns]
    latest = {tuple(row[key] for key in keys): row for row in rows}
    if not latest:
        return
    statement = _insert(connection, table)
    changes = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    if changes:
        condition = where(table.c, statement.excluded) if where else None
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changes, where=condition)
    else:
        statement = statement.on_conflict_do_nothing()
    connection.execute(statement, list(latest.values()))
