"""A serial line behind TCP: what a serial server can do to it, on a local socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from edge_agent.drivers.contract import LineCounters, LineLost, PermanentError, Point, PortSettings, Target
from edge_agent.drivers.modbus_frame import read_request, wrap
from edge_agent.drivers.modbus_rtu import ModbusRtu
from edge_agent.line.port_input import INPUT_BOUND_BYTES
from edge_agent.line.serial_port import open_line
from edge_agent.line.tcp_port import TcpPort, host_and_port
from edge_agent.site.installation import load_installation
from edge_agent.site.site_file import SiteFileError
from tests.edge_agent.drivers.scripted_device import eventually
from tests.edge_agent.drivers.serial_server import Serve, serial_server
from tests.servers import free_port

TEMPERATURE = Point("temperature", {"type": "input", "address": 1, "decode": "int16"}, 0.1)
REQUEST = read_request(1, "input", 1, 1)
REPLY = wrap(1, bytes.fromhex("04020131"))


@asynccontextmanager
async def _server(serve: Serve, *, local_echo: bool = False) -> AsyncIterator[TcpPort]:
    async with serial_server(serve) as path:
        port = open_line(PortSettings(path, local_echo=local_echo))
        assert isinstance(port, TcpPort)
        try:
            yield port
        finally:
            port.close()


async def _poll(port: TcpPort) -> dict[str, float | None]:
    target = Target("sensor", "1", (TEMPERATURE,))
    return (await ModbusRtu().poll(port, target, LineCounters(), 0.5)).values


async def test_modbus_rtu_is_spoken_over_tcp_byte_for_byte() -> None:
    heard = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.readexactly(len(REQUEST)))
        for byte in b"\x00" + REPLY:
            writer.write(bytes([byte]))
            await writer.drain()
        await reader.read()

    async with _server(serve) as port:
        assert await _poll(port) == {"temperature": 30.5}
    assert bytes(heard) == REQUEST


async def test_a_serial_servers_echo_is_taken_out_where_the_port_says_so() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(len(REQUEST)) + REPLY)
        await reader.read()

    async with _server(serve, local_echo=True) as port:
        assert await _poll(port) == {"temperature": 30.5}


async def test_a_connection_that_is_closed_is_a_lost_line() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(len(REQUEST))

    async with _server(serve) as port:
        with pytest.raises(LineLost, match=r"^tcp://127\.0\.0\.1:\d+: line lost") as caught:
            await _poll(port)
        assert caught.value.reason == "line_lost"
        with pytest.raises(LineLost):
            await port.write(b"?")


async def test_a_serial_server_that_is_off_is_a_lost_line_with_a_remedy() -> None:
    port = open_line(PortSettings(f"tcp://127.0.0.1:{free_port()}"))
    try:
        with pytest.raises(LineLost, match="Connection refused; is the serial server on"):
            await port.write(b"?")
    finally:
        port.close()


async def test_a_closed_port_is_lost_and_may_be_closed_again() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with _server(serve) as port:
        await port.write(b"?")
        port.close()
        port.close()
        with pytest.raises(LineLost, match="closed"):
            await port.read(0.01)


async def test_input_nobody_reads_is_bounded_and_discarded_on_demand() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        writer.write(b"x" * (INPUT_BOUND_BYTES + 1000))
        await reader.read()

    async with _server(serve) as port:
        await port.write(b"?")
        await eventually(lambda: port.overflowed_bytes == 1000, "overflow")
        port.discard_input()
        assert await port.read(0.01) == b""


async def test_the_speed_belongs_to_the_serial_server() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with _server(serve) as port:
        await port.set_baud(None)
        with pytest.raises(PermanentError, match="serial server"):
            await port.set_baud(300)


@pytest.mark.parametrize(
    ("path", "where"),
    [("tcp://10.0.0.7:4196", ("10.0.0.7", 4196)), ("tcp://[fe80::1]:502", ("fe80::1", 502))],
)
def test_where_a_path_leads(path: str, where: tuple[str, int]) -> None:
    assert host_and_port(path) == where


@pytest.mark.parametrize(
    "path", ["tcp://", "tcp://host", "tcp://host:x", "tcp://host:70000", "tcp://host:1/x", "udp://host:1"]
)
def test_what_is_no_path_is_refused_in_one_line(path: str) -> None:
    with pytest.raises(ValueError, match="write tcp://host:port"):
        host_and_port(path)


SITE = """\
site: demo
agent: pi
timezone: Asia/Shanghai
broker: {host: localhost}
spool: {path: spool.db}
badge_pepper_file: pepper
lines:
  - port: tcp://10.0.0.7:4196
    protocol: dlt645
    devices: [{id: meter, profile: dlt645-2007-single-phase, address: 161, interval_s: 1}]
  - port: ttyIEC
    protocol: iec62056_21
    devices: [{id: head, profile: iec62056-21-electricity, address: any, interval_s: 60}]
"""


def test_a_site_file_names_a_serial_server_like_a_port(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(SITE)
    server, head = (plan.settings for plan in load_installation(file).plans)
    assert (server.path, server.baud, server.parity) == ("tcp://10.0.0.7:4196", 2400, "E")
    assert (head.path, head.baud, head.parity, head.data_bits) == (str(tmp_path / "ttyIEC"), 300, "E", 7)


def test_a_serial_server_without_a_port_number_is_a_mistake_on_its_line(tmp_path: Path) -> None:
    file = tmp_path / "site.yaml"
    file.write_text(SITE.replace(":4196", ""))
    with pytest.raises(SiteFileError, match=r"site\.yaml:8: lines\[0\]\.port: .*must be tcp://host:port"):
        load_installation(file)
