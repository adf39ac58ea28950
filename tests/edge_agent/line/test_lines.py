"""A line at work on a real pseudo-terminal: noise, dead devices, silence between frames, what is counted."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

from benchmarks.line_wire import SILENCE_S, Wire
from edge_agent.clock.clock import utc_ms
from edge_agent.drivers.contract import Point, PortSettings, Target
from edge_agent.drivers.modbus_rtu import ModbusRtu
from edge_agent.gather.collector import Collector
from edge_agent.line.lines import Line, PolledPlan
from edge_agent.line.schedule import SILENT_SHARE, Asked
from edge_agent.line.serial_port import open_port
from edge_agent.spool.contents import Parcel
from simulator.devices.bus import LineFaults
from simulator.devices.counting import CountingSlave
from simulator.devices.modbus_rtu import ModbusBus
from simulator.line import SimulatedLine
from tests.edge_agent.cloud import until

TIMEOUT_S = 0.05
VOLUME = Point("water_volume", {"type": "holding", "address": 0, "decode": "uint32"})


@asynccontextmanager
async def at_work(link: Path, units: range, interval_s: float, baud: int = 9600) -> AsyncIterator[Line]:
    """A line that asks `units`; its parcels go nowhere."""
    devices = tuple(Asked(Target(f"unit-{unit}", str(unit), (VOLUME,)), interval_s) for unit in units)
    parcels: list[Parcel] = []
    plan = PolledPlan(PortSettings(str(link), baud, timeout_s=TIMEOUT_S), ModbusRtu(), devices)
    line = Line(plan, Collector(b"p" * 32, 60.0, parcels.append), utc_ms, open_port)
    task = asyncio.create_task(line.run())
    try:
        yield line
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        line.collector.flush()


async def test_on_a_bad_line_every_value_is_right_or_missing_with_its_reason(tmp_path: Path) -> None:
    slave = CountingSlave(1, 1)
    faults = LineFaults(noise_every=3, bad_checksum_every=4, lost_every=7)
    wire = SimulatedLine(tmp_path / "line", ModbusBus([slave]), utc_ms, faults)
    wire.plug()
    async with at_work(wire.link, range(1, 2), 0.05) as line:
        await until(lambda: line.counters.replies > 20)
        value = line.collector.devices["unit-1"].values["water_volume"]
        assert value is not None
        assert value <= slave.last, "counted by the device, not made of noise"
    wire.unplug()
    found = line.counters
    assert found.retries > 0
    assert found.checksum_errors > 0
    assert found.timeouts > 0
    assert found.requests - found.replies - found.timeouts - found.checksum_errors in (0, 1), "one in flight"
    assert found.utilisation is not None
    assert 0 < found.utilisation <= 1


async def test_dead_devices_leave_the_line_to_those_that_answer(tmp_path: Path) -> None:
    slave = CountingSlave(1, 1)
    wire = SimulatedLine(tmp_path / "line", ModbusBus([slave]), utc_ms)
    wire.plug()
    started_s = time.monotonic()
    async with at_work(wire.link, range(1, 31), 0.05) as line:
        await until(lambda: slave.last >= 40)
        passed_s = time.monotonic() - started_s
    wire.unplug()
    spent_s = line.counters.timeouts * TIMEOUT_S
    assert spent_s <= SILENT_SHARE * passed_s + 2 * TIMEOUT_S
    gaps_s = [(later - earlier) / 1e9 for earlier, later in pairwise(slave.sent_ns)]
    # Two time-outs of one dead device, the beat they cover, and the machine's own trembling.
    assert max(gaps_s) < 2 * TIMEOUT_S + 2 * 0.05 + 0.2


async def test_the_line_is_silent_between_frames_for_as_long_as_devices_need(tmp_path: Path) -> None:
    wire = Wire(tmp_path / "line", meters=3, sensors=0)
    threading.Thread(target=wire.serve, daemon=True).start()
    async with at_work(tmp_path / "line", range(1, 4), 0.05):
        await until(lambda: wire.answered >= 20)
    assert wire.early == 0, f"a request came within {1000 * SILENCE_S:.1f} ms of an answer"
