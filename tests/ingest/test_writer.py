"""The writer: each store at its own pace, from where it was, however it ended."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ingest import writer as writer_module
from ingest.accept import blocks_of
from ingest.recent import LoggedBatch, Recent
from ingest.replay import Replay
from ingest.retention import WAIT_DAYS, Retention
from ingest.writer import Writer
from store.errors import StoreError
from store.log.contract import Entry
from store.log.hint import Hint
from store.log.sqlite import SqliteLog
from store.timeseries.contract import Block, Differences
from store.timeseries.sqlite import SqliteTimeSeries
from tests.ingest.site import NOW, SITE, STREAM, batch, until
from tests.records import open_records
from tests.servers import clean_environment, wait_until
from wire import batch as wire_batch
from wire import payload as wire_payload
from wire.durations import DAY_MS

ROOT = Path(__file__).parents[2]
RETENTION_MS = 1000
RETENTION = Retention(log_days=RETENTION_MS / 86_400_000)


class Stores:
    """The three stores in one folder, a log filled by hand."""

    def __init__(self, folder: Path) -> None:
        self.log = SqliteLog(folder / "log.db")
        self.timeseries_path = folder / "timeseries.db"
        self.timeseries = SqliteTimeSeries(self.timeseries_path)
        self.records = open_records(folder)
        self.hint = Hint()

    def append(self, *seqs: int, badge: bool = False) -> list[int | None]:
        entries = [
            Entry(SITE, "pi-1", STREAM, seq, wire_batch.encode(batch(seq, badge=badge))) for seq in seqs
        ]
        return self.log.append(entries, NOW)

    def times(self) -> list[int]:
        return self.timeseries.raw(SITE, "meter-main", "frequency", 0, NOW * 2)[0]

    def writer(self, now_ms: int = NOW, recent: Recent | None = None) -> Writer:
        return Writer(self.log, self.timeseries, self.records, self.hint, lambda: now_ms, RETENTION, recent)

    def close(self) -> None:
        for store in (self.log, self.timeseries, self.records):
            store.close()


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = Stores(tmp_path)
    yield opened
    opened.close()


@asynccontextmanager
async def at_work(writer: Writer) -> AsyncIterator[Writer]:
    stop = asyncio.Event()
    task = asyncio.create_task(writer.run(stop))
    try:
        yield writer
    finally:
        stop.set()
        await task


def expected(*seqs: int) -> list[int]:
    return [NOW + 10 * seq for seq in seqs]


async def test_it_writes_what_is_there_and_what_comes(stores: Stores) -> None:
    stores.append(1, 2, 3)
    async with at_work(stores.writer()):
        await until(lambda: stores.times() == expected(1, 2, 3), "what was there")
        stores.append(4)
        stores.hint.notify()
        await until(lambda: stores.times() == expected(1, 2, 3, 4), "what came")


async def test_without_a_hint_it_looks_all_the_same(stores: Stores) -> None:
    async with at_work(stores.writer()):
        await until(lambda: stores.hint.count == 0, "no hint")
        stores.append(1)
        await until(lambda: stores.times() == expected(1), "the reading")


async def test_started_again_it_goes_on_from_the_store_s_own_position(stores: Stores) -> None:
    stores.append(1, 2, 3)
    async with at_work(stores.writer()) as first:
        await until(lambda: first.counters.time_series_position == 3, "first run")
        await until(lambda: first.counters.events_position == 3, "first run")
    stores.append(4)
    async with at_work(stores.writer()) as second:
        await until(lambda: second.counters.time_series_position == 4, "second run")
        assert second.counters.readings == 1
    assert stores.times() == expected(1, 2, 3, 4)


def _lose(folder: Path) -> None:
    for file in folder.glob("timeseries.db*"):
        file.unlink()


async def test_a_time_series_that_was_lost_is_filled_anew_from_the_log(tmp_path: Path) -> None:
    stores = Stores(tmp_path)
    stores.append(*range(1, 20))
    async with at_work(stores.writer()) as writer:
        await until(lambda: writer.counters.time_series_position == 19, "first run")
    stores.close()
    _lose(tmp_path)
    again = Stores(tmp_path)
    async with at_work(again.writer()):
        await until(lambda: again.times() == expected(*range(1, 20)), "filled anew")
    again.close()


class Flaky(SqliteTimeSeries):
    """Fails as often as it is told, as a server that is down does."""

    failures = 0

    def write(self, blocks: Sequence[Block], position: int, differences: Differences | None = None) -> int:
        if self.failures > 0:
            self.failures -= 1
            raise StoreError("time series: connection refused")
        return super().write(blocks, position, differences)


async def test_a_store_that_is_down_holds_up_nobody_else(tmp_path: Path) -> None:
    stores = Stores(tmp_path)
    stores.timeseries.close()
    flaky = stores.timeseries = Flaky(tmp_path / "timeseries.db")
    flaky.failures = 1_000_000
    stores.append(1, 2, badge=True)
    async with at_work(stores.writer()) as writer:
        await until(lambda: len(stores.records.events.between(SITE, 0, NOW * 2)) == 2, "events go on")
        await until(lambda: writer.counters.store_failures > 0, "failures are counted")
        assert stores.timeseries.position() == 0
        flaky.failures = 1
        await until(lambda: stores.times() == expected(1, 2), "readings, when it is back")
    stores.close()


async def test_only_what_is_old_and_read_by_both_is_trimmed(tmp_path: Path) -> None:
    stores = Stores(tmp_path)
    stores.append(1, 2, 3)
    young = stores.writer(now_ms=NOW + RETENTION_MS)
    async with at_work(young):
        await until(lambda: stores.times() == expected(1, 2, 3), "readings")
        await until(lambda: stores.records.readers.position("events") == 3, "events")
    stores.timeseries.write([Block("elsewhere", "m", [NOW + RETENTION_MS], {"frequency": [50.0]})], 0)
    old = stores.writer(now_ms=NOW + RETENTION_MS + 1)
    assert len(stores.log.read(0, 10)) == 3
    async with at_work(old):
        await until(lambda: stores.log.read(0, 10) == [], "trimmed")
    assert stores.log.streams(SITE) == {("pi-1", STREAM): [(1, 3)]}
    stores.close()


async def test_what_a_store_has_not_read_is_never_trimmed(tmp_path: Path) -> None:
    stores = Stores(tmp_path)
    stores.append(1, 2)
    stores.timeseries.close()
    flaky = stores.timeseries = Flaky(tmp_path / "timeseries.db")
    flaky.failures = 1_000_000
    writer = stores.writer(now_ms=NOW * 2)
    async with at_work(writer):
        await until(lambda: stores.records.readers.position("events") == 2, "events")
        assert writer._trim()
    assert len(stores.log.read(0, 10)) == 2
    stores.close()


async def test_recent_batches_spare_the_log_and_others_come_from_it(stores: Stores) -> None:
    recent = Recent()
    offsets = stores.append(1, 2, 3, 4)
    for seq, offset in zip((3, 4), offsets[2:], strict=True):
        assert offset is not None
        recent.add(LoggedBatch(offset, SITE, "pi-1", blocks_of(SITE, batch(seq)), [], 1))
    async with at_work(stores.writer(recent=recent)):
        await until(lambda: stores.times() == expected(1, 2, 3, 4), "all of them")
        await until(lambda: recent.held == 0, "forgotten when both have read them")


async def test_the_log_is_read_only_as_far_as_there_is_no_short_cut(stores: Stores) -> None:
    recent = Recent()
    offsets = stores.append(1, 2, 3, 4)
    for seq, offset in zip((2, 3, 4), offsets[1:], strict=True):
        assert offset is not None
        recent.add(LoggedBatch(offset, SITE, "pi-1", blocks_of(SITE, batch(seq)), [], 1))
    writer = stores.writer(recent=recent)
    async with at_work(writer):
        await until(lambda: recent.held == 0, "both have read them")
    assert stores.times() == expected(1, 2, 3, 4)
    assert writer.counters.from_log == 2, "the first batch by each of the two readers"


def newer(seq: int) -> bytes:
    """A batch as a version to come writes it."""
    loaded = json.loads(wire_payload.unpack(wire_batch.encode(batch(seq, badge=True))))
    loaded["frames"][0]["phase"] = "L1"
    loaded["events"][0]["photo"] = {"of": "the gate"}
    loaded["events"].append({"device": "gate", "time": NOW, "kind": "smell"})
    return json.dumps(loaded | {"tariff": 2}).encode()


async def test_a_record_of_a_newer_version_is_read_without_what_nobody_knows_yet(stores: Stores) -> None:
    stores.log.append([Entry(SITE, "pi-1", STREAM, 1, newer(1))], NOW)
    async with at_work(stores.writer()) as writer:
        await until(lambda: stores.times() == expected(1), "its reading")
        await until(lambda: len(stores.records.events.between(SITE, 0, NOW * 2)) == 1, "its event")
    assert writer.counters.undecodable == 0
    assert stores.records.quarantine.items() == []


async def test_a_record_nobody_can_read_is_set_aside_once_and_the_rest_goes_on(stores: Stores) -> None:
    """By both readers of the log, and by both again after a restart."""
    stores.append(1)
    stores.log.append([Entry(SITE, "pi-1", STREAM, 2, b"\x28\xb5\x2f\xfd no batch")], NOW)
    stores.append(3, badge=True)
    async with at_work(stores.writer()) as writer:
        await until(lambda: stores.times() == expected(1, 3), "the others")
        await until(lambda: stores.records.readers.position("events") == 3, "their events")
    assert writer.counters.undecodable == 2
    rebuilt = SqliteTimeSeries(stores.timeseries_path.with_name("rebuilt.db"))
    again = Writer(stores.log, rebuilt, stores.records, stores.hint, lambda: NOW)
    async with at_work(again):
        await until(lambda: rebuilt.position() == 3, "read anew")
    rebuilt.close()
    (item,) = stores.records.quarantine.items()
    assert (item.reason, item.agent, item.stream, item.seq) == ("undecodable", "pi-1", STREAM, 2)
    assert "offset 2 of the log" in item.detail
    assert "replay" in item.detail, "the remedy"


async def test_when_idle_it_rolls_up(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "_ROLL_UP_EVERY_S", 0.05)
    stores.append(*range(1, 50))
    first, second = stores.writer(), stores.writer()
    async with at_work(first):
        await until(lambda: first.counters.time_series_position == 49, "written")
    # It looks for work at its start and then seldom: which of the two finds the minutes stale is chance.
    async with at_work(second):
        await until(lambda: first.counters.rolled_up + second.counters.rolled_up > 0, "rolled up")
    assert stores.timeseries.roll_up(100) == 0


@pytest.mark.processes
def test_killed_in_the_middle_of_its_work_every_reading_is_there_once(tmp_path: Path) -> None:
    """SIGKILL between and inside steps; afterwards the store holds what the log holds."""
    stores = Stores(tmp_path)
    stores.append(*range(1, 3001))
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "import ingest.writer\n"
        "from tests.ingest.test_writer import Stores\n"
        "ingest.writer.STEP_BATCHES = 40\n"
        "asyncio.run(Stores(Path(sys.argv[1])).writer().run(asyncio.Event()))\n"
    )
    for share in (1, 400, 900):
        child = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, env=clean_environment()
        )
        wait_until(lambda share=share: stores.timeseries.position() > share, what="some steps")  # type: ignore[misc]
        child.send_signal(signal.SIGKILL)
        child.wait()
        position = stores.timeseries.position()
        assert stores.times() == expected(*range(1, position + 1))

    async def finish() -> None:
        async with at_work(stores.writer()):
            await until(lambda: stores.timeseries.position() == 3000, "the rest")

    asyncio.run(finish())
    assert stores.times() == expected(*range(1, 3001))
    stores.close()


class Lagging(SqliteTimeSeries):
    """Calls durable only what it rolled up, as a store may; and counts what it is given."""

    given = 0
    durable = 0

    def position(self) -> int:
        return self.durable

    def write(self, blocks: Sequence[Block], position: int, differences: Differences | None = None) -> int:
        self.given += sum(len(block.time) for block in blocks)
        self.reached = position
        return super().write(blocks, position, differences)

    def roll_up(self, limit: int) -> int:
        done = super().roll_up(limit)
        self.durable = self.reached
        return done


@pytest.fixture
def lagging(tmp_path: Path) -> Iterator[tuple[Stores, Lagging]]:
    stores = Stores(tmp_path)
    stores.timeseries.close()
    store = Lagging(tmp_path / "timeseries.db")
    stores.timeseries = store
    yield stores, store
    stores.close()


async def test_a_store_that_calls_durable_less_than_it_has_is_given_each_batch_once(
    lagging: tuple[Stores, Lagging],
) -> None:
    stores, store = lagging
    stores.append(1, 2, 3)
    async with at_work(stores.writer()) as writer:
        await until(lambda: writer.counters.time_series_position == 3, "the first")
        stores.append(4)
        stores.hint.notify()
        await until(lambda: writer.counters.time_series_position == 4, "what came")
        assert store.given == 4


async def test_what_is_not_durable_yet_stays_in_the_log(lagging: tuple[Stores, Lagging]) -> None:
    stores, store = lagging
    stores.append(1, 2)
    writer = stores.writer(now_ms=NOW * 2)
    async with at_work(writer):
        await until(lambda: writer.counters.time_series_position == 2, "written")
        await until(lambda: stores.records.readers.position("events") == 2, "events")
    assert store.position() in (0, 2)
    if store.position() == 0:
        assert writer._trim()
        assert len(stores.log.read(0, 10)) == 2
    store.roll_up(100)
    assert writer._trim()
    assert stores.log.read(0, 10) == []


async def test_under_a_load_that_never_ends_it_rolls_up_all_the_same(
    lagging: tuple[Stores, Lagging], monkeypatch: pytest.MonkeyPatch
) -> None:
    stores, store = lagging
    stores.append(1, 2)
    writer = stores.writer()
    writer._step(writer._readings)
    stores.append(3)
    assert writer._roll_up()
    assert store.durable == 0
    monkeypatch.setattr(writer_module, "_ROLL_UP_AT_LEAST_EVERY_S", 0)
    assert writer._roll_up()
    assert store.durable == 2


def test_a_step_ends_where_it_has_readings_enough(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backlog's batches are large: the memory of a step is bounded by what they hold."""
    monkeypatch.setattr(writer_module, "STEP_READINGS", 5)
    entries = [
        Entry(SITE, "pi-1", STREAM, seq, wire_batch.encode(batch(seq, values=(50.0,) * 2)))
        for seq in range(1, 8)
    ]
    stores.log.append(entries, NOW)
    writer = stores.writer()
    steps = [writer._step(writer._readings) for _ in range(3)]
    assert [(step.batches, step.full) for step in steps] == [(3, True), (3, True), (1, False)]
    assert writer._readings.reached == 7


