"""Ingest against real brokers: a receipt is the word that a batch is on disk, whatever comes and breaks."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingest import known
from ingest.receive import BrokerAddress
from ingest.writer import Writer
from plumbline.embedded_broker import Credentials, EmbeddedBroker
from store.errors import StoreError
from store.log.contract import Standing
from store.records.registry import Directory
from store.timeseries.contract import Block, Differences
from store.timeseries.sqlite import SqliteTimeSeries
from tests.embedded import kept
from tests.ingest.site import NOW, SITE, STREAM, Cloud, agent, batch, edge, running, until
from tests.logged import batches
from tests.servers import Mosquitto
from wire import batch as wire_batch
from wire import payload as wire_payload
from wire import status as wire_status
from wire.status import Status


@dataclass
class Broker:
    """A real broker and how to kill it and have it back."""

    cloud: BrokerAddress
    agent: BrokerAddress
    mosquitto: Mosquitto | None = None
    embedded: EmbeddedBroker | None = None

    async def die_and_return(self) -> None:
        if self.mosquitto is not None:
            self.mosquitto.kill()
            await asyncio.to_thread(self.mosquitto.start)
        if self.embedded is not None:
            killed = self.embedded.pid
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
            await until(lambda: self.embedded is not None and self.embedded.pid not in (None, killed), "back")


@pytest.fixture(params=["mosquitto", "embedded"])
async def broker(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Broker]:
    if request.param == "mosquitto":
        server = Mosquitto(tmp_path / "mosquitto").start()
        address = BrokerAddress("127.0.0.1", server.port)
        yield Broker(address, address, mosquitto=server)
        server.stop()
        return
    users = {"cloud": Credentials("of the cloud"), "pi": Credentials("of the agent", SITE, "pi-1")}
    async with kept(tmp_path / "broker", users) as embedded:
        addresses = [
            BrokerAddress("127.0.0.1", embedded.port, name, user.password) for name, user in users.items()
        ]
        yield Broker(addresses[0], addresses[1], embedded=embedded)


async def test_what_has_a_receipt_is_in_the_log_and_soon_in_the_store(broker: Broker, tmp_path: Path) -> None:
    async with running(Cloud(tmp_path, broker.cloud)) as cloud, edge(broker.agent, tmp_path) as site:
        await site.seal(50)
        await site.receipted()
        assert cloud.log.streams(SITE) == {("pi-1", site.spool.stream): [(1, 50)]}
        await until(lambda: len(cloud.frequencies()) == 50, "readings in the store")
        assert cloud.ingest.counters.readings == cloud.writer.counters.readings == 50


async def test_the_same_batch_five_times_is_one_row_and_five_receipts(broker: Broker, tmp_path: Path) -> None:
    async with running(Cloud(tmp_path, broker.cloud)) as cloud, agent(broker.agent) as site:
        for count in range(1, 6):
            await site.send_batches(1)
            await until(lambda count=count: len(site.receipts) == count, "a receipt")  # type: ignore[misc]
        assert len(batches(cloud.log)) == 1
        assert cloud.ingest.counters.duplicates == 4
        await until(lambda: cloud.frequencies() == [NOW + 10], "one row")


async def test_a_broker_that_dies_is_found_again(broker: Broker, tmp_path: Path) -> None:
    async with running(Cloud(tmp_path, broker.cloud)) as cloud, edge(broker.agent, tmp_path) as site:
        await site.seal(1)
        await site.receipted()
        await broker.die_and_return()
        counters = cloud.ingest.receiver.counters
        await until(lambda: counters.connections == 2 and counters.connected, "connected again")
        await site.seal(1)
        await site.receipted()
        assert cloud.log.streams(SITE) == {("pi-1", site.spool.stream): [(1, 2)]}


async def test_what_is_refused_is_in_quarantine_before_its_agent_hears_of_it(
    broker: Broker, tmp_path: Path
) -> None:
    broken = b'{"v":1,"stream":"' + STREAM.encode() + b'","seq":9,"sent":"never"}'
    async with running(Cloud(tmp_path, broker.cloud)) as cloud, agent(broker.agent) as site:
        await site.send(broken)
        await site.send(b"{noise")
        await until(lambda: sum(len(one.refused) for one in site.receipts) == 2, "refusals")
        refusals = {one.reason: one for receipt in site.receipts for one in receipt.refused}
        assert refusals["schema"].seq == 9
        assert refusals["unreadable"].digest == wire_payload.digest(b"{noise")
        kept = cloud.records.quarantine.items()
        assert {(item.payload, item.reason) for item in kept} == {
            (broken, "schema"),
            (b"{noise", "unreadable"),
        }
        assert batches(cloud.log) == []
        assert cloud.ingest.counters.refused == 2


async def test_a_partly_refused_batch_has_its_receipt_and_the_bad_part_of_it_in_quarantine(
    broker: Broker, tmp_path: Path
) -> None:
    payload = wire_batch.encode(batch(1, values=(50.0, 5000.0, 49.0)))
    async with running(Cloud(tmp_path, broker.cloud)) as cloud, agent(broker.agent) as site:
        await site.send(payload)
        await site.has(1, 1)
        (kept,) = cloud.records.quarantine.items()
        assert (kept.reason, kept.seq) == ("implausible", 1)
        (aside,) = wire_batch.decode(kept.payload).frames
        assert (aside.time, aside.values) == ([NOW + 11], {"frequency": [5000.0]})
        assert "5000" in kept.detail
        await until(lambda: cloud.frequencies() == [NOW + 10, NOW + 12], "the rest in the store")
        assert cloud.ingest.counters.partly_refused == 1


async def test_events_reach_the_records(broker: Broker, tmp_path: Path) -> None:
    async with running(Cloud(tmp_path, broker.cloud)) as cloud, agent(broker.agent) as site:
        await site.send(wire_batch.encode(batch(1, badge=True)))
        await until(lambda: len(cloud.records.events.between(SITE, 0, NOW * 2)) == 1, "the event")
        assert cloud.records.readers.position("events") == batches(cloud.log)[-1].offset


async def test_a_status_is_kept_and_a_broken_one_set_aside(broker: Broker, tmp_path: Path) -> None:
    status = Status(online=True, sent=NOW, stream=STREAM)
    async with agent(broker.agent) as site:
        await site.send(status.model_dump_json().encode(), "status", retain=True)
        async with running(Cloud(tmp_path, broker.cloud)) as cloud:
            await until(lambda: len(cloud.records.agent_states.of(SITE)) == 1, "the retained status")
            assert cloud.records.agent_states.of(SITE)[0].status == status
            await site.send(b'{"online":"perhaps"}', "status")
            await until(lambda: len(cloud.records.quarantine.items()) == 1, "the broken status")
            assert cloud.records.agent_states.of(SITE)[0].status == status


class FullDisk(Cloud):
    """The disk of the log takes nothing until it is emptied."""

    def fill(self) -> None:
        self._limit("PRAGMA max_page_count = 1")

    def empty(self) -> None:
        self._limit("PRAGMA max_page_count = 1000000")

    def _limit(self, pragma: str) -> None:
        with self.log._database.write() as connection:
            connection.execute(pragma)


async def test_a_full_disk_gives_no_receipt_and_when_emptied_all_of_them(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    large = tuple([50.0 + at / 1000 for at in range(9)] * 200)
    async with running(FullDisk(tmp_path, broker.cloud)) as cloud, agent(broker.agent) as site:
        assert isinstance(cloud, FullDisk)
        cloud.fill()
        payloads = [batch(seq, values=large) for seq in range(1, 6)]
        for one in payloads:
            await site.send(one.model_dump_json().encode())
        await until(lambda: cloud.ingest.counters.store_failures > 0, "a failed append")
        assert site.receipts == []
        assert batches(cloud.log) == []
        cloud.empty()
        await site.has(1, 5)
        assert len(batches(cloud.log)) == 5
    assert any("full" in record.getMessage() for record in caplog.records)


async def test_two_workers_on_one_log_give_one_row_each(broker: Broker, tmp_path: Path) -> None:
    """Both hear everything (MQTT 3.1.1 shares no subscription), both answer; the log takes each once."""
    first, second = Cloud(tmp_path, broker.cloud), Cloud(tmp_path, broker.cloud)
    async with running(first), running(second), edge(broker.agent, tmp_path) as site:
        await site.seal(30)
        await until(
            lambda: first.ingest.counters.batches == second.ingest.counters.batches == 30, "both heard"
        )
        await site.receipted()
        await until(lambda: len(first.frequencies()) == 30, "readings in the store")
        appended = first.ingest.counters.appended + second.ingest.counters.appended
        assert appended == len(batches(first.log)) == 30


async def test_a_closed_store_is_no_crash(broker: Broker, tmp_path: Path, caplog: Any) -> None:
    cloud = Cloud(tmp_path, broker.cloud)
    async with running(cloud), agent(broker.agent) as site:
        cloud.records.close()
        with pytest.raises(StoreError):
            cloud.records.quarantine.items()
        await site.send_batches(1)
        await site.has(1, 1)
        await until(lambda: cloud.frequencies() == [NOW + 10], "readings go on without the records")


async def test_a_device_registered_a_moment_ago_is_known(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something unknown asks the registry anew before it is set aside."""
    monkeypatch.setattr(known, "RENEW_AT_MOST_EVERY_S", 0)
    listed = {"meter-main"}

    def directory() -> Directory:
        return Directory(devices={SITE: frozenset(listed)})

    async with running(Cloud(tmp_path, broker.cloud, directory)) as cloud, agent(broker.agent) as site:
        await site.send(wire_batch.encode(batch(1, badge=True)))
        await site.has(1, 1)
        (kept,) = cloud.records.quarantine.items()
        assert (kept.reason, kept.seq) == ("unknown_device", 1)
        assert "gate" in kept.detail
        assert cloud.records.events.between(SITE, 0, NOW * 2) == []
        listed.add("gate")
        await site.send(wire_batch.encode(batch(2, badge=True)))
        await until(lambda: len(cloud.records.events.between(SITE, 0, NOW * 2)) == 1, "the event")
        assert len(cloud.records.quarantine.items()) == 1


