"""Every driver that asks passes the same checks, on a real pseudo-terminal and through TCP.

The devices are simulated, byte by byte, by encoders that know nothing of the drivers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edge_agent.drivers import registry
from edge_agent.drivers.contract import (
    DriverError,
    LineCounters,
    LineLost,
    Point,
    PortSettings,
    Reply,
    Target,
)
from edge_agent.line.serial_port import open_line
from simulator.line import SimulatedLine
from tests.edge_agent.drivers.serial_server import serial_server
from tests.edge_agent.drivers.simulated_devices import CASES, Case, Mood, MoodyBus

TIMEOUT_S = 0.15
#: A poll of a dead or babbling device ends within this, whatever the protocol: a hang is a failure.
LONGEST_S = 20.0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Bench:
    """A device, its line and its driver."""

    case: Case
    bus: MoodyBus
    line: SimulatedLine
    settings: PortSettings

    def __post_init__(self) -> None:
        self.driver = self.case.driver()
        self.port = open_line(self.settings)
        self.counters = LineCounters()
        self.target = Target("device", self.case.address, self.case.points, self.case.options)

    async def poll(self) -> Reply:
        async with asyncio.timeout(LONGEST_S):
            return await self.driver.poll(self.port, self.target, self.counters, TIMEOUT_S)

    async def fails(self, mood: Mood) -> DriverError:
        self.bus.mood = mood
        with pytest.raises(DriverError) as caught:
            await self.poll()
        return caught.value

    async def recovers(self) -> None:
        """The device behaves again: its values are read by the same driver within a few polls."""
        self.bus.mood = "good"
        for _ in range(3):
            try:
                reply = await self.poll()
            except DriverError:
                continue
            assert reply == Reply(dict(self.case.values))
            return
        raise AssertionError("still fails")


@asynccontextmanager
async def _bench(protocol: str, folder: Path, *, local_echo: bool = False) -> AsyncIterator[Bench]:
    case = CASES[protocol]
    bus = case.moody()
    line = SimulatedLine(folder / "line", bus, _now_ms)
    line.plug()
    entry = registry.TABLE[protocol]
    settings = PortSettings(
        str(line.link), entry.baud, entry.parity, data_bits=entry.data_bits, local_echo=local_echo
    )
    bench = Bench(case, bus, line, settings)
    try:
        yield bench
    finally:
        bench.port.close()
        line.unplug()


#: A value no device here has. CJ/T 188 is left out: both its values stand in every answer.
STRANGE: dict[str, dict[str, Any]] = {
    "dlt645": {"di": "02800002"},
    "modbus_rtu": {"type": "input", "address": 900},
    "mbus": {"quantity": "Pressure"},
    "iec62056_21": {"obis": "99.9.9"},
    "dsmr_p1": {"obis": "1-0:99.9.9"},
}
protocols = pytest.mark.parametrize("protocol", sorted(registry.POLLED))


def test_every_driver_that_asks_has_its_device() -> None:
    assert set(CASES) == set(registry.POLLED), "add its device to simulated_devices.py"


@protocols
async def test_values_are_right_in_the_tables_units(protocol: str, tmp_path: Path) -> None:
    async with _bench(protocol, tmp_path) as bench:
        for _ in range(3):
            assert await bench.poll() == Reply(dict(bench.case.values))
        assert bench.counters.replies > 0
        assert bench.counters.timeouts == bench.counters.checksum_errors == 0 or protocol == "cjt188"
        assert (bench.counters.requests > 0) is bench.case.asks


@protocols
async def test_a_bad_checksum_is_never_accepted(protocol: str, tmp_path: Path) -> None:
    async with _bench(protocol, tmp_path) as bench:
        error = await bench.fails("spoilt")
        assert error.reason == "bad_checksum"
        assert bench.counters.checksum_errors > 0
        await bench.recovers()


@protocols
async def test_a_silent_device_is_no_reply_within_bounds(protocol: str, tmp_path: Path) -> None:
    async with _bench(protocol, tmp_path) as bench:
        error = await bench.fails("silent")
        assert error.reason == "no_reply"
        assert bench.counters.timeouts > 0
        assert bench.counters.replies == 0
        await bench.recovers()


@protocols
async def test_a_reply_that_breaks_off_is_no_value(protocol: str, tmp_path: Path) -> None:
    async with _bench(protocol, tmp_path) as bench:
        error = await bench.fails("broken_off")
        assert error.reason in ("no_reply", "bad_checksum")
        await bench.recovers()


@protocols
async def test_a_babbling_line_ends_in_an_error_and_not_in_a_hang(protocol: str, tmp_path: Path) -> None:
    async with _bench(protocol, tmp_path) as bench:
        await bench.fails("babbling")
        await bench.recovers()


@protocols
@pytest.mark.parametrize("mood", ["noisy", "after_a_neighbour"])
async def test_noise_and_neighbours_around_a_reply_do_not_matter(
    protocol: str, mood: Mood, tmp_path: Path
) -> None:
    async with _bench(protocol, tmp_path) as bench:
        bench.bus.mood = mood
        for _ in range(2):
            assert await bench.poll() == Reply(dict(bench.case.values))


@protocols
async def test_an_adapters_echo_is_taken_out(protocol: str, tmp_path: Path) -> None:
    case = CASES[protocol]
    bus = case.moody()

    class Echoing(MoodyBus):
        def hear(self, data: bytes, now_ms: int) -> list[bytes]:
            return [data, *bus.hear(data, now_ms)]

        def next_transmission(self, after_ms: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
            return bus.next_transmission(after_ms)

    line = SimulatedLine(tmp_path / "line", Echoing(bus, b""), _now_ms)
    line.plug()
    bench = Bench(case, bus, line, PortSettings(str(line.link), local_echo=True))
    try:
        assert await bench.poll() == Reply(dict(case.values))
    finally:
        bench.port.close()
        line.unplug()


@protocols
async def test_an_unplugged_adapter_is_a_lost_line(protocol: str, tmp_path: Path) -> None:
    async with _bench(protocol, tmp_path) as bench:
        assert await bench.poll() == Reply(dict(bench.case.values))
        bench.line.unplug()
        with pytest.raises(LineLost) as caught:
            await bench.poll()
        assert caught.value.reason == "line_lost"


@pytest.mark.parametrize("protocol", sorted(STRANGE))
async def test_a_value_that_the_device_does_not_have_fails_alone(protocol: str, tmp_path: Path) -> None:
    async with _bench(protocol, tmp_path) as bench:
        missing = Point("frequency", STRANGE[protocol])
        bench.target = Target("device", bench.case.address, (*bench.case.points, missing), bench.case.options)
        for _ in range(2):
            reply = await bench.poll()
            assert reply.values == {**bench.case.values, "frequency": None}
            assert reply.faults == {"frequency": "device_error"}


@protocols
async def test_the_same_devices_are_read_through_a_serial_server(protocol: str) -> None:
    case = CASES[protocol]
    bus = case.moody()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def speak() -> None:
            said_ms = _now_ms()
            while (due := bus.next_transmission(said_ms)) is not None:
                await asyncio.sleep(max(due.time_ms - _now_ms(), 0) / 1000)
                writer.write(due.frame)
                said_ms = due.time_ms

        speaking = asyncio.create_task(speak())
        try:
            while data := await reader.read(4096):
                for answer in bus.hear(data, _now_ms()):
                    writer.write(answer)
        finally:
            speaking.cancel()

    async with serial_server(serve) as path:
        # A meter that would change its speed keeps the serial server's.
        port = open_line(PortSettings(path, baud=4800))
        try:
            target = Target("device", case.address, case.points, case.options)
            for _ in range(2):
                reply = await case.driver().poll(port, target, LineCounters(), TIMEOUT_S)
                assert reply == Reply(dict(case.values))
        finally:
            port.close()
