"""The whole path as real processes: counting devices on a pseudo-terminal, agent, broker, cloud.

Every poll of a counting device raises its counters by one, so the store can be held against what was
produced: a number missing is a reading lost, a number at two times is a reading doubled.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import yaml

from benchmarks.chaos.process import Process, children
from store.timeseries.sqlite import SqliteTimeSeries
from tests.servers import Mosquitto, free_port, listens, wait_until

ROOT = Path(__file__).parents[2]
FAR_MS = 4_000_000_000_000
Part = Literal["simulator", "agent", "cloud"]


@dataclass(frozen=True, slots=True)
class Audit:
    """What the store holds of one counter: its numbers by time, and how many a device produced."""

    numbers: list[int]
    produced: int

    @property
    def doubled(self) -> int:
        return len(self.numbers) - len(set(self.numbers))

    @property
    def missing(self) -> list[int]:
        """Numbers that were produced and are not there."""
        return sorted(set(range(1, self.produced + 1)) - set(self.numbers))


class Stack:
    """Use as a context manager. `broker` None: the cloud starts the embedded one."""

    def __init__(
        self, folder: Path, broker: Mosquitto | None = None, devices: int = 2, counters: int = 5
    ) -> None:
        self.folder = folder
        self.broker = broker
        self.devices, self.counters = devices, counters
        self.broker_port = broker.port if broker else free_port()
        self.web_port = free_port()
        self._write_files()
        self._parts: dict[Part, Process] = {
            "simulator": self._process("simulator", lambda _: self.site_file.exists()),
            "agent": self._process("agent", lambda _: True),
            "cloud": self._process("cloud", lambda pid: listens(pid, self.web_port)),
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for part in ("agent", "cloud", "simulator"):
            self.stop(part, check=False)

    # Parts.

    def start_all(self) -> None:
        self.start("simulator")
        self.start("cloud")
        self.start("agent")

    def start(self, part: Part) -> None:
        """Start a part and wait until it is our child that is up."""
        self._parts[part].start()

    def kill(self, part: Part) -> None:
        """SIGKILL: no farewell, no flush."""
        self._parts[part].kill()

    def stop(self, part: Part, *, check: bool = True) -> None:
        """SIGTERM and wait; a clean exit where `check`."""
        code = self._parts[part].stop()
        assert code in (0, None) or not check, self.log(part)

    def log(self, part: Part) -> str:
        return self._parts[part].last_words()

    def embedded_broker_pid(self) -> int:
        """The cloud's child that listens on the broker's port."""
        pid = self._parts["cloud"].pid
        assert pid is not None, self.log("cloud")
        return next(child for child in children(pid) if listens(child, self.broker_port))

    # What was produced, what is stored.

    @property
    def site_file(self) -> Path:
        return self.folder / "site" / "site.yaml"

    @property
    def spool_file(self) -> Path:
        name: str = yaml.safe_load(self.site_file.read_text())["spool"]["path"]
        return self.site_file.parent / name

    def produced(self) -> dict[str, int]:
        path = self.folder / "site" / "produced.json"
        try:
            counts: dict[str, int] = json.loads(path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return counts

    def produced_at_least(self, count: int) -> bool:
        counts = self.produced()
        return len(counts) == self.devices and min(counts.values()) >= count

    def wait_produced(self, more: int, timeout_s: float = 90) -> None:
        """Until every device was polled `more` times more than now."""
        goal = max(self.produced().values(), default=0) + more
        wait_until(lambda: self.produced_at_least(goal), timeout_s, f"{more} more polls; {self.log('agent')}")

    def stored(self, site: str | None = None) -> dict[tuple[str, str], list[int]]:
        """(device, quantity) -> the counter's numbers in the order of their time."""
        path = self.folder / "data" / "timeseries.db"
        if not path.exists():
            return {}
        store = SqliteTimeSeries(path)
        try:
            found = {}
            site = site or self.site
            for device, quantity in store.latest(site):
                _, values = store.raw(site, device, quantity, 0, FAR_MS)
                found[device, quantity] = [int(value) for value in values]
            return found
        finally:
            store.close()

    @property
    def site(self) -> str:
        name: str = yaml.safe_load(self.site_file.read_text())["site"]
        return name

    def settle(self, allowed_missing: int = 0, timeout_s: float = 60) -> dict[tuple[str, str], Audit]:
        """Stop the agent in order, start it again to drain its spool, hold the store against the devices.

        `allowed_missing`: readings a series may lack because the agent was killed before spooling them.
        """
        self.stop("agent")
        produced = self.produced()
        self.start("agent")
        audits: dict[tuple[str, str], Audit] = {}

        def complete() -> bool:
            nonlocal audits
            audits = {
                key: Audit([number for number in numbers if number <= produced[key[0]]], produced[key[0]])
                for key, numbers in self.stored().items()
            }
            series = self.devices * self.counters
            return len(audits) == series and all(len(a.missing) <= allowed_missing for a in audits.values())

        try:
            wait_until(complete, timeout_s, "the store holding every reading")
        except TimeoutError as error:
            missing = {key: audit.missing[:20] for key, audit in audits.items()}
            raise AssertionError(f"missing {missing}\n{self.log('agent')}\n{self.log('cloud')}") from error
        return audits

    # Files.

    def _command(self, part: Part) -> list[str]:
        if part == "cloud":
            return ["plumbline", "serve", "--config", str(self.folder / "plumbline.yaml")]
        if part == "agent":
            return ["edge_agent", "run", str(self.site_file)]
        broker = ["--broker-host", "127.0.0.1", "--broker-port", str(self.broker_port)]
        account = ["--username", "counting.pi-1", "--password-file", str(self.folder / "agent-password")]
        count = ["--devices", str(self.devices), "--counters", str(self.counters)]
        return ["simulator", "--counting", "--dir", str(self.site_file.parent), *count, *broker, *account]

    def _process(self, part: Part, ready: Callable[[int], bool]) -> Process:
        return Process(part, self._command(part), self.folder / f"{part}.log", ready=ready)

    def _write_files(self) -> None:
        self.site_file.parent.mkdir(parents=True, exist_ok=True)
        (self.folder / "agent-password").write_text("agent's own")
        settings: dict[str, object] = {
            "data": "data",
            "projects": "projects.yaml",
            "unregistered": "accept",
            "web": {"port": self.web_port},
            "embedded_broker_port": self.broker_port,
            "agents": [{"site": "counting", "agent": "pi-1", "password_file": "agent-password"}],
        }
        if self.broker:
            settings["broker"] = {"host": "127.0.0.1", "port": self.broker.port}
        (self.folder / "plumbline.yaml").write_text(yaml.safe_dump(settings))
        (self.folder / "projects.yaml").write_text("projects: []\n")


def truncate_tail(path: Path, size_bytes: int) -> None:
    """Cut the last bytes off a file, as a power cut in the middle of a write does."""
    os.truncate(path, max(0, path.stat().st_size - size_bytes))