async def test_a_stranger_is_told_so_and_kept_in_quarantine(broker: Broker, tmp_path: Path) -> None:
    async with running(Cloud(tmp_path, broker.cloud, Directory)) as cloud, agent(broker.agent) as site:
        await site.send_batches(1)
        await until(lambda: bool(site.receipts), "a receipt")
        (refusal,) = site.receipts[0].refused
        assert (refusal.reason, refusal.seq) == ("wrong_site", 1)
        assert cloud.records.quarantine.items()[0].reason == "wrong_site"
        assert batches(cloud.log) == []


async def test_the_same_number_with_other_content_is_refused_and_the_first_stands(
    broker: Broker, tmp_path: Path
) -> None:
    first, other = batch(1, values=(50.0,)), batch(1, values=(49.0,))
    async with running(Cloud(tmp_path, broker.cloud)) as cloud, agent(broker.agent) as site:
        await site.send(wire_batch.encode(first))
        await site.has(1, 1)
        await site.send(wire_payload.pack(first.model_dump_json().encode(), above_bytes=1))
        await until(lambda: len(site.receipts) == 2, "the receipt of a repeat, however it is packed")
        assert site.receipts[1].refused == []
        await site.send(wire_batch.encode(other))
        await until(lambda: len(site.receipts) == 3, "an answer to other content")
        assert [one.reason for one in site.receipts[2].refused] == ["duplicate_identity"]
        (kept,) = cloud.records.quarantine.items()
        assert (kept.reason, kept.payload, kept.seq) == ("duplicate_identity", wire_batch.encode(other), 1)
        counters = cloud.ingest.counters
        assert (counters.duplicates, counters.conflicts, counters.refused) == (2, 1, 1)


