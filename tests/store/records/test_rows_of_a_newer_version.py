"""What a neighbour version stored is read, without what nobody here knows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import insert, text

from store.engine import SqlDatabase, sqlite_url
from store.records.contract import AgentState, SiteEvent
from store.records.records import Records
from store.records.schema import EVENT
from wire.batch import Event
from wire.status import DeviceStatus, Status

SITE: Final = "fenglin-18"
STREAM: Final = "01K" + "A" * 23
NOW: Final = 1_764_000_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return sqlite_url(tmp_path / "records.db")
    dsn: str = request.getfixturevalue("postgres_dsn")
    return dsn


@pytest.fixture
def records(url: str) -> Iterator[Records]:
    opened = Records(url)
    yield opened
    opened.close()


@pytest.fixture
def raw(url: str, records: Records) -> Iterator[SqlDatabase]:
    """The same database, past the code that knows what may stand in it."""
    database = SqlDatabase(url)
    yield database
    database.close()


def store_status(raw: SqlDatabase, agent: str, status: dict[str, object]) -> None:
    statement = text("INSERT INTO agent_state (site, agent, received, status) VALUES (:s, :a, :r, :t)")
    with raw.write() as connection:
        connection.execute(statement, {"s": SITE, "a": agent, "r": NOW, "t": json.dumps(status)})


def test_a_status_costs_what_is_not_known_in_it(records: Records, raw: SqlDatabase) -> None:
    devices = [{"device": "m", "fault": "eaten", "colour": "red"}]
    newer = {"v": 1, "online": True, "sent": NOW, "stream": STREAM, "mood": "good", "devices": devices}
    store_status(raw, "pi-1", newer)
    store_status(raw, "pi-2", {"mood": "good"})
    known = Status(online=True, sent=NOW, stream=STREAM, devices=[DeviceStatus(device="m")])
    assert records.agent_states.of(SITE) == [AgentState(SITE, "pi-1", NOW, known)]


def test_events_cost_what_is_not_known_in_them(records: Records, raw: SqlDatabase) -> None:
    badge = {"device": "gate", "time": NOW, "kind": "badge", "badge": "b:" + "9f" * 16}
    stored = [badge | {"photo": "x.jpg", "direction": "up"}, {"device": "gate", "time": NOW, "kind": "smell"}]
    with raw.write() as connection:
        for number, body in enumerate(stored):
            row = {"site": SITE, "time": NOW, "agent": "pi-1", "digest": bytes([number]) * 16}
            connection.execute(insert(EVENT), [row | {"kind": body["kind"], "body": json.dumps(body)}])
    event = Event(device="gate", time=NOW, kind="badge", badge="b:" + "9f" * 16)
    assert records.events.between(SITE, 0, NOW + 1) == [SiteEvent(SITE, "pi-1", event)]
    assert records.events.between(SITE, 0, NOW + 1, limit=1) == [SiteEvent(SITE, "pi-1", event)]