async def test_the_log_waits_for_every_reader_that_has_a_place_in_it(stores: Stores) -> None:
    """Findings R3; and one that is gone for good is not waited for without end."""
    stores.append(1, 2, 3)
    stores.records.readers.move("analytics", 1)
    writer = stores.writer(now_ms=NOW + RETENTION_MS + DAY_MS)
    async with at_work(writer):
        await until(lambda: writer.counters.time_series_position == 3, "readings")
        await until(lambda: writer.counters.events_position == 3, "events")
    assert writer._trim()
    assert [record.offset for record in stores.log.read(0, 10)] == [2, 3]
    assert writer.counters.log_waits_for == "analytics"
    gone = NOW + RETENTION_MS + round(WAIT_DAYS * DAY_MS)
    stores.timeseries.write([Block("elsewhere", "m", [gone], {"frequency": [50.0]})], 3)
    later = stores.writer(now_ms=gone + DAY_MS)
    assert later._trim()
    assert stores.log.read(0, 10) == []
    assert (later.counters.unread_trimmed, later.counters.log_waits_for) == (2, "analytics")
    stores.records.readers.move("analytics", 3)
    assert later._trim()
    assert later.counters.log_waits_for == ""


async def test_a_second_value_of_a_moment_is_set_aside_with_the_one_that_stands(stores: Stores) -> None:
    """Findings R4."""
    stores.timeseries.write([Block(SITE, "meter-main", [NOW + 10], {"frequency": [49.5]})], 0)
    stores.append(1)
    async with at_work(stores.writer()) as writer:
        await until(lambda: writer.counters.time_series_position == 1, "readings")
    (item,) = stores.records.quarantine.items()
    assert (item.reason, item.site, writer.counters.differing) == ("other_value", SITE, 1)
    assert b'"kept": 49.5' in item.payload
    replay = Replay(stores.log, stores.records, None, lambda: NOW)
    assert replay.item(item).outcome == "waiting"