@pytest.mark.parametrize("trimmed", [False, True], ids=["in the log", "trimmed"])
async def test_what_was_partly_accepted_comes_again_as_a_repeat_whatever_would_be_taken_now(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trimmed: bool
) -> None:
    """Its receipt was lost, and meanwhile a device was entered (or the cloud's clock was set)."""
    monkeypatch.setattr(known, "RENEW_AT_MOST_EVERY_S", 0)
    listed, payload = {"meter-main"}, wire_batch.encode(batch(1, badge=True))

    def directory() -> Directory:
        return Directory(devices={SITE: frozenset(listed)})

    async with running(Cloud(tmp_path, broker.cloud, directory)) as cloud, agent(broker.agent) as site:
        await site.send(payload)
        await site.has(1, 1)
        listed.add("gate")
        await site.send(wire_batch.encode(batch(2, badge=True)))
        await until(lambda: len(cloud.records.events.between(SITE, 0, NOW * 2)) == 1, "the newer directory")
        if trimmed:
            assert cloud.log.trim(NOW + 1, 2) == 2
        await site.send(payload)
        await until(lambda: cloud.ingest.counters.duplicates == 1, "the repeat")
        await until(lambda: len(site.receipts) == 3, "its receipt")
        assert site.receipts[2].refused == []
        assert cloud.ingest.counters.conflicts == 0
        assert [item.reason for item in cloud.records.quarantine.items()] == ["unknown_device"]


