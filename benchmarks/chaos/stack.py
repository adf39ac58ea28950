"""The whole path as real processes, with every joint where a fault can be put: the embedded stores."""

from __future__ import annotations

import contextlib
import signal
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import yaml

from benchmarks.chaos import disk, shim
from benchmarks.chaos.holdings import Holdings
from benchmarks.chaos.plan import Kind
from benchmarks.chaos.process import Process, children, listens, wait_until
from benchmarks.chaos.proxy import Link, Links
from benchmarks.chaos.site import AGENT, Load, Site
from plumbline.ports import free_port
from store.engine import sqlite_url
from store.records.sql_records import SqlRecords
from store.timeseries.sqlite import SqliteTimeSeries

_SPOOL_MB: Final = 8
_DATA_MB: Final = 256
_HEALTH_WITHIN_S: Final = 2.0


class EmbeddedStack:
    """`plumbline serve` with its own broker, and `sites` sites. Use as a context manager."""

    def __init__(self, folder: Path, sites: int, load: Load, seed: int) -> None:
        self.folder = folder
        self.load = load
        self.web_port, self.broker_port = free_port(), free_port()
        library = shim.build(folder)
        self.disk_way = disk.way_to_fill(folder, shim=library is not None)
        self._closing = contextlib.ExitStack()
        self.links: dict[str, Link] = {}
        self.shims: dict[str, shim.Shim] = {}
        self.disks: dict[str, disk.Disk] = {}
        self.sites: dict[str, Site] = {}
        try:
            links = self._closing.enter_context(Links())
            for number in range(1, sites + 1):
                self._add_site(f"agent-{number}", f"chaos-{number}", library, links, seed + number)
            environment = self._add_disk("cloud", folder / "data", _DATA_MB, library)
            words = ["plumbline", "serve", "--config", str(self._write_settings())]
            self.cloud = Process("cloud", words, folder / "cloud.log", environment, self._cloud_listens)
        except BaseException:
            self._closing.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes():
            process.kill()
        self._closing.close()

    @property
    def can_jump(self) -> bool:
        """Whether clocks can be set."""
        return all(one.environment() for one in self.shims.values())

    def targets(self) -> Mapping[Kind, Sequence[str]]:
        """What each kind of fault can be done to here."""
        agents = list(self.sites)
        return {
            "kill": [*agents, "broker", "cloud"],
            "freeze": [*agents, "broker", "cloud"],
            "link": agents,
            "disk": list(self.disks) if self.disk_way != "none" else [],
            "clock": list(self.shims) if self.can_jump else [],
            "resend": agents,
        }

    def process(self, target: str) -> Process | None:
        """The process behind a target; None for one that is its parent's to start (the embedded broker)."""
        if target == "broker":
            return None
        return self.cloud if target == "cloud" else self.sites[target].agent

    def processes(self) -> list[Process]:
        """All of ours: those that read first."""
        found = [process for site in self.sites.values() for process in (site.agent, site.simulator)]
        return [*found, self.cloud] if hasattr(self, "cloud") else found

    def broker_pid(self) -> int | None:
        """The cloud's child that listens on the broker's port."""
        pids = children(self.cloud.pid) if self.cloud.pid else []
        return next((pid for pid in pids if listens(pid, self.broker_port)), None)

    def start(self) -> None:
        """Everything, until each device's first reading is stored."""
        self.cloud.start()
        for site in self.sites.values():
            site.plug_in()
            site.agent.launch()
        wait_until(lambda: all(site.produced() for site in self.sites.values()), 30, "devices being read")

    def stop(self) -> dict[str, int | None]:
        """Everything in order; how each process ended."""
        return {process.name: process.stop() for process in self.processes() if process.pid is not None}

    def healthy(self) -> bool:
        """Whether the pages are served and say that all is well."""
        url = f"http://127.0.0.1:{self.web_port}/health"
        try:
            with urllib.request.urlopen(url, timeout=_HEALTH_WITHIN_S) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def holdings(self) -> Holdings:
        """What is stored."""
        data = self.disks["cloud"].folder
        return Holdings(
            lambda: SqliteTimeSeries(data / "timeseries.db"),
            lambda: SqlRecords(sqlite_url(data / "records.db")),
        )

    def check(self) -> None:
        """Raises Gone where a process has ended by itself."""
        for process in self.processes():
            process.check()

    def thaw(self) -> None:
        """Let every process go on that stands still."""
        for process in self.processes():
            process.signal(signal.SIGCONT)

    def _add_site(self, target: str, name: str, library: Path | None, links: Links, seed: int) -> None:
        port = free_port()
        self.links[target] = links.add(port, self.broker_port, seed)
        environment = self._add_disk(target, self.folder / target / "spool", _SPOOL_MB, library)
        spool = self.disks[target].folder / "spool.db"
        self.sites[target] = Site(name, self.folder / target, self.load, port, spool, environment)

    def _add_disk(self, target: str, folder: Path, size_mb: int, library: Path | None) -> dict[str, str]:
        """A disk and a clock for one process; its environment."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        control = shim.Shim(library, folder.parent / f"{target}.control")
        self._closing.callback(control.close)
        self.shims[target] = control
        made = disk.make(self.disk_way, folder, size_mb, control)
        self._closing.callback(made.close)
        self.disks[target] = made
        return control.environment(folder)

    def _cloud_listens(self, pid: int) -> bool:
        return listens(pid, self.web_port)

    def _write_settings(self) -> Path:
        accounts = [
            {"site": site.name, "agent": AGENT, "password_file": str(site.password_file)}
            for site in self.sites.values()
        ]
        settings = {
            "data": "data",
            "projects": "projects.yaml",
            "unregistered": "accept",
            "web": {"port": self.web_port},
            "embedded_broker_port": self.broker_port,
            "agents": accounts,
        }
        (self.folder / "projects.yaml").write_text("projects: []\n")
        path = self.folder / "plumbline.yaml"
        path.write_text(yaml.safe_dump(settings))
        return path
