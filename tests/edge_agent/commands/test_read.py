"""`read`: one look at each device, also at those that speak MQTT."""

from __future__ import annotations

import asyncio
import io
import time
from pathlib import Path

import aiomqtt
import pytest

from edge_agent.commands import read
from edge_agent.commands.read import read_once
from edge_agent.line.serial_port import open_line
from edge_agent.site.installation import load_installation
from simulator.devices.modbus_rtu import ModbusBus, ModbusSlave, climate_registers
from simulator.line import SimulatedLine
from tests.servers import Mosquitto

SITE = """\
site: a
agent: pi
timezone: Asia/Shanghai
broker: {{host: 127.0.0.1, port: {port}}}
spool: {{path: spool.db}}
badge_pepper_file: pepper
lines:
  - port: bus
    protocol: modbus_rtu
    timeout_s: 0.1
    devices:
      - {{id: bath, profile: xy-md02, address: 1, interval_s: 1}}
      - {{id: gone, profile: xy-md02, address: 9, interval_s: 1}}
mqtt:
  devices:
    - {{id: plug, profile: tasmota-pow, address: pow1}}
    - {{id: mute, profile: tasmota-pow, address: pow2}}
"""


async def test_wires_and_messages_are_read_once_each_and_who_is_silent_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slave = ModbusSlave(1, climate_registers(1, lambda _: (21.5, 48.0)))
    line = SimulatedLine(tmp_path / "bus", ModbusBus([slave]), lambda: time.time_ns() // 1_000_000)
    line.plug()
    out = io.StringIO()
    with Mosquitto(tmp_path / "broker") as broker:
        site = tmp_path / "site.yaml"
        site.write_text(SITE.format(port=broker.port), encoding="utf-8")
        found = load_installation(site)
        monkeypatch.setattr(read, "MESSAGE_WAIT_S", 1.0)
        reading = asyncio.create_task(read_once(found.plans, open_line, out, mqtt=found.mqtt))
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            while not reading.done():
                await client.publish("tele/pow1/SENSOR", b'{"ENERGY": {"Power": 61.5, "Total": 7.25}}')
                await asyncio.sleep(0.05)
        assert await reading == 1
    line.unplug()
    text = out.getvalue()
    assert "bath  address 1" in text
    assert "21.5  °C" in text
    assert "gone  address 9" in text
    assert "no reply: check address, baud rate, parity, A/B wires and power" in text
    assert f"plug  pow1 at mqtt:127.0.0.1:{broker.port}" in text
    assert "61.5  W" in text
    assert "mute  nothing came" in text


async def test_a_device_that_is_none_of_the_sites_is_said_with_those_there_are(tmp_path: Path) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(SITE.format(port=1883), encoding="utf-8")
    found = load_installation(site)
    out = io.StringIO()
    assert await read_once(found.plans, open_line, out, "bad", found.mqtt) == 1
    assert out.getvalue() == "bad: no such device. (bath, gone, plug, mute)\n"
