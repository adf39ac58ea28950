"""A site on this machine for the agent's tests: real protocols on pseudo-terminals."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from edge_agent.agent import Agent
from edge_agent.clock.clock import Clock, utc_ms
from edge_agent.gather.badges import load_pepper
from edge_agent.line.serial_port import open_port
from edge_agent.site.installation import load_installation
from edge_agent.spool.spool import Spool
from simulator.counting import CountingSite
from simulator.devices.rdm6300 import card_frame
from simulator.line import SimulatedLine
from tests.edge_agent.cloud import AGENT, SITE

CARD_HEX, CARD_PRINTED = "0100BC614E", "0012345678"
PROFILE = """\
schema: 1
profile: counting
no_capture: a simulated device
transport: {protocol: modbus_rtu}
reads: [{id: all, register: {type: holding, address: 0, count: 4}}]
points:
  - {key: water_volume, read: all, decode: uint32}
  - {key: gas_volume, read: all, offset: 2, decode: uint32}
"""


class Place:
    """A site on this machine: two counting devices on one line, a badge reader on another."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.counting = CountingSite(devices=2, counters=2)
        self.line: SimulatedLine = self.counting.line(folder, utc_ms)
        self._master, reader = os.openpty()
        tty.setraw(reader)
        (folder / "counting.yaml").write_text(PROFILE)
        self.file = folder / "site.yaml"
        self.file.write_text(f"""\
site: {SITE}
agent: {AGENT}
timezone: Asia/Shanghai
broker: {{host: 127.0.0.1, port: {port}}}
spool: {{path: spool.db, bound_mb: 64, power_cut_s: 0.03}}
badge_pepper_file: secret/badge-pepper
lines:
  - port: counting
    protocol: modbus_rtu
    timeout_s: 0.1
    devices:
      - {{id: one, profile: counting.yaml, address: 1, interval_s: 0.1}}
      - {{id: two, profile: counting.yaml, address: 2, interval_s: 0.1}}
      - {{id: nobody, profile: counting.yaml, address: 99, interval_s: 0.1}}
  - port: {os.ttyname(reader)}
    protocol: rdm6300
    devices: [{{id: gate-in, direction: in}}]
""")

    def hold_badge(self) -> None:
        """A card at the reader."""
        os.write(self._master, card_frame(CARD_HEX))

    def spool(self) -> Spool:
        return Spool.open(self.folder / "spool.db", 64 << 20, utc_ms())

    @asynccontextmanager
    async def agent(self, clock: Clock = utc_ms) -> AsyncIterator[Agent]:
        found = load_installation(self.file)
        pepper = load_pepper(found.site.badge_pepper_file)
        agent = Agent(
            found.site,
            found.plans,
            self.spool(),
            pepper,
            open_port,
            clock,
            mqtt=found.mqtt,
            readers=found.readers,
        )
        task = asyncio.create_task(agent.run())
        try:
            yield agent
        finally:
            agent.stop()
            async with asyncio.timeout(10):
                await task