async def test_two_batches_of_one_number_in_one_group_are_told_apart(broker: Broker, tmp_path: Path) -> None:
    pair = [wire_batch.encode(batch(1, values=(value,))) for value in (50.0, 49.0)]
    async with running(Cloud(tmp_path, broker.cloud)) as cloud, agent(broker.agent) as site:
        await asyncio.gather(*(site.send(payload) for payload in pair))
        await until(lambda: len(cloud.records.quarantine.items()) == 1, "the second in quarantine")
        assert cloud.log.standing([(SITE, "pi-1", STREAM, 1)]) == [Standing(pair[0])]


async def test_after_the_log_was_trimmed_a_repeat_is_told_from_other_content(
    broker: Broker, tmp_path: Path
) -> None:
    """An old card image counts on from an old number; a receipt that was lost makes a mere repeat."""
    first, other = batch(1, values=(50.0,)), batch(1, values=(49.0,))
    async with running(Cloud(tmp_path, broker.cloud)) as cloud, agent(broker.agent) as site:
        await site.send(wire_batch.encode(first))
        await site.has(1, 1)
        await until(lambda: cloud.frequencies() != [], "the first in the store")
        last = cloud.log.last_offset()
        assert cloud.log.trim(NOW + 1, last) == last
        await site.send(wire_batch.encode(first))
        await until(lambda: len(site.receipts) == 2, "the receipt of a repeat")
        assert site.receipts[1].refused == []
        assert cloud.records.quarantine.items() == []
        await site.send(wire_batch.encode(other))
        await until(lambda: len(site.receipts) == 3, "an answer to other content")
        assert [one.reason for one in site.receipts[2].refused] == ["duplicate_identity"]
        cloud.log.trim(NOW + 1, last, NOW + 1)
        await site.send(wire_batch.encode(first))
        await until(lambda: len(site.receipts) == 4, "an answer where nobody can tell")
        assert [one.reason for one in site.receipts[3].refused] == ["stale_stream"]
        assert [item.payload for item in cloud.records.quarantine.items()] == [
            wire_batch.encode(one) for one in (other, first)
        ]
        assert cloud.log.last_offset() == last


class Away(SqliteTimeSeries):
    """A time-series server that can be away."""

    away = False

    def write(self, blocks: Sequence[Block], position: int, differences: Differences | None = None) -> int:
        if self.away:
            raise StoreError("time series: connection refused")
        return super().write(blocks, position, differences)


class AwayCloud(Cloud):
    """A cloud whose time series is `Away`."""

    def __init__(self, folder: Path, address: BrokerAddress) -> None:
        super().__init__(folder, address)
        self.timeseries.close()
        self.away = self.timeseries = Away(folder / "timeseries.db")
        self.recent.bound = 50
        self.writer = Writer(
            self.log, self.timeseries, self.records, self.hint, self.clock, recent=self.recent
        )


async def test_while_the_time_series_is_away_receipts_go_on_and_memory_does_not_grow(
    broker: Broker, tmp_path: Path
) -> None:
    cloud = AwayCloud(tmp_path, broker.cloud)
    cloud.away.away = True
    async with running(cloud), edge(broker.agent, tmp_path) as site:
        await site.seal(300)
        await site.receipted()
        assert cloud.recent.held <= cloud.recent.bound
        assert cloud.frequencies() == []
        cloud.away.away = False
        await until(lambda: len(cloud.frequencies()) == 300, "caught up")
        await site.seal(1)
        await site.receipted()


async def test_a_clock_of_ours_that_is_behind_is_recognised_and_right_readings_are_taken(
    broker: Broker, tmp_path: Path
) -> None:
    """It went back by as much as the agent is ahead of it."""
    cloud = Cloud(tmp_path, broker.cloud)
    cloud.now_ms = NOW - 3_600_000
    async with running(cloud), agent(broker.agent) as one:
        for second in (0, 1):
            said = Status(online=True, sent=NOW + 1000 * second, stream=STREAM)
            await one.send(wire_status.encode(said), "status")
        await until(lambda: cloud.ingest.clocks.behind_ms > 0, "it is recognised")
        await one.send_batches(1)
        await until(lambda: cloud.frequencies() == [NOW + 10], "the reading")
        why = {part.name: part.well() for part in cloud.ingest.parts()}["clock"]
        assert why in (
            "this machine's clock is behind by about 3600 s",
            "this machine's clock is behind by about 3601 s",
        )
        assert cloud.records.quarantine.items() == []
        state = next(iter(cloud.records.agent_states.of(SITE)), None)
        assert state is not None
