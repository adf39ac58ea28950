"""What is no more: sites, projects, rooms, agents and devices that a firm does not name any longer.

A row is not deleted: what was read there stays readable under its name, and a site whose last agent was taken
out does not become one that takes any.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, Table

from store.records.registry import Registration, Retired
from store.records.schema import AGENT, DEVICE, PROJECT, ROOM, SITE
from store.records.tenancy import change_of, delete_of, retired_of, rows_of

#: Firm and id, or firm, site and id.
Key = tuple[str, ...]
_TABLES: Final[tuple[Table, ...]] = (DEVICE, AGENT, ROOM, PROJECT, SITE)


def retire(connection: Connection, registration: Registration, at: int) -> Retired:
    """As `Registry.reconcile`, of what is registered already."""
    gone = {table.name: _gone(connection, table, registration) for table in _TABLES}
    for table in _TABLES:
        for key in gone[table.name]:
            retire_one(connection, table, key, at)
    return _named(gone)


def missing(connection: Connection, registration: Registration) -> Retired:
    """As `Registry.missing`."""
    return _named({table.name: _gone(connection, table, registration) for table in _TABLES})


def retire_one(connection: Connection, table: Table, key: Key, at: int) -> bool:
    """Whether there was such a row, not retired yet."""
    firm, *site, name = key
    statement = change_of(table, firm, *site).where(table.c.id == name, table.c.retired.is_(None))
    return connection.execute(statement.values(retired=at)).rowcount > 0


def of_site(connection: Connection, firm: str, site: str) -> Retired:
    """As `Registry.retired`."""

    def ids(table: Table) -> tuple[str, ...]:
        return tuple(
            sorted(row["id"] for row in connection.execute(retired_of(table, firm, site)).mappings())
        )

    itself = connection.execute(retired_of(SITE, firm).where(SITE.c.id == site)).first()
    return Retired((site,) if itself else (), ids(AGENT), ids(DEVICE))


def erase(connection: Connection, firm: str, site: str) -> bool:
    """As `Registry.erase`."""
    for table in _TABLES[:-1]:
        connection.execute(delete_of(table, firm, site))
    return connection.execute(delete_of(SITE, firm).where(SITE.c.id == site)).rowcount > 0


def _gone(connection: Connection, table: Table, registration: Registration) -> list[Key]:
    """Keys of what `registration` does not name, of its firms."""
    names = ("firm", "id") if table in (SITE, PROJECT) else ("firm", "site", "id")
    named = {tuple(getattr(row, name) for name in names) for row in _rows(table, registration)}
    found = [
        tuple(row[name] for name in names)
        for firm in registration.firms
        for row in connection.execute(rows_of(table, firm.id)).mappings()
        if table is not AGENT or not row["provisioned"]
    ]
    return sorted(key for key in found if key not in named)


def _rows(table: Table, registration: Registration) -> Iterable[object]:
    return {
        SITE.name: registration.sites,
        PROJECT.name: registration.projects,
        ROOM.name: registration.rooms,
        AGENT.name: registration.agents,
        DEVICE.name: registration.devices,
    }[table.name]


def _named(gone: dict[str, list[Key]]) -> Retired:
    def places(table: Table) -> tuple[str, ...]:
        return tuple("/".join(key[1:]) for key in gone[table.name])

    return Retired(places(SITE), places(AGENT), places(DEVICE))
