"""Statuses go beside the batches: the newest of each agent, bounded, and none is in the way."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingest.receive import Arrival
from ingest.statuses import Statuses, judge
from store.engine import sqlite_url
from store.errors import StoreError
from store.records.contract import AgentState, Quarantined
from store.records.records import Records, Transaction
from store.records.registry import Directory
from tests.ingest.site import NOW, SITE, STREAM, until
from wire import payload as wire_payload
from wire.status import Status
from wire.topics import Topic


def arrival(agent: str = "pi-1", sent: int = NOW, payload: bytes | None = None) -> Arrival:
    said = Status(online=True, sent=sent, stream=STREAM).model_dump_json().encode()
    return Arrival(Topic(SITE, agent, "status"), said if payload is None else payload)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"{noise", "unreadable"),
        (b'{"online":"perhaps"}', "schema"),
        (b"\x28\xb5\x2f\xfd no zstd", "unreadable"),
        (b"[" * 100_000, "too_large"),
    ],
)
def test_what_is_no_status_is_set_aside(payload: bytes, reason: str) -> None:
    found = judge(arrival(payload=payload), NOW, None)
    assert isinstance(found, Quarantined)
    assert (found.reason, found.payload) == (reason, payload)


def test_a_stranger_s_status_is_set_aside() -> None:
    found = judge(arrival(), NOW, Directory())
    assert isinstance(found, Quarantined)
    assert found.reason == "wrong_site"


class Flaky(Records):
    """Fails while it is told to."""

    failing = False

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        if self.failing:
            raise StoreError("records: connection refused")
        with super().begin() as done:
            yield done


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Flaky]:
    opened = Flaky(sqlite_url(tmp_path / "records.db"))
    yield opened
    opened.close()


async def test_while_the_store_is_away_the_newest_of_each_agent_waits(records: Flaky) -> None:
    statuses = Statuses(records)
    records.failing = True
    running = asyncio.create_task(statuses.run())
    statuses.note(judge(arrival(sent=NOW), NOW, None))
    await until(lambda: statuses.failures > 0, "a failure")
    statuses.note(judge(arrival(sent=NOW + 1), NOW + 1, None))
    statuses.note(judge(arrival("pi-2"), NOW, None))
    assert len(statuses) == 2
    records.failing = False
    await until(lambda: len(records.agent_states.of(SITE)) == 2, "both")
    assert {state.status.sent for state in records.agent_states.of(SITE)} == {NOW + 1, NOW}
    running.cancel()


def test_at_the_bound_a_new_agent_s_status_is_dropped_and_counted(records: Flaky) -> None:
    statuses = Statuses(records, bound=2)
    for agent in ("pi-1", "pi-2", "pi-3", "pi-2"):
        statuses.note(judge(arrival(agent), NOW, None))
    assert (len(statuses), statuses.dropped) == (2, 1)


def test_a_compressed_status_is_read() -> None:
    packed = wire_payload.pack(arrival().payload, above_bytes=10)
    assert isinstance(judge(arrival(payload=packed), NOW, None), AgentState)
