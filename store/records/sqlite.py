"""The records in one SQLite file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from store.records.contract import AgentState, Quarantined, SiteEvent
from store.sqlite import Cell, Database, insert_rows
from wire.batch import Event
from wire.status import Status

#: An event has no number of its own: what it says is its identity, so adding it again changes nothing.
_SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS event (
        site TEXT NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL, agent TEXT NOT NULL,
        body TEXT NOT NULL, PRIMARY KEY (site, time, kind, agent, body)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS agent_state (
        site TEXT NOT NULL, agent TEXT NOT NULL, received INTEGER NOT NULL, status TEXT NOT NULL,
        PRIMARY KEY (site, agent)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS quarantine (
        id INTEGER PRIMARY KEY AUTOINCREMENT, received INTEGER NOT NULL, topic TEXT NOT NULL,
        digest BLOB NOT NULL, payload BLOB NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL,
        site TEXT, agent TEXT, stream TEXT, seq INTEGER, UNIQUE (topic, digest))""",
    "CREATE TABLE IF NOT EXISTS reached (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL)",
    "INSERT OR IGNORE INTO reached VALUES (1, 0)",
)

_INSERT_EVENT: Final = "INSERT OR IGNORE INTO event (site, time, kind, agent, body)"
#: The same status byte for byte is the same message told again (retained): it was not said now.
_PUT_STATE: Final = """
INSERT INTO agent_state (site, agent, received, status) VALUES (?, ?, ?, ?)
ON CONFLICT (site, agent) DO UPDATE SET received = excluded.received, status = excluded.status
WHERE status <> excluded.status
"""
_INSERT_QUARANTINE: Final = (
    "INSERT OR IGNORE INTO quarantine "
    "(received, topic, digest, payload, reason, detail, site, agent, stream, seq)"
)
_EVENTS: Final = (
    "SELECT agent, body FROM event WHERE site = ? AND time >= ? AND time < ? AND (? IS NULL OR kind = ?) "
    "ORDER BY time, kind, agent, body"
)
_QUARANTINED: Final = (
    "SELECT received, topic, payload, reason, detail, site, agent, stream, seq, id "
    "FROM quarantine WHERE id > ? ORDER BY id LIMIT ?"
)


class SqliteRecords:
    """`store.records.contract.Records` on SQLite (WAL, synchronous=FULL).

    Raises StoreError where the disk will not.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA, "FULL")

    def add_events(self, events: Sequence[SiteEvent], position: int) -> None:
        """See the contract. A position before the one already reached does not take it back."""
        cells: list[Cell] = []
        for one in events:
            body = one.event.model_dump_json(exclude_none=True)
            cells += (one.site, one.event.time, one.event.kind, one.agent, body)
        with self._database.write() as connection:
            insert_rows(connection, _INSERT_EVENT, 5, cells)
            connection.execute("UPDATE reached SET position = max(position, ?)", (position,))

    def events_position(self) -> int:
        """See the contract."""
        with self._database.read() as connection:
            return int(connection.execute("SELECT position FROM reached").fetchone()[0])

    def events(self, site: str, start: int, end: int, kind: str | None = None) -> list[SiteEvent]:
        """See the contract."""
        with self._database.read() as connection:
            rows = connection.execute(_EVENTS, (site, start, end, kind, kind)).fetchall()
        return [SiteEvent(site, agent, Event.model_validate_json(body)) for agent, body in rows]

    def put_agent_state(self, state: AgentState) -> None:
        """See the contract. A status told again byte for byte (a retained one, after a reconnect) keeps the
        moment it was first received."""
        with self._database.write() as connection:
            row = (state.site, state.agent, state.received, state.status.model_dump_json())
            connection.execute(_PUT_STATE, row)

    def agent_states(self, site: str) -> list[AgentState]:
        """See the contract."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT agent, received, status FROM agent_state WHERE site = ? ORDER BY agent", (site,)
            ).fetchall()
        return [AgentState(site, agent, at, Status.model_validate_json(text)) for agent, at, text in rows]

    def quarantine(self, items: Sequence[Quarantined]) -> None:
        """See the contract. `id` of the items is not looked at."""
        cells: list[Cell] = []
        for item in items:
            digest = hashlib.blake2b(item.payload, digest_size=16).digest()
            cells += (item.received, item.topic, digest, item.payload, item.reason, item.detail)
            cells += (item.site, item.agent, item.stream, item.seq)
        with self._database.write() as connection:
            insert_rows(connection, _INSERT_QUARANTINE, 10, cells)

    def quarantined(self, limit: int = 100, after_id: int = 0) -> list[Quarantined]:
        """See the contract."""
        with self._database.read() as connection:
            rows = connection.execute(_QUARANTINED, (after_id, limit)).fetchall()
        return [Quarantined(*row) for row in rows]

    def close(self) -> None:
        """See the contract."""
        self._database.close()
