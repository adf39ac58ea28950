"""A simulated line is a real terminal: opened by name, byte for byte, unplugged like an adapter."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import serial

from simulator.devices.bus import LineFaults
from simulator.devices.counting import CountingSlave
from simulator.devices.modbus_rtu import ModbusBus, crc16
from simulator.devices.rdm6300 import BadgeReader, card_frame
from simulator.line import SimulatedLine
from simulator.model.people import Swipe

CARD = "67003B51C6"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def poll(address: int) -> bytes:
    body = bytes([address, 3, 0, 0, 0, 2])
    return body + crc16(body)


def counting_line(folder: Path, faults: LineFaults | None = None) -> SimulatedLine:
    return SimulatedLine(
        folder / "meters", ModbusBus([CountingSlave(1, 1), CountingSlave(2, 1)]), now_ms, faults
    )


async def in_thread(action: Callable[[], bytes]) -> bytes:
    async with asyncio.timeout(10):
        return await asyncio.to_thread(action)


def exchange(port: serial.Serial, request: bytes, size: int) -> bytes:
    port.write(request)
    return port.read(size)


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[SimulatedLine]:
    line = counting_line(tmp_path)
    line.plug()
    yield line
    line.unplug()


def open_port(line: SimulatedLine, timeout_s: float = 5) -> serial.Serial:
    return serial.Serial(str(line.link), 9600, timeout=timeout_s)


async def test_pyserial_reads_the_addressed_device(line: SimulatedLine) -> None:
    with open_port(line) as port:
        first = await in_thread(lambda: exchange(port, poll(2), 9))
        second = await in_thread(lambda: exchange(port, poll(2), 9))
    assert first[:7] == bytes([2, 3, 4, 0, 0, 0, 1])
    assert second[:7] == bytes([2, 3, 4, 0, 0, 0, 2])
    assert crc16(second[:-2]) == second[-2:]


async def test_nobody_answers_for_an_absent_address(line: SimulatedLine) -> None:
    with open_port(line, timeout_s=0.2) as port:
        assert await in_thread(lambda: exchange(port, poll(9), 9)) == b""
        assert len(await in_thread(lambda: exchange(port, poll(1), 9))) == 9


async def test_every_byte_value_passes_as_it_is(tmp_path: Path) -> None:
    """A terminal that is not raw would eat 03, 0A, 0D, 11, 13 and others."""
    heard = bytearray()

    class Parrot(ModbusBus):
        def hear(self, data: bytes, now_ms: int) -> list[bytes]:
            heard.extend(data)
            return [data] if now_ms else []

    line = SimulatedLine(tmp_path / "meters", Parrot([]), now_ms)
    line.plug()
    try:
        every = bytes(range(256))
        with open_port(line) as port:
            assert await in_thread(lambda: exchange(port, every, 256)) == every
        assert bytes(heard) == every
    finally:
        line.unplug()


async def test_who_reads_may_close_and_open_again(line: SimulatedLine) -> None:
    for expected in (1, 2, 3):
        with open_port(line) as port:
            reply = await in_thread(lambda port=port: exchange(port, poll(1), 9))  # type: ignore[misc]
        assert reply[6] == expected


async def test_unplugging_ends_the_reader_and_plugging_brings_it_back(line: SimulatedLine) -> None:
    with open_port(line) as port:
        await in_thread(lambda: exchange(port, poll(1), 9))
        line.unplug()
        assert not line.link.is_symlink()
        assert not line.plugged
        with pytest.raises((serial.SerialException, OSError)):
            await in_thread(lambda: exchange(port, poll(1), 9))
    line.plug()
    with open_port(line) as port:
        assert len(await in_thread(lambda: exchange(port, poll(1), 9))) == 9


async def test_plugging_twice_is_a_mistake_unplugging_twice_is_not(line: SimulatedLine) -> None:
    with pytest.raises(RuntimeError, match="plugged in already"):
        line.plug()
    line.unplug()
    line.unplug()


async def test_a_link_left_by_a_killed_simulator_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "meters").symlink_to("/dev/pts/99999")
    line = counting_line(tmp_path)
    line.plug()
    try:
        with open_port(line) as port:
            assert len(await in_thread(lambda: exchange(port, poll(1), 9))) == 9
    finally:
        line.unplug()


async def test_an_adapter_that_echoes_returns_the_request_first(tmp_path: Path) -> None:
    line = counting_line(tmp_path, LineFaults(local_echo=True))
    line.plug()
    try:
        with open_port(line) as port:
            answer = await in_thread(lambda: exchange(port, poll(1), 17))
        assert answer[:8] == poll(1)
        assert answer[8:10] == bytes([1, 3])
    finally:
        line.unplug()


async def test_bytes_take_their_time_at_a_baud_rate(tmp_path: Path) -> None:
    line = counting_line(tmp_path, LineFaults(baud=1200))
    line.plug()
    try:
        with open_port(line) as port:
            started = time.monotonic()
            answer = await in_thread(lambda: exchange(port, poll(1), 9))
            took_s = time.monotonic() - started
        assert len(answer) == 9
        assert took_s >= 17 * 10 / 1200
    finally:
        line.unplug()


async def test_what_nobody_reads_is_lost_and_counted(tmp_path: Path) -> None:
    clock = itertools.count(1_764_000_000_000, 1)
    line = SimulatedLine(tmp_path / "meters", ModbusBus([CountingSlave(1, 1)]), lambda: next(clock))
    line.plug()
    writer = os.open(line.link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        async with asyncio.timeout(10):
            while not line.lost_bytes:
                with contextlib.suppress(BlockingIOError):  # as fast as the line hears
                    os.write(writer, poll(1))
                await asyncio.sleep(0)
        assert line.lost_bytes > 0
    finally:
        os.close(writer)
        line.unplug()


async def test_a_reader_speaks_when_a_card_is_held_to_it(tmp_path: Path) -> None:
    swipe = Swipe("gate-in", now_ms() + 300, CARD, "in")

    def held(start_ms: int, end_ms: int) -> list[Swipe]:
        return [swipe] if start_ms <= swipe.time_ms < end_ms else []

    line = SimulatedLine(tmp_path / "gate-in", BadgeReader(held), now_ms)
    line.plug()
    try:
        with open_port(line) as port:
            assert await in_thread(lambda: port.read(28)) == 2 * card_frame(CARD)
        assert now_ms() >= swipe.time_ms
    finally:
        line.unplug()
