"""Every reading is in the store exactly once, whichever process is killed (invariant 1).

A reading is *taken* when it is in the spool. A SIGKILL of the agent may cost what it had read and not yet
sealed: what is gathered, at most two polls a device. Nothing else may cost anything.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest
import yaml

from tests.e2e.stack import Stack, truncate_tail
from tests.servers import Mosquitto, wait_until
from wire import receipt as wire_receipt
from wire.batch import Batch, Frame, encode
from wire.topics import topic

pytestmark = pytest.mark.processes
NOW_MS = 1_764_000_000_000


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "mosquitto") as running:
        yield running


def assert_exactly_once(stack: Stack, kills_of_the_agent: int = 0) -> None:
    for key, audit in stack.settle(allowed_missing=2 * kills_of_the_agent).items():
        assert audit.doubled == 0, f"{key} holds numbers twice"
        assert audit.numbers == sorted(audit.numbers), f"{key} is out of order"


def test_a_broker_gone_for_30_seconds_costs_nothing(tmp_path: Path, broker: Mosquitto) -> None:
    with Stack(tmp_path, broker) as stack:
        stack.start_all()
        stack.wait_produced(10)
        broker.kill()
        polls_before = min(stack.produced().values())
        stack.wait_produced(round(30 / interval_s(stack)))
        broker.start()
        assert min(stack.produced().values()) - polls_before >= 25 / interval_s(stack)
        stack.wait_produced(5)
        assert_exactly_once(stack)


def test_the_agent_killed_at_random_moments_loses_only_what_it_had_not_spooled(tmp_path: Path) -> None:
    chance = random.Random(17)
    kills = 4
    with Stack(tmp_path) as stack:
        stack.start_all()
        for _ in range(kills):
            stack.wait_produced(chance.randint(2, 12))
            stack.kill("agent")
            stack.start("agent")
        stack.wait_produced(4)
        assert_exactly_once(stack, kills)


def test_the_embedded_broker_killed_at_random_moments_costs_nothing(tmp_path: Path) -> None:
    chance = random.Random(18)
    with Stack(tmp_path) as stack:
        stack.start_all()
        for _ in range(3):
            stack.wait_produced(chance.randint(3, 15))
            killed = stack.embedded_broker_pid()
            os.kill(killed, signal.SIGKILL)
            wait_until(lambda killed=killed: _is_back(stack, killed), what="the broker restarted")  # type: ignore[misc]
        stack.wait_produced(5)
        assert_exactly_once(stack)


def test_the_cloud_killed_at_random_moments_costs_nothing(tmp_path: Path, broker: Mosquitto) -> None:
    chance = random.Random(19)
    with Stack(tmp_path, broker) as stack:
        stack.start_all()
        for _ in range(4):
            stack.wait_produced(chance.randint(3, 15))
            stack.kill("cloud")
            stack.wait_produced(chance.randint(1, 4))
            stack.start("cloud")
        stack.wait_produced(4)
        assert_exactly_once(stack)


def test_all_of_them_killed_together_cost_only_what_was_not_spooled(tmp_path: Path) -> None:
    with Stack(tmp_path) as stack:
        stack.start_all()
        stack.wait_produced(8)
        stack.kill("cloud")
        stack.kill("agent")
        stack.start("cloud")
        stack.start("agent")
        stack.wait_produced(5)
        assert_exactly_once(stack, kills_of_the_agent=1)


def test_an_agent_restarted_with_a_half_written_spool_goes_on(tmp_path: Path, broker: Mosquitto) -> None:
    """The tail of the write-ahead log is torn off, as by a power cut: only the torn batch may be gone."""
    with Stack(tmp_path, broker) as stack:
        stack.start("simulator")
        stack.start("agent")
        stack.wait_produced(15)
        stack.kill("agent")
        wal = stack.spool_file.with_name(stack.spool_file.name + "-wal")
        assert wal.stat().st_size > 0
        truncate_tail(wal, 700)
        stack.start("cloud")
        stack.start("agent")
        stack.wait_produced(5)
        # One torn transaction is one batch: what was gathered for it, besides what the kill itself cost.
        assert_exactly_once(stack, kills_of_the_agent=2)


async def test_the_same_batch_sent_five_times_is_stored_once_and_receipted_each_time(
    tmp_path: Path, broker: Mosquitto
) -> None:
    frame = Frame(device="count-001", time=[NOW_MS, NOW_MS + 1], values={"water_volume": [1.0, 2.0]})
    batch = Batch(stream="01K" + "A" * 23, seq=1, sent=NOW_MS, frames=[frame])
    receipts = 0
    with Stack(tmp_path, broker) as stack:
        stack.start("cloud")
        wait_until(lambda: "connected to broker" in stack.log("cloud"), what="ingest listening")
        async with asyncio.timeout(30), aiomqtt.Client("127.0.0.1", broker.port) as agent:
            await agent.subscribe(topic("counting", "pi-1", "receipt"), qos=1)
            for _ in range(5):
                await agent.publish(topic("counting", "pi-1", "batch"), encode(batch), qos=1)
                async for message in agent.messages:
                    receipt = wire_receipt.decode(bytes(message.payload))
                    assert receipt.accepted == [(1, 1)]
                    receipts += 1
                    break
        assert receipts == 5
        wait_until(lambda: bool(stack.stored("counting")), what="stored")
        assert stack.stored("counting") == {("count-001", "water_volume"): [1, 2]}


def interval_s(stack: Stack) -> float:
    site = yaml.safe_load(stack.site_file.read_text())
    return float(site["lines"][0]["devices"][0]["interval_s"])


def _is_back(stack: Stack, killed: int) -> bool:
    try:
        return stack.embedded_broker_pid() != killed
    except (StopIteration, FileNotFoundError):
        return False
