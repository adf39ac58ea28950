"""What is no more: sites, projects, rooms, agents and devices that a firm does not name any longer.

A row is not deleted: what was read there stays readable under its name, and a site whose last agent was taken
out does not become one that takes any.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, Table, bindparam, delete, select, update

from store.records.registry import Registration, Retired
from store.records.schema import AGENT, DEVICE, PROJECT, ROOM, SITE

#: The columns that name a row: all but the first may be one.
Key = tuple[str, ...]
_TABLES: Final[tuple[Table, ...]] = (DEVICE, AGENT, ROOM, PROJECT, SITE)


def retire(connection: Connection, registration: Registration, at: int) -> Retired:
    """As `Registry.reconcile`, of what is registered already."""
    gone = {table.name: _gone(connection, table, registration) for table in _TABLES}
    for table in _TABLES:
        _mark(connection, table, gone[table.name], at)
    return _named(gone)


def missing(connection: Connection, registration: Registration) -> Retired:
    """As `Registry.missing`."""
    return _named({table.name: _gone(connection, table, registration) for table in _TABLES})


def retire_one(connection: Connection, table: Table, key: Key, at: int) -> bool:
    """Whether there was such a row, not retired yet. `key`: firm, site, id."""
    there = [table.c[name] == value for name, value in zip(_names(table), key, strict=True)]
    statement = update(table).where(*there, table.c.retired.is_(None)).values(retired=at)
    return connection.execute(statement).rowcount > 0


def of_site(connection: Connection, firm: str, site: str) -> Retired:
    """As `Registry.retired`."""

    def ids(table: Table) -> tuple[str, ...]:
        query = select(table.c.id).where(table.c.firm == firm, table.c.site == site)
        return tuple(sorted(connection.scalars(query.where(table.c.retired.is_not(None)))))

    of_it = select(SITE.c.id).where(SITE.c.firm == firm, SITE.c.id == site, SITE.c.retired.is_not(None))
    return Retired(tuple(connection.scalars(of_it)), ids(AGENT), ids(DEVICE))


def erase(connection: Connection, firm: str, site: str) -> bool:
    """As `Registry.erase`."""
    for table in _TABLES[:-1]:
        connection.execute(delete(table).where(table.c.firm == firm, table.c.site == site))
    return connection.execute(delete(SITE).where(SITE.c.firm == firm, SITE.c.id == site)).rowcount > 0


def _gone(connection: Connection, table: Table, registration: Registration) -> list[Key]:
    """Keys of what `registration` does not name, of its firms."""
    columns = [table.c[name] for name in _names(table)]
    firms = [firm.id for firm in registration.firms]
    query = select(*columns).where(table.c.firm.in_(firms), table.c.retired.is_(None))
    if table is AGENT:
        query = query.where(table.c.provisioned.is_(False))
    named = {tuple(getattr(row, name) for name in _names(table)) for row in _rows(table, registration)}
    return sorted(key for row in connection.execute(query) if (key := tuple(row)) not in named)


def _mark(connection: Connection, table: Table, keys: list[Key], at: int) -> None:
    if not keys:
        return
    names = _names(table)
    of_one = [table.c[name] == bindparam(f"of_{name}") for name in names]
    rows = [{f"of_{name}": value for name, value in zip(names, key, strict=True)} for key in keys]
    connection.execute(update(table).where(*of_one).values(retired=at), rows)


def _rows(table: Table, registration: Registration) -> Iterable[object]:
    return {
        SITE.name: registration.sites,
        PROJECT.name: registration.projects,
        ROOM.name: registration.rooms,
        AGENT.name: registration.agents,
        DEVICE.name: registration.devices,
    }[table.name]


def _names(table: Table) -> tuple[str, ...]:
    return ("firm", "id") if table in (SITE, PROJECT) else ("firm", "site", "id")


def _named(gone: dict[str, list[Key]]) -> Retired:
    def places(table: Table) -> tuple[str, ...]:
        return tuple("/".join(key[1:]) for key in gone[table.name])

    return Retired(places(SITE), places(AGENT), places(DEVICE))
