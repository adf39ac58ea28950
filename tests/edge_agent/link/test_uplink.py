"""The uplink on a real broker: a batch is forgotten on the cloud's receipt alone; live values go first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge_agent.broker import Broker
from edge_agent.link import delivery, uplink
from edge_agent.link.status import spool_status
from edge_agent.link.uplink import Uplink
from edge_agent.spool.contents import Parcel, Sealed
from edge_agent.spool.spool import Spool
from edge_agent.spool.thread import SpoolThread
from store.log.contract import Entry
from store.records.registry import Directory
from tests.edge_agent.cloud import AGENT, SITE, TOPIC, cloud, until
from tests.servers import Mosquitto
from wire import receipt as wire_receipt
from wire.batch import Batch, Frame, encode
from wire.payload import digest
from wire.ranges import Ranges
from wire.receipt import Receipt, Refusal
from wire.status import Status

NOW_MS = 1_764_000_000_000
MIB = 1 << 20


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker", "allow_anonymous true\nmax_queued_messages 0") as running:
        yield running


def frame(count: int) -> Frame:
    """One reading that says which it is."""
    return Frame(device="m", time=[NOW_MS + count], values={"active_energy_import": [float(count)]})


class Edge:
    """A spool with an uplink, without lines."""

    def __init__(self, spool: SpoolThread, target: Broker, beat_s: float = 10.0) -> None:
        self.spool = spool
        self.uplink = Uplink(SITE, AGENT, target, spool, self._status, lambda: NOW_MS, beat_s)
        self.count = 0

    async def _status(self, online: bool) -> Status:
        depth, _ = await self.spool.state()
        return Status(
            online=online,
            sent=NOW_MS,
            stream=self.spool.stream,
            spool=spool_status(depth),
            uplink=self.uplink.counters(),
        )

    async def seal(self, how_many: int = 1) -> list[Sealed]:
        """Take readings: an increasing counter, one a batch."""
        parcels: list[Parcel] = []
        for _ in range(how_many):
            self.count += 1
            parcels.append(([frame(self.count)], []))
        sealed = await self.spool.seal_all(parcels, NOW_MS)
        for batch in sealed:
            self.uplink.sealed(batch)
        return sealed

    async def waiting(self) -> int:
        """Batches in the spool."""
        return (await self.spool.state())[0].batches

    async def until_empty(self) -> None:
        """Wait until everything is receipted and forgotten."""
        await self.until_waiting(0)

    async def until_waiting(self, batches: int) -> None:
        """Wait until so many batches are in the spool."""
        await until(lambda: self.spool.batches == batches, what=f"{batches} batches in the spool")


@asynccontextmanager
async def edge(path: Path, port: int, *, backlog: int = 0, beat_s: float = 10.0) -> AsyncIterator[Edge]:
    spool = SpoolThread(Spool.open(path, 64 * MIB, NOW_MS))
    one = Edge(spool, Broker("127.0.0.1", port), beat_s)
    for start in range(0, backlog, 500):
        await one.seal(min(500, backlog - start))
    task = asyncio.create_task(one.uplink.run())
    try:
        yield one
    finally:
        one.uplink.stop()
        async with asyncio.timeout(10):
            await task
        await spool.close()


async def test_what_is_receipted_is_forgotten(tmp_path: Path, broker: Mosquitto) -> None:
    async with cloud(broker.port) as sky, edge(tmp_path / "spool.db", broker.port) as agent:
        await until(lambda: agent.uplink.connected)
        await agent.seal(3)
        await agent.until_empty()
        assert sorted(sky.seqs()) == [1, 2, 3]
        assert agent.uplink.counters().accepted == 3
        assert agent.uplink.counters().resent == 0


async def test_without_a_receipt_everything_is_kept_and_sent_again(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "RECEIPT_TIMEOUT_S", 0.2)
    path = tmp_path / "spool.db"
    async with cloud(broker.port, answers=False) as sky, edge(path, broker.port) as agent:
        await agent.seal(2)
        await until(lambda: sky.seqs().count(1) >= 2 and sky.seqs().count(2) >= 2, what="resending")
        assert await agent.waiting() == 2
        assert len(set(sky.payloads)) == 2, "a resend is the same bytes"
        async with sky.answering():
            await agent.until_empty()
        assert len(sky.logged()) == 2


async def test_a_batch_left_unanswered_does_not_hold_the_others_back(
    tmp_path: Path, broker: Mosquitto
) -> None:
    path = tmp_path / "spool.db"
    async with cloud(broker.port, answers=False) as sky, edge(path, broker.port) as agent:
        await agent.seal(500)
        came: list[int] = []
        while len(came) < 499:
            await until(lambda: set(sky.seqs()) - {2} > set(came), what="others")  # noqa: B023
            came = sorted(set(sky.seqs()) - {2})
            for receipt in wire_receipt.split(agent.spool.stream, Ranges((n, n) for n in came).pairs(), []):
                await sky.send(receipt)
        await agent.until_waiting(1)
        assert [batch.seq for batch in await agent.spool.unsent(0, 10)] == [2]


async def test_receipts_repeated_foreign_or_for_numbers_to_come_do_no_harm(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "RECEIPT_TIMEOUT_S", 0.5)
    path = tmp_path / "spool.db"
    async with cloud(broker.port, answers=False) as sky, edge(path, broker.port) as agent:
        await until(lambda: agent.uplink.connected)
        stream = agent.spool.stream
        async with sky.answering():
            await agent.seal(2)
            await agent.until_empty()
        await sky.send(Receipt(stream=stream, accepted=[(1, 2), (1, 1)]))
        await sky.send(Receipt(stream=stream, accepted=[(3, 1 << 50)]))
        await sky.send(Receipt(stream="0" * 26, accepted=[(3, 4)]))
        await sky.client.publish(f"{TOPIC}/receipt", b"\x00 no receipt")
        await agent.seal(2)
        await until(lambda: {3, 4} <= set(sky.seqs()), what="numbers named too early still go out")
        assert await agent.waiting() == 2
        async with sky.answering():
            await agent.until_empty()


async def test_a_refused_batch_is_in_quarantine_so_it_is_forgotten_and_counted(
    tmp_path: Path, broker: Mosquitto
) -> None:
    """Several hundred refusals, each with its reason in words: more than one receipt holds, and packed."""
    nobody = Directory(agents={}, devices={})
    path = tmp_path / "spool.db"
    async with cloud(broker.port, directory=nobody) as sky, edge(path, broker.port, backlog=300) as agent:
        await agent.until_empty()
        assert (agent.uplink.counters().accepted, agent.uplink.counters().refused) == (0, 300)
        assert agent.uplink.counters().resent == 0
        assert {item.seq for item in sky.records.quarantine.items(1000)} >= set(range(1, 301))
        await until(lambda: sky.statuses[-1].uplink.refused == 300, what="status naming the refusals")


async def test_a_batch_refused_without_its_number_is_known_by_its_digest(
    tmp_path: Path, broker: Mosquitto
) -> None:
    path = tmp_path / "spool.db"
    async with cloud(broker.port, answers=False) as sky, edge(path, broker.port) as agent:
        first, _ = await agent.seal(2)
        await until(lambda: len(set(sky.seqs())) == 2)
        await sky.send(Receipt(refused=[Refusal(digest=digest(first.payload), reason="unreadable")]))
        await agent.until_waiting(1)
        assert agent.uplink.counters().refused == 1


async def test_numbers_that_have_come_with_other_content_are_set_aside_and_a_new_stream_begins(
    tmp_path: Path, broker: Mosquitto
) -> None:
    """A machine whose memory and disk were set back: its stream goes on from an old number."""
    path = tmp_path / "spool.db"
    async with cloud(broker.port) as sky, edge(path, broker.port) as agent:
        stale = agent.spool.stream
        first = Batch(stream=stale, seq=1, sent=NOW_MS, frames=[frame(9)])
        others = [first.model_copy(update={"seq": seq}) for seq in range(1, 6)]
        entries = [Entry(SITE, AGENT, stale, one.seq, encode(one)) for one in others]
        sky.log.append(entries, NOW_MS)
        await agent.seal(2)
        await agent.until_empty()
        await until(lambda: agent.spool.stream != stale, what="a new stream")
        refused = {(item.reason, item.seq) for item in sky.records.quarantine.items()}
        assert refused == {("duplicate_identity", 1), ("duplicate_identity", 2)}
        await agent.seal(3)
        await agent.until_empty()
        assert sorted(sky.logged()[5:]) == [(agent.spool.stream, seq) for seq in (1, 2, 3)]
        assert agent.uplink.counters().refused == 2


async def test_after_an_outage_live_values_do_not_wait_for_the_backlog(
    tmp_path: Path, broker: Mosquitto
) -> None:
    async with cloud(broker.port) as sky, edge(tmp_path / "spool.db", broker.port, backlog=5000) as agent:
        await until(lambda: len(sky.batches) > 200)
        (now,) = await agent.seal()
        ahead = agent.uplink.counters().sent
        await until(lambda: now.seq in sky.seqs(), what="the live batch")
        assert sky.seqs().index(now.seq) - ahead < delivery.LIVE_RESERVE
        assert 5000 in sky.seqs()[:40], "the newest of the backlog counts as live"
        assert len(set(sky.seqs())) < 5000, "the backlog is still draining"
        await agent.until_empty()
        assert agent.uplink.counters().accepted == 5001
        assert agent.uplink.counters().resent == 0


async def test_a_broker_that_dies_and_comes_back_costs_nothing(tmp_path: Path, broker: Mosquitto) -> None:
    async with edge(tmp_path / "spool.db", broker.port) as agent:
        async with cloud(broker.port):
            await agent.seal(5)
            await agent.until_empty()
            broker.kill()
        await agent.seal(5)
        broker.start()
        async with cloud(broker.port) as sky:
            await agent.seal(5)
            await agent.until_empty()
            assert set(sky.seqs()) >= set(range(6, 16))


async def test_the_end_of_a_backlog_is_told_before_the_next_beat(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that has read "200 batches are still to come" must not say so long after they came."""
    monkeypatch.setattr(delivery, "RECEIPT_TIMEOUT_S", 0.5)
    path = tmp_path / "spool.db"
    async with cloud(broker.port, answers=False) as sky, edge(path, broker.port, backlog=200, beat_s=600):
        await until(lambda: bool(sky.statuses) and len(sky.batches) > 50, what="a backlog on its way")
        assert sky.statuses[-1].spool.batches == 200
        async with sky.answering():
            await until(lambda: sky.statuses[-1].spool.batches == 0, timeout_s=15, what="told")


