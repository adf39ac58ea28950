"""`plumbline-edge scan` as it is typed: what it says first, what an early end leaves, what it overwrites."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge_agent.cli import main
from edge_agent.site.installation import load_installation
from simulator.devices.modbus_rtu import ModbusBus, ModbusSlave, climate_registers
from simulator.line import SimulatedLine

QUICK = ["--protocol", "modbus_rtu", "--baud", "9600", "--addresses", "1"]


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[str]:
    slave = ModbusSlave(1, climate_registers(1, lambda _: (21.5, 48.0)))
    bus = ModbusBus([slave])
    line = SimulatedLine(tmp_path / "bus", bus, lambda: time.time_ns() // 1_000_000, only_baud=9600)
    line.plug()
    yield str(line.link)
    line.unplug()


async def scan(*words: str) -> int:
    return await asyncio.to_thread(main, ["scan", *words])


async def test_a_search_says_how_long_it_may_take_before_it_starts_and_keeps_to_it(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await scan(port, *QUICK) == 0
    said = capsys.readouterr()
    first, found = said.err.splitlines()[:2]
    assert first == f"{port}: at most 1 s, and up to 12 s for each device found. Ctrl-C ends it early"
    assert found == "found: modbus_rtu, 9600 8N1, address 1"
    assert "id: climate-1" in said.out


async def test_ctrl_c_gives_what_was_found_so_far(port: str) -> None:
    command = [sys.executable, "-m", "edge_agent", "scan", port, "--protocol", "modbus_rtu", "--baud", "9600"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    assert process.stderr is not None
    said = b""
    try:
        async with asyncio.timeout(20):
            while b"may be" not in said:
                said += await process.stderr.readline()
            os.kill(process.pid, signal.SIGINT)
            out, rest = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()
    assert process.returncode == 0
    assert b"ended early; what was found so far:" in rest
    assert b"1 found" in rest
    assert b"{id: climate-1," in out


async def test_a_second_search_adds_its_line_to_the_site_file_and_changes_nothing_else(
    port: str, tmp_path: Path
) -> None:
    site = tmp_path / "site.yaml"
    assert await scan(port, *QUICK, "--write", str(site)) == 0
    before = site.read_text(encoding="utf-8").replace("\nlines:", "\n# mine\nlines:")
    site.write_text(before, encoding="utf-8")
    other = tmp_path / "other"
    other.symlink_to(port)
    assert await scan(str(other), *QUICK, "--write", str(site)) == 0
    assert site.read_text(encoding="utf-8").startswith(before)
    assert load_installation(site).site.devices() == ["climate-1", "climate-2"]


async def test_a_file_that_takes_no_line_at_its_end_stays_as_it_is(
    port: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "notes.yaml"
    file.write_text("bought: 2 sensors\n", encoding="utf-8")
    assert await scan(port, *QUICK, "--write", str(file)) == 1
    assert file.read_text(encoding="utf-8") == "bought: 2 sensors\n"
    assert "id: climate-1" in capsys.readouterr().out


async def test_where_nothing_answers_that_is_said_with_what_to_look_at(
    port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await scan(port, "--protocol", "modbus_rtu", "--baud", "4800", "--addresses", "1-2") == 1
    assert "nothing found. Check power, A/B wires" in capsys.readouterr().err


async def test_a_port_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert await scan(str(tmp_path / "none"), *QUICK) == 1
    assert "no such port" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["0-300", "9-1", "x"])
def test_addresses_that_are_none_are_a_mistake_in_the_command(words: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["scan", "/dev/null", "--addresses", words])
    assert ended.value.code == 2
