"""Statuses go beside the batches: the newest of each agent, bounded, and none is in the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.judge import judge_status
from ingest.receive import Arrival
from ingest.statuses import Statuses
from store.engine import sqlite_url
from store.errors import StoreError
from store.log.change import Change
from store.log.decoder import Decoder
from store.log.hint import Hint
from store.log.sqlite import SqliteLog
from store.records.contract import AgentState, Quarantined
from store.records.records import Records, Transaction
from store.records.registry import Directory
from tests.ingest.site import NOW, SITE, STREAM, until
from wire import payload as wire_payload
from wire.status import SILENT_AFTER_MS, Status
from wire.topics import Topic

ONLINE = Status(online=True, sent=NOW - 1, stream=STREAM)


def judge(arrival: Arrival, now: int, directory: Directory | None) -> AgentState | Quarantined:
    return judge_status(arrival.topic, arrival.payload, now, directory)


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


@dataclass
class Stand:
    """Real stores; time goes on when it is told to."""

    log: SqliteLog
    records: Flaky
    now: int = NOW

    def statuses(self, bound: int = 10_000) -> Statuses:
        return Statuses(self.log, self.records, Hint(), lambda: self.now, lambda: [SITE], bound)

    def say(self, statuses: Statuses, agent: str = "pi-1", online: bool = True) -> None:
        said = Status(online=online, sent=self.now, stream=STREAM).model_dump_json().encode()
        statuses.note(judge(arrival(agent, payload=said), self.now, None))

    def told(self) -> list[tuple[str, str]]:
        """What stands in the log: the agent, and came, went or silent."""
        decoder = Decoder(self.records)
        changes = [(record.entry.agent, decoder.change(record)) for record in self.log.read(0, 1_000)]
        return [(agent, _word(change)) for agent, change in changes if change is not None]


def _word(change: Change) -> str:
    return "silent" if change.quiet else "came" if change.status.online else "went"


@pytest.fixture
def stand(tmp_path: Path, records: Flaky) -> Iterator[Stand]:
    log = SqliteLog(tmp_path / "log.db")
    yield Stand(log, records)
    log.close()


@asynccontextmanager
async def at_work(statuses: Statuses) -> AsyncIterator[Statuses]:
    running = asyncio.create_task(statuses.run())
    try:
        yield statuses
    finally:
        running.cancel()


async def test_coming_and_going_stand_in_the_log_beats_do_not(stand: Stand) -> None:
    async with at_work(stand.statuses()) as statuses:
        for online in (True, True, True, False, True):
            stand.now += 10_000
            stand.say(statuses, online=online)
        await until(lambda: stand.told()[2:] == [("pi-1", "came")], "the last")
    assert stand.told() == [("pi-1", "came"), ("pi-1", "went"), ("pi-1", "came")]


async def test_two_workers_and_a_restart_enter_a_change_once(stand: Stand) -> None:
    async with at_work(stand.statuses()) as one, at_work(stand.statuses()) as other:
        stand.say(one)
        stand.say(other)
        await until(lambda: len(one) + len(other) == 0 and records_say(stand) == stand.now, "both")
    async with at_work(stand.statuses()) as again:
        stand.now += 1_000
        stand.say(again)
        await until(lambda: records_say(stand) == stand.now, "the beat")
    assert stand.told() == [("pi-1", "came")]


def records_say(stand: Stand) -> int:
    return max((state.received for state in stand.records.agent_states.of(SITE)), default=0)


async def test_an_agent_that_says_nothing_for_long_is_told_silent_once(stand: Stand) -> None:
    async with at_work(stand.statuses()) as statuses:
        statuses.listen(heard=True)
        stand.say(statuses)
        await until(lambda: stand.told() == [("pi-1", "came")], "it came")
        for _ in range(2):
            stand.now += SILENT_AFTER_MS
            stand.say(statuses, "pi-2")
            await until(lambda: ("pi-1", "silent") in stand.told(), "silence")
        stand.say(statuses)
        await until(lambda: stand.told()[-1] == ("pi-1", "came"), "its next word")
    assert stand.told().count(("pi-1", "silent")) == 1


async def test_who_has_not_listened_long_calls_nobody_silent(stand: Stand) -> None:
    """After a restart of ours, an agent that has been silent the while gets as long as any other."""
    stand.records.agent_states.put(AgentState(SITE, "pi-1", NOW - 10 * SILENT_AFTER_MS, ONLINE))
    async with at_work(stand.statuses()) as statuses:
        statuses.listen(heard=True)
        stand.say(statuses, "pi-2")
        await until(lambda: ("pi-2", "came") in stand.told(), "another one")
        assert stand.log.listening_since() == NOW
        stand.now += SILENT_AFTER_MS - 1
        stand.say(statuses, "pi-2")
        await until(lambda: records_say(stand) == stand.now, "almost as long")
        assert ("pi-1", "silent") not in stand.told()
        stand.now += 1
        stand.say(statuses, "pi-2")
        await until(lambda: ("pi-1", "silent") in stand.told(), "as long")


async def test_while_the_broker_is_away_nobody_is_silent(stand: Stand) -> None:
    async with at_work(stand.statuses()) as statuses:
        statuses.listen(heard=True)
        stand.say(statuses)
        await until(lambda: stand.told() == [("pi-1", "came")], "it came")
        statuses.listen(heard=False)
        stand.now += 2 * SILENT_AFTER_MS
        stand.say(statuses, "pi-2")
        await until(lambda: ("pi-2", "came") in stand.told(), "another one")
    assert ("pi-1", "silent") not in stand.told()


async def test_changes_wait_in_order_while_a_store_is_away(stand: Stand) -> None:
    stand.records.failing = True
    async with at_work(stand.statuses()) as statuses:
        stand.say(statuses)
        await until(lambda: statuses.failures > 0, "a failure")
        for online in (False, True, True):
            stand.now += 1_000
            stand.say(statuses, online=online)
        stand.records.failing = False
        await until(lambda: records_say(stand) == stand.now, "all")
    assert [word for _, word in stand.told()] == ["came", "went", "came"]


async def test_while_the_store_is_away_the_newest_of_each_agent_waits(stand: Stand) -> None:
    statuses, records = stand.statuses(), stand.records
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


def test_at_the_bound_a_new_agent_s_status_is_dropped_and_counted(stand: Stand) -> None:
    statuses = stand.statuses(bound=2)
    for agent in ("pi-1", "pi-2", "pi-3", "pi-2"):
        statuses.note(judge(arrival(agent), NOW, None))
    assert (len(statuses), statuses.dropped) == (2, 1)


def test_a_compressed_status_is_read() -> None:
    packed = wire_payload.pack(arrival().payload, above_bytes=10)
    assert isinstance(judge(arrival(payload=packed), NOW, None), AgentState)
