"""The records on SQLite or PostgreSQL."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, Final, get_args

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from store.engine import SqlDatabase
from store.records import quota
from store.records.contract import AgentState, Beyond, Quarantined, SiteEvent
from store.records.exchanges import MeterExchange
from store.records.migration import migrate
from store.records.schema import (
    AGENT_STATE,
    EVENT,
    METER_EXCHANGE,
    QUARANTINE,
    QUARANTINE_BEYOND,
    QUARANTINE_USE,
    READER,
)
from store.records.sql_registry import SqlRegistry
from store.records.statements import Row, add_new, put
from wire import batch as wire_batch
from wire import status as wire_status
from wire.batch import EventKind
from wire.errors import WireError
from wire.status import Status

#: The reader of the log whose position `add_events` moves.
EVENTS_READER: Final = "events"
#: Events of kinds that a newer version stored are left out.
_KINDS: Final = get_args(EventKind)
LOGGER = logging.getLogger(__name__)
_EXCHANGE: Final = select(*(METER_EXCHANGE.c[name] for name in MeterExchange.__dataclass_fields__))
_ITEM: Final = select(
    *(QUARANTINE.c[name] for name in Quarantined.__dataclass_fields__)  # in the order of the dataclass
)


class SqlRecords:
    """`store.records.contract.Records`, and in `registry` the `store.records.registry.Registry` of the same
    database: `SqlRecords(sqlite_url(path))` or `SqlRecords("postgresql://user:password@host/name")`.

    Opening it makes the tables or brings them up to date. Raises StoreError where the database will not.
    """

    def __init__(self, url: str, quarantine_bytes: int = quota.QUARANTINE_BYTES) -> None:
        """`quarantine_bytes` is each site's quota of the quarantine."""
        self._database = SqlDatabase(url)
        self._quarantine_bytes = quarantine_bytes
        with self._database.closed_on_error():
            migrate(self._database)
        self.registry = SqlRegistry(self._database)

    def add_events(self, events: Sequence[SiteEvent], position: int) -> None:
        """See the contract."""
        rows = [_event_row(one) for one in events]
        with self._database.write() as connection:
            add_new(connection, EVENT, rows)
            _move(connection, EVENTS_READER, position)

    def position(self, reader: str) -> int:
        """See the contract."""
        with self._database.read() as connection:
            return connection.scalar(select(READER.c.position).where(READER.c.name == reader)) or 0

    def positions(self) -> dict[str, int]:
        """See the contract."""
        with self._database.read() as connection:
            return {row.name: row.position for row in connection.execute(select(READER))}

    def move(self, reader: str, position: int) -> None:
        """See the contract."""
        with self._database.write() as connection:
            _move(connection, reader, position)

    def events(
        self, site: str, start: int, end: int, kind: str | None = None, *, limit: int | None = None
    ) -> list[SiteEvent]:
        """See the contract."""
        columns = EVENT.c
        query = select(columns.agent, columns.body).where(
            columns.site == site, columns.time >= start, columns.time < end
        )
        query = query.where(columns.kind.in_(_KINDS) if kind is None else columns.kind == kind)
        query = query.order_by(columns.time, columns.kind, columns.agent, columns.body).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [SiteEvent(site, agent, wire_batch.EVENT.recall(body.encode())) for agent, body in rows]

    def put_agent_state(self, state: AgentState) -> None:
        """See the contract. A status told again byte for byte (a retained one, after a reconnect) keeps the
        moment it was first received."""
        row = {
            "site": state.site,
            "agent": state.agent,
            "received": state.received,
            "status": wire_status.text(state.status),
        }
        with self._database.write() as connection:
            put(connection, AGENT_STATE, [row], lambda old, new: old.status != new.status)

    def agent_states(self, site: str) -> list[AgentState]:
        """See the contract."""
        columns = AGENT_STATE.c
        query = select(columns.agent, columns.received, columns.status).where(columns.site == site)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(columns.agent)).all()
        found = [(agent, at, _status(site, agent, text)) for agent, at, text in rows]
        return [AgentState(site, agent, at, status) for agent, at, status in found if status is not None]

    def quarantine(self, items: Sequence[Quarantined]) -> None:
        """See the contract. `id` of the items is not looked at."""
        rows = [_quarantine_row(item) for item in items]
        with self._database.write() as connection:
            add_new(connection, QUARANTINE, quota.within(connection, rows, self._quarantine_bytes))

    def beyond_quota(self, site: str | None = None) -> list[Beyond]:
        """See the contract."""
        with self._database.read() as connection:
            return quota.beyond(connection, site)

    def quarantined(
        self,
        limit: int = 100,
        after_id: int = 0,
        *,
        site: str | None = None,
        reason: str | None = None,
        waiting: bool = False,
    ) -> list[Quarantined]:
        """See the contract."""
        columns = QUARANTINE.c
        query = _ITEM.where(columns.id > after_id)
        if site is not None:
            query = query.where(columns.site == site)
        if reason is not None:
            query = query.where(columns.reason == reason)
        if waiting:
            query = query.where(columns.replayed.is_(None))
        return self._items(query.order_by(columns.id).limit(limit))

    def quarantine_item(self, item_id: int) -> Quarantined | None:
        """See the contract."""
        found = self._items(_ITEM.where(QUARANTINE.c.id == item_id))
        return found[0] if found else None

    def _items(self, query: Select[Any]) -> list[Quarantined]:
        with self._database.read() as connection:
            return [Quarantined(*row) for row in connection.execute(query)]

    def quarantine_counts(self, site: str | None = None) -> dict[tuple[str | None, str], int]:
        """See the contract."""
        columns = QUARANTINE.c
        query = select(columns.site, columns.reason, func.count()).where(columns.replayed.is_(None))
        if site is not None:
            query = query.where(columns.site == site)
        with self._database.read() as connection:
            rows = connection.execute(query.group_by(columns.site, columns.reason)).all()
        return {(where, reason): count for where, reason, count in rows}

    def mark_replayed(self, item_id: int, replayed: int) -> None:
        """See the contract."""
        self._change_item(item_id, {"replayed": replayed})

    def narrow_quarantine(self, item_id: int, reason: str, detail: str) -> None:
        """See the contract."""
        self._change_item(item_id, {"reason": _storable(reason), "detail": _storable(detail)})

    def _change_item(self, item_id: int, changes: Row) -> None:
        with self._database.write() as connection:
            connection.execute(update(QUARANTINE).where(QUARANTINE.c.id == item_id).values(changes))

    def add_exchange(self, said: MeterExchange) -> MeterExchange:
        """See the contract."""
        row = asdict(said)
        del row["id"]
        statement = insert(METER_EXCHANGE).returning(METER_EXCHANGE.c.id)
        with self._database.write() as connection:
            return replace(said, id=connection.scalars(statement, row).one())

    def exchanges(self, site: str, *, undone: bool = False) -> list[MeterExchange]:
        """See the contract."""
        columns = METER_EXCHANGE.c
        query = _EXCHANGE.where(columns.site == site).order_by(columns.id)
        if not undone:
            query = query.where(columns.undone.is_(None))
        with self._database.read() as connection:
            return [MeterExchange(*row) for row in connection.execute(query)]

    def undo_exchange(self, site: str, exchange_id: int, at: int, by: str) -> bool:
        """See the contract."""
        columns = METER_EXCHANGE.c
        statement = update(METER_EXCHANGE).values(undone=at, undone_by=by)
        held = (columns.site == site, columns.id == exchange_id, columns.undone.is_(None))
        with self._database.write() as connection:
            return connection.execute(statement.where(*held)).rowcount > 0

    def forget(self, events_before: int, quarantine_before: int) -> tuple[int, int]:
        """See the contract."""
        with self._database.write() as connection:
            events = connection.execute(delete(EVENT).where(EVENT.c.time < events_before))
            items = connection.execute(delete(QUARANTINE).where(QUARANTINE.c.received < quarantine_before))
            connection.execute(delete(QUARANTINE_BEYOND).where(QUARANTINE_BEYOND.c.last < quarantine_before))
            quota.measure_anew(connection)
            return events.rowcount, items.rowcount

    def erase(self, site: str) -> None:
        """See the contract."""
        with self._database.write() as connection:
            for table in (EVENT, AGENT_STATE, QUARANTINE, QUARANTINE_USE, QUARANTINE_BEYOND, METER_EXCHANGE):
                connection.execute(delete(table).where(table.c.site == site))

    def close(self) -> None:
        """See the contract. Closes the registry too."""
        self._database.close()


def _status(site: str, agent: str, text: str) -> Status | None:
    try:
        return wire_status.recall(text.encode())
    except WireError as error:
        LOGGER.warning("status of %s/%s, stored by another version: %s", site, agent, error)
        return None


def _move(connection: Connection, reader: str, position: int) -> None:
    row = {"name": reader, "position": position}
    put(connection, READER, [row], lambda old, new: old.position < new.position)


def _event_row(one: SiteEvent) -> Row:
    return {
        "site": one.site,
        "time": one.event.time,
        "kind": one.event.kind,
        "agent": one.agent,
        "digest": wire_batch.identity_of(one.event),
        "body": wire_batch.EVENT.text(one.event),
    }


def _quarantine_row(item: Quarantined) -> Row:
    row = {
        name: _storable(value) if isinstance(value, str) else value for name, value in asdict(item).items()
    }
    del row["id"]
    topic = item.topic.encode(errors="replace")
    length = len(topic).to_bytes(8, "big")
    row["digest"] = hashlib.blake2b(length + topic + item.payload, digest_size=16).digest()
    return row


def _storable(text: str) -> str:
    """Without what a database refuses in text: NUL (PostgreSQL) and halves of surrogate pairs (both). What
    came is whole in the payload."""
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