async def test_a_puback_is_no_receipt(tmp_path: Path) -> None:
    rules = tmp_path / "acl"
    closed = f"topic read {TOPIC}/receipt\ntopic write {TOPIC}/status\nuser cloud\ntopic readwrite #\n"
    rules.write_text(closed)
    passwords = tmp_path / "passwords"
    passwords.write_text("cloud:secret\n")
    config = f"allow_anonymous true\nacl_file {rules}"
    with Mosquitto(tmp_path / "broker", config) as broker:
        async with (
            cloud(broker.port, username="cloud") as sky,
            edge(tmp_path / "spool.db", broker.port) as agent,
        ):
            await until(lambda: len(sky.statuses) > 0)
            await agent.seal(3)
            await until(lambda: agent.uplink.counters().sent == 3)
            assert await agent.waiting() == 3
            assert sky.batches == []
        rules.write_text("topic readwrite #\n" + closed)
        broker.stop()
        broker.start()
        async with (
            cloud(broker.port, username="cloud") as sky,
            edge(tmp_path / "spool.db", broker.port) as agent,
        ):
            await agent.until_empty()
            assert set(sky.seqs()) == {1, 2, 3}


async def test_the_last_will_and_the_farewell_say_offline(tmp_path: Path, broker: Mosquitto) -> None:
    async with cloud(broker.port) as sky:
        async with edge(tmp_path / "spool.db", broker.port) as agent:
            stream = agent.spool.stream
            await until(lambda: bool(sky.statuses) and sky.statuses[-1].online)
        await until(lambda: not sky.statuses[-1].online)
        assert sky.statuses[-1].stream == stream


async def test_it_ends_when_told_to_at_whatever_moment(tmp_path: Path, broker: Mosquitto) -> None:
    """Also when the end comes together with a receipt, a PUBACK or a batch just sealed."""
    async with cloud(broker.port):
        for number in range(40):
            async with edge(tmp_path / f"spool-{number}.db", broker.port, beat_s=1.0) as one:
                await until(lambda one=one: one.uplink.connected, what="connected")  # type: ignore[misc]
                for _ in range(number % 8):
                    await one.seal()
                    one.uplink.status_changed()


async def test_a_connection_closed_before_it_was_answered_is_not_waited_for(
    tmp_path: Path, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy whose broker is away takes the connection and closes it."""
    monkeypatch.setattr(uplink, "ANSWER_WITHIN_S", 0.3)
    taken = 0

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        taken += 1
        writer.close()

    server = await asyncio.start_server(close, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    async with server, edge(tmp_path / "spool.db", port):
        await until(lambda: taken > 1, what="a second try")
