"""A site of the stack: counting devices on a pseudo-terminal and the agent that reads them, as processes."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from benchmarks.chaos.process import Process
from benchmarks.waiting import wait_until

AGENT: Final = "pi-1"
#: A device answers within milliseconds; only a machine that stands still makes it this late.
_LINE_TIMEOUT_S: Final = 3.0
_STATUS_INTERVAL_S: Final = 5.0
SPOOL_BOUND_MB: Final = 64


@dataclass(frozen=True, slots=True)
class Load:
    """What each site has: `devices`, each with `counters`, polled every `interval_s`."""

    devices: int
    counters: int
    interval_s: float

    def readings_per_s(self, sites: int) -> float:
        """Of all sites together."""
        return sites * self.devices * self.counters / self.interval_s


class Site:
    """The processes of one site, and what its devices produced."""

    def __init__(
        self, name: str, folder: Path, load: Load, broker_port: int, spool: Path, environment: dict[str, str]
    ) -> None:
        self.name = name
        self.folder = folder
        self.load = load
        self._spool = spool
        folder.mkdir(parents=True, exist_ok=True)
        self.password_file = folder / "password"
        self.password_file.write_text(f"the word of {name}")
        self.site_file = folder / "site.yaml"
        words = ["simulator", "--counting", "--dir", str(folder), "--devices", str(load.devices)]
        words += ["--counters", str(load.counters), "--interval-s", str(load.interval_s)]
        words += ["--broker-port", str(broker_port), "--username", self.username]
        words += ["--password-file", str(self.password_file)]
        self.simulator = Process(f"devices of {name}", words, folder / "simulator.log")
        run = ["edge_agent", "run", str(folder / "agent.yaml")]
        self.agent = Process(f"agent of {name}", run, folder / "agent.log", environment)

    @property
    def username(self) -> str:
        """The agent's account at the broker."""
        return f"{self.name}.{AGENT}"

    def plug_in(self) -> None:
        """The devices, and the site file as this stack wants it."""
        self.simulator.launch()

        def written() -> bool:
            self.simulator.check()
            return self.site_file.exists()

        wait_until(written, 30, f"{self.simulator.name} up")
        site = yaml.safe_load(self.site_file.read_text())
        site["site"] = self.name
        site["spool"] |= {"path": str(self._spool), "bound_mb": SPOOL_BOUND_MB}
        site["status_interval_s"] = _STATUS_INTERVAL_S
        for line in site["lines"]:
            line["timeout_s"] = _LINE_TIMEOUT_S
        (self.folder / "agent.yaml").write_text(yaml.safe_dump(site, sort_keys=False))

    def fall_silent(self) -> None:
        """No device answers any more; what was answered is on its way."""
        self.simulator.signal(signal.SIGUSR1)

    def produced(self) -> dict[str, int]:
        """Device -> the last number it sent, at most a tenth of a second old; empty before the first."""
        try:
            counts: dict[str, int] = json.loads((self.folder / "produced.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return counts

    def times_s(self) -> dict[str, list[float]]:
        """Device -> when (monotonic) it sent 1, 2, 3, …: complete once the simulator has ended."""
        found: dict[str, list[float]] = {}
        for line in (self.folder / "produced.log").read_text().splitlines():
            device, number, at_ns = line.split()
            times = found.setdefault(device, [])
            if int(number) != len(times) + 1:
                raise ValueError(f"{self.folder}/produced.log: {device} sent {number} after {len(times)}")
            times.append(int(at_ns) / 1e9)
        return found


def quantities_of(site: Site) -> list[str]:
    """What each counter is called."""
    profile = yaml.safe_load((site.folder / "counting.yaml").read_text())
    return [point["key"] for point in profile["points"]]
