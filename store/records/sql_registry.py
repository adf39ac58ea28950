"""The registry on SQLite or PostgreSQL."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Select, Table, insert

from store.engine import SqlDatabase
from store.records import retirement
from store.records.access import Role
from store.records.registry import (
    Agent,
    Device,
    Directory,
    Firm,
    Member,
    RegisteredProject,
    Registration,
    Retired,
    Room,
    Site,
    Token,
)
from store.records.schema import AGENT, DEVICE, FIRM, MEMBER, MEMBER_ROLE, PROJECT, ROOM, SITE, TOKEN
from store.records.statements import add_new, put
from store.records.tenancy import across_firms, change_of, delete_of, rows_of
from store.records.utc import milliseconds, moment

_Placed = RegisteredProject | Room | Agent | Device


class SqlRegistry:
    """`store.records.registry.Registry`. Raises StoreError where the database will not."""

    def __init__(self, database: SqlDatabase) -> None:
        """`database` has its tables already; whoever opened it closes it."""
        self._database = database

    def register(self, registration: Registration) -> None:
        """See the contract."""
        with self._database.write() as connection:
            _register(connection, registration)

    def reconcile(self, registration: Registration, at: int) -> Retired:
        """See the contract."""
        with self._database.write() as connection:
            _register(connection, registration)
            return retirement.retire(connection, registration, at)

    def missing(self, registration: Registration) -> Retired:
        """See the contract."""
        with self._database.read() as connection:
            return retirement.missing(connection, registration)

    def retire_agent(self, firm: str, site: str, agent: str, at: int) -> bool:
        """See the contract."""
        with self._database.write() as connection:
            return retirement.retire_one(connection, AGENT, (firm, site, agent), at)

    def retired(self, firm: str, site: str) -> Retired:
        """See the contract."""
        with self._database.read() as connection:
            return retirement.of_site(connection, firm, site)

    def all_sites(self) -> list[Site]:
        """See the contract."""
        rows = self._rows(across_firms(SITE).order_by(SITE.c.id))
        return [Site(row["firm"], row["id"], row["timezone"]) for row in rows]

    def erase(self, firm: str, site: str) -> bool:
        """See the contract."""
        with self._database.write() as connection:
            return retirement.erase(connection, firm, site)

    def directory(self) -> Directory:
        """See the contract."""
        with self._database.read() as connection:
            rows = connection.execute(across_firms(SITE).where(SITE.c.retired.is_(None))).mappings()
            sites = [row["id"] for row in rows]
            agents = _present_by_site(connection, AGENT)
            devices = _present_by_site(connection, DEVICE)
            begun = _begun(connection, sites)
        return Directory(agents, {site: devices.get(site, frozenset()) for site in sites}, begun)

    def firms(self) -> list[Firm]:
        """See the contract."""
        return [Firm(**row) for row in self._rows(across_firms(FIRM).order_by(FIRM.c.id))]

    def members(self, firm: str) -> list[Member]:
        """See the contract."""
        roles: defaultdict[str, set[Role]] = defaultdict(set)
        for row in self._rows(rows_of(MEMBER_ROLE, firm)):
            roles[row["member"]].add(row["role"])
        found = self._rows(rows_of(MEMBER, firm).order_by(MEMBER.c.id))
        return [Member(**row, roles=frozenset(roles[row["id"]])) for row in found]

    def sites(self, firm: str, *, limit: int = 100, after: str = "", retired: bool = False) -> list[Site]:
        """See the contract."""
        query = rows_of(SITE, firm, retired=retired).where(SITE.c.id > after).order_by(SITE.c.id).limit(limit)
        return [Site(**row) for row in self._rows(query)]

    def site(self, firm: str, site: str) -> Site | None:
        """See the contract."""
        found = self._rows(rows_of(SITE, firm, retired=True).where(SITE.c.id == site))
        return Site(**found[0]) if found else None

    def projects(self, firm: str) -> list[RegisteredProject]:
        """See the contract."""
        query = rows_of(PROJECT, firm).order_by(PROJECT.c.id)
        return [RegisteredProject(**row) for row in self._rows(query)]

    def rooms(self, firm: str, site: str) -> list[Room]:
        """See the contract."""
        return [Room(**row) for row in self._rows(rows_of(ROOM, firm, site).order_by(ROOM.c.id))]

    def agents(self, firm: str, site: str) -> list[Agent]:
        """See the contract."""
        return [Agent(**row) for row in self._rows(rows_of(AGENT, firm, site).order_by(AGENT.c.id))]

    def devices(self, firm: str, site: str, *, limit: int = 100, after: str = "") -> list[Device]:
        """See the contract."""
        query = rows_of(DEVICE, firm, site).where(DEVICE.c.id > after).order_by(DEVICE.c.id).limit(limit)
        return [Device(**row) for row in self._rows(query)]

    def add_token(
        self, firm: str, name: str, digest: bytes, scopes: frozenset[str], created: int, expires: int | None
    ) -> Token:
        """See the contract. Raises ValueError where there is no such firm."""
        row = {
            "firm": firm,
            "name": name,
            "digest": digest,
            "scopes": " ".join(sorted(scopes)),
            "created": moment(created),
            "expires": None if expires is None else moment(expires),
        }
        with self._database.write() as connection:
            if not _known_firms(connection, [firm]):
                raise ValueError(f"firm {firm} is not known")
            token_id = connection.scalars(insert(TOKEN).returning(TOKEN.c.id), [row]).one()
        return Token(token_id, firm, name, scopes, created, expires)

    def token(self, digest: bytes) -> Token | None:
        """See the contract."""
        found = self._rows(across_firms(TOKEN).where(TOKEN.c.digest == digest))
        return token_of(found[0]) if found else None

    def tokens(self, firm: str) -> list[Token]:
        """By id."""
        return [token_of(row) for row in self._rows(rows_of(TOKEN, firm).order_by(TOKEN.c.id))]

    def revoke_token(self, firm: str, token_id: int, revoked: int) -> bool:
        """See the contract."""
        statement = change_of(TOKEN, firm).where(TOKEN.c.id == token_id, TOKEN.c.revoked.is_(None))
        with self._database.write() as connection:
            return connection.execute(statement.values(revoked=moment(revoked))).rowcount > 0

    def _rows(self, query: Select[Any]) -> list[dict[str, Any]]:
        with self._database.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]


def _register(connection: Connection, registration: Registration) -> None:
    put(connection, FIRM, [asdict(firm) for firm in registration.firms])
    _put_sites(connection, registration)
    _check_places(connection, registration)
    _put_members(connection, registration.members)
    put(connection, ROOM, [asdict(row) for row in registration.rooms])
    put(connection, PROJECT, [asdict(row) for row in registration.projects])
    _put_agents(connection, registration.agents)
    put(connection, DEVICE, [asdict(row) for row in registration.devices])


def _put_agents(connection: Connection, agents: Sequence[Agent]) -> None:
    """One that was provisioned stays so when the settings list it, too."""
    listed = [asdict(agent) for agent in agents if not agent.provisioned]
    add_new(connection, AGENT, listed)
    put(connection, AGENT, [asdict(agent) for agent in agents if agent.provisioned])
    for agent in agents:
        one = change_of(AGENT, agent.firm, agent.site).where(AGENT.c.id == agent.id)
        connection.execute(one.values(retired=None))


def _put_sites(connection: Connection, registration: Registration) -> None:
    named = {member.firm for member in registration.members} | {site.firm for site in registration.sites}
    if unknown := named - _known_firms(connection, named):
        raise ValueError(f"firm {min(unknown)} is not known: register it first, or with what is its own")
    # A site of another firm stays as it is, and is then missed among those of this one.
    rows = [asdict(site) for site in registration.sites]
    put(connection, SITE, rows, lambda old, new: old.firm == new.firm)
    known = _known_places(connection, SITE, {site.firm for site in registration.sites})
    for site in registration.sites:
        if (site.firm, site.id) not in known:
            raise ValueError(f"site {site.id} belongs to another firm: a site's id is unique over all firms")


def _check_places(connection: Connection, registration: Registration) -> None:
    placed: list[_Placed] = [
        *registration.projects,
        *registration.rooms,
        *registration.agents,
        *registration.devices,
    ]
    firms = {row.firm for row in placed}
    sites = _known_places(connection, SITE, firms)
    for row in placed:
        if (row.firm, row.site) not in sites:
            raise ValueError(f"{_called(row)}: firm {row.firm} has no site {row.site}: register it first")
    rooms = _known_places(connection, ROOM, firms)
    rooms |= {(room.firm, room.site, room.id) for room in registration.rooms}
    for device in registration.devices:
        if device.room is not None and (device.firm, device.site, device.room) not in rooms:
            raise ValueError(f"{_called(device)}: site {device.site} has no room {device.room}")


def _called(row: _Placed) -> str:
    return f"{type(row).__name__.removeprefix('Registered').lower()} {row.id}"


def _known_firms(connection: Connection, firms: Iterable[str]) -> set[str]:
    rows = connection.execute(across_firms(FIRM).where(FIRM.c.id.in_(firms))).mappings()
    return {row["id"] for row in rows}


def _known_places(connection: Connection, table: Table, firms: Iterable[str]) -> set[tuple[str, ...]]:
    """(firm, id) of sites, (firm, site, id) of rooms."""
    names = [name for name in ("firm", "site", "id") if name in table.c]
    return {
        tuple(row[name] for name in names)
        for firm in firms
        for row in connection.execute(rows_of(table, firm, retired=True)).mappings()
    }


def _put_members(connection: Connection, members: Iterable[Member]) -> None:
    latest = {(member.firm, member.id): member for member in members}
    if not latest:
        return
    put(connection, MEMBER, [{"firm": m.firm, "id": m.id, "name": m.name} for m in latest.values()])
    for firm, member in latest:
        connection.execute(delete_of(MEMBER_ROLE, firm).where(MEMBER_ROLE.c.member == member))
    roles = [
        {"firm": m.firm, "member": m.id, "role": role} for m in latest.values() for role in sorted(m.roles)
    ]
    add_new(connection, MEMBER_ROLE, roles)


def _present_by_site(connection: Connection, table: Table) -> dict[str, frozenset[str]]:
    """A site of which all are retired has none; it is no site of which none were ever listed."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(across_firms(table)).mappings():
        found[row["site"]] |= {row["id"]} if row["retired"] is None else set()
    return {site: frozenset(ids) for site, ids in found.items()}


def token_of(row: Mapping[Any, Any]) -> Token:
    """A row of the table."""

    def ms(name: str) -> int | None:
        return None if row[name] is None else milliseconds(row[name])

    scopes = frozenset(row["scopes"].split())
    created = milliseconds(row["created"])
    return Token(row["id"], row["firm"], row["name"], scopes, created, ms("expires"), ms("revoked"))


def _begun(connection: Connection, sites: Sequence[str]) -> dict[str, int]:
    """Site -> the first day of its first project, in UTC ms."""
    query = across_firms(PROJECT).where(PROJECT.c.site.in_(sites))
    rows = connection.execute(query).mappings()
    found: dict[str, int] = {}
    for row in rows:
        day_ms = round(dt.datetime.fromisoformat(row["started"]).replace(tzinfo=dt.UTC).timestamp() * 1000)
        found[row["site"]] = min(day_ms, found.get(row["site"], day_ms))
    return found
