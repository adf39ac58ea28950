"""A line of devices that count: what was sent is known exactly, so what arrived can be proved complete."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from simulator.devices.counting import CountingSlave
from simulator.devices.modbus_rtu import ModbusBus
from simulator.line import SimulatedLine
from simulator.site import write_edge_file, write_whole

_WRITE_EVERY_S: Final = 0.1
#: A proof that kills the agent wants little to be in its hands.
_POWER_CUT_S: Final = 0.06
#: A device answers within milliseconds: an answer later than an agent waits for is counted, and never read.
_TIMEOUT_S: Final = 3.0
_MOST_DEVICES: Final = 247
#: Quantities of the wire's table wide enough to count in, one a counter.
QUANTITIES: Final = (
    "water_volume",
    "active_energy_import",
    "active_energy_export",
    "reactive_energy_import",
    "gas_volume",
    "gate_in_count",
    "gate_out_count",
    "active_power",
    "reactive_power",
    "apparent_power",
    "active_power_l1",
    "active_power_l2",
)


class CountingSite:
    """`devices` Modbus slaves `count-001`, … on one line, each with `counters` counters that agree."""

    def __init__(self, devices: int, counters: int) -> None:
        """Raises ValueError for more devices than addresses or more counters than quantities."""
        if not 1 <= devices <= _MOST_DEVICES:
            raise ValueError(f"devices must be 1 to {_MOST_DEVICES}, not {devices}")
        if not 1 <= counters <= len(QUANTITIES):
            raise ValueError(f"counters must be 1 to {len(QUANTITIES)}, not {counters}")
        self._counters = counters
        self.slaves = {f"count-{n:03d}": CountingSlave(n, counters) for n in range(1, devices + 1)}

    def line(self, folder: Path, clock: Callable[[], int]) -> SimulatedLine:
        """The line, not yet plugged in."""
        return SimulatedLine(folder / "counting", ModbusBus(list(self.slaves.values())), clock)

    def write_files(self, folder: Path, timezone: str, broker: Mapping[str, Any], interval_s: float) -> Path:
        """Write `site.yaml` and the profile `counting.yaml` it names; gives the path of the first."""
        profile = yaml.safe_dump(self._profile(), sort_keys=False)
        write_whole(folder / "counting.yaml", profile)
        devices = [
            {"id": device, "profile": "./counting.yaml", "address": slave.address, "interval_s": interval_s}
            for device, slave in self.slaves.items()
        ]
        line = {
            "port": str(folder.absolute() / "counting"), "protocol": "modbus_rtu", "timeout_s": _TIMEOUT_S,
            "devices": devices,
        }  # fmt: skip
        return write_edge_file(folder, "counting", "pi-1", timezone, broker, [line], _POWER_CUT_S)

    def produced(self) -> dict[str, int]:
        """The last counter value each device sent."""
        return {device: slave.last for device, slave in self.slaves.items()}

    def fall_silent(self) -> None:
        """From now on no device answers; the line stays."""
        for slave in self.slaves.values():
            slave.silent = True

    def write_produced(self, path: Path) -> None:
        """Write `produced` to `path`, as JSON; and append to `path`.log a line `device number monotonic_ns`
        for each reply since the last call."""
        lines = []
        for device, slave in self.slaves.items():
            first = slave.last - len(slave.sent_ns) + 1
            lines += [f"{device} {number} {at}\n" for number, at in enumerate(slave.sent_ns, first)]
            slave.sent_ns.clear()
        with path.with_suffix(".log").open("a", encoding="ascii") as log:
            log.writelines(lines)
        write_whole(path, json.dumps(self.produced()))

    async def keep_written(self, path: Path) -> None:
        """Keep `produced` in `path` until cancelled, at most a tenth of a second behind."""
        written: dict[str, int] = {}
        while True:
            if (produced := self.produced()) != written:
                self.write_produced(path)
                written = produced
            await asyncio.sleep(_WRITE_EVERY_S)

    def _profile(self) -> dict[str, Any]:
        points = [
            {"key": quantity, "read": "all", "offset": 2 * n, "decode": "uint32", "byte_order": "ABCD"}
            for n, quantity in enumerate(QUANTITIES[: self._counters])
        ]
        read = {"id": "all", "register": {"type": "holding", "address": 0, "count": 2 * self._counters}}
        return {
            "schema": 1,
            "profile": "counting",
            "transport": {"protocol": "modbus_rtu"},
            "reads": [read],
            "points": points,
        }
