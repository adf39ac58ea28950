"""The agent as a process on a machine whose clock nobody has set yet, and then somebody does."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from benchmarks.chaos.shim import Shim
from edge_agent.clock.clock import utc_ms
from simulator.counting import CountingSite
from tests.edge_agent.cloud import AGENT, SITE, cloud, until
from tests.servers import Mosquitto

pytestmark = pytest.mark.processes

OFF_MS = -7_200_000
DEVICE = "count-001"
#: The agent on a machine with systemd-timesyncd, whose files lie in the folder named first.
AGENT_THERE = """
import functools, pathlib, sys
from edge_agent import cli
from edge_agent.clock import timekeeping
from edge_agent.commands import run
run.knowledge = functools.partial(
    timekeeping.knowledge, run=pathlib.Path(sys.argv[1]), state=lambda: timekeeping.TIME_ERROR)
sys.exit(cli.main(["run", sys.argv[2]]))
"""


async def test_what_a_process_reads_before_its_clock_is_set_is_stamped_right_afterwards(
    shim: Shim, tmp_path: Path
) -> None:
    counting = CountingSite(devices=1, counters=1)
    line = counting.line(tmp_path, utc_ms)
    line.plug()
    machine = tmp_path / "run" / "systemd" / "timesync"
    machine.mkdir(parents=True)
    shim.shift_clock(OFF_MS)
    with Mosquitto(tmp_path / "broker") as broker:
        site_file = counting.write_files(
            tmp_path, "Asia/Shanghai", {"host": "127.0.0.1", "port": broker.port}, 0.1
        )
        site_file.write_text(
            site_file.read_text()
            .replace("site: counting", f"site: {SITE}")
            .replace("agent: pi-1", f"agent: {AGENT}")
        )
        async with cloud(broker.port) as sky:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", AGENT_THERE, str(tmp_path / "run"), str(site_file),
                stderr=asyncio.subprocess.DEVNULL, env=os.environ | shim.environment(),
            )  # fmt: skip
            slave = counting.slaves[DEVICE]
            await until(lambda: slave.last >= 10, what="readings before")
            await until(lambda: bool(sky.statuses), what="a status")
            assert not sky.batches, "held"
            before = slave.last
            shim.shift_clock(0)
            (machine / "synchronized").touch()
            await until(
                lambda: any(batch.frames and batch.events == [] for batch in sky.batches), what="readings"
            )
            await until(lambda: slave.last >= before + 20)
            process.send_signal(signal.SIGTERM)
            await process.wait()
            await until(lambda: not sky.statuses[-1].online, what="the farewell")
    line.unplug()
    stamps = {
        round(value): time_ms
        for batch in sky.batches
        for frame in batch.frames
        for time_ms, value in zip(frame.time, next(iter(frame.values.values())), strict=True)
        if value is not None
    }
    true_ms = time.time_ns() // 1_000_000 - time.monotonic_ns() // 1_000_000
    assert len(stamps) >= before
    for number, sent_ns in enumerate(slave.sent_ns, 1):
        assert number not in stamps or abs(stamps[number] - true_ms - sent_ns // 1_000_000) < 250
