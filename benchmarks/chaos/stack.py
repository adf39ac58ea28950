"""What every stack has: sites with their links, clocks and disks, processes, and where faults can be put."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

import yaml

from benchmarks.chaos import disk, shim
from benchmarks.chaos.holdings import Holdings
from benchmarks.chaos.plan import Kind
from benchmarks.chaos.process import Process
from benchmarks.chaos.proxy import Link, Links
from benchmarks.chaos.site import Load, Site
from benchmarks.chaos.victims import Victim
from benchmarks.waiting import wait_until
from plumbline.ports import free_port
from plumbline.settings import load_settings
from plumbline.stores import open_records, open_timeseries

_SPOOL_MB: Final = 8
_DATA_MB: Final = 256
_HEALTH_WITHIN_S: Final = 2.0
#: As systemd's RestartSec in firmware_configs: a service that ends by itself is started again.
_START_AGAIN_S: Final = 1.0


class Stack(ABC):
    """Processes and sites in `folder`, made by a kind of stack. Use as a context manager."""

    def __init__(self, folder: Path, sites: int, load: Load, seed: int) -> None:
        self.folder = folder
        self.web_port, self.broker_port = free_port(), free_port()
        self.links: dict[str, Link] = {}
        self.shims: dict[str, shim.Shim] = {}
        self.disks: dict[str, disk.Disk] = {}
        self.sites: dict[str, Site] = {}
        #: The cloud's processes, as the plan calls them.
        self.services: dict[str, Process] = {}
        #: Whatever else can be killed or frozen.
        self.others: dict[str, Victim] = {}
        #: Services that ended by themselves and were started again, with their last words.
        self.ended: list[str] = []
        self._looked_s = 0.0
        self._down: set[str] = set()
        self._load = load
        self._library = shim.build(folder)
        self.disk_way = disk.way_to_fill(folder, shim=self._library is not None)
        self._closing = contextlib.ExitStack()
        try:
            self._links = self._closing.enter_context(Links())
            for number in range(1, sites + 1):
                self._add_site(f"agent-{number}", f"chaos-{number}", seed + number)
            self._build(seed)
        except BaseException:
            self._closing.close()
            raise

    @abstractmethod
    def _build(self, seed: int) -> None:
        """Add services, others, links and disks, and write the settings."""

    @abstractmethod
    def _start_others(self) -> None:
        """Start what the services need."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes():
            process.kill()
        for other in self.others.values():
            other.kill()
        self._closing.close()

    @property
    def can_jump(self) -> bool:
        """Whether clocks can be set."""
        return self._library is not None

    def targets(self) -> Mapping[Kind, Sequence[str]]:
        """What each kind of fault can be done to here."""
        processes = [*self.sites, *self.services, *self.others]
        return {
            "kill": processes,
            "freeze": processes,
            "link": list(self.links),
            "disk": list(self.disks) if self.disk_way != "none" else [],
            "clock": list(self.shims) if self.can_jump else [],
            "resend": list(self.sites),
            "restart": self.to_restart(),
        }

    def to_restart(self) -> list[str]:
        """Servers that are stopped in order and started again."""
        return []

    def victim(self, target: str) -> Victim:
        """Whom a fault's target means."""
        if target in self.sites:
            return self.sites[target].agent
        return self.services.get(target) or self.others[target]

    def down(self, target: str, *, down: bool) -> None:
        """Whether a target is down on purpose: then nobody starts it again."""
        (self._down.add if down else self._down.discard)(target)

    def processes(self) -> list[Process]:
        """All of ours: those that are read first."""
        found = [process for site in self.sites.values() for process in (site.agent, site.simulator)]
        return [*found, *self.services.values()]

    def supervise(self) -> None:
        """Start again what has ended by itself, as systemd does."""
        if time.monotonic() - self._looked_s < _START_AGAIN_S:
            return
        self._looked_s = time.monotonic()
        watched = {target: site.agent for target, site in self.sites.items()} | self.services
        for target, process in watched.items():
            if target not in self._down and process.pid is None:
                self.ended.append(f"{process.name}: {_last_line(process.last_words())}")
                process.launch()

    def start(self) -> None:
        """Everything, until each device is read."""
        self._start_others()
        for service in self.services.values():
            service.start()
        for site in self.sites.values():
            site.plug_in()
            site.agent.launch()
        wait_until(lambda: all(site.produced() for site in self.sites.values()), 60, "devices being read")

    def stop(self) -> dict[str, int | None]:
        """Everything in order; how each process ended."""
        ended = {process.name: process.stop() for process in self.processes() if process.pid is not None}
        for other in self.others.values():
            other.stop()
        return ended

    def healthy(self) -> bool:
        """Whether the pages are served and say that all is well."""
        url = f"http://127.0.0.1:{self.web_port}/health"
        try:
            with urllib.request.urlopen(url, timeout=_HEALTH_WITHIN_S) as answer:
                return bool(json.load(answer)["status"] == "ok")
        except (urllib.error.URLError, OSError, ValueError):
            return False

    def holdings(self) -> Holdings:
        """What is stored, read past all links."""
        settings = load_settings(self.folder / "audit.yaml")
        return Holdings(lambda: open_timeseries(settings), lambda: open_records(settings))

    def _write_settings(self, common: dict[str, Any], own: dict[str, Any], audit: dict[str, Any]) -> Path:
        """The services' settings, and those by which the audit finds the stores."""
        common = {
            "data": "data",
            "projects": "projects.yaml",
            "unregistered": "accept",
            "web": {"port": self.web_port},
        } | common
        (self.folder / "projects.yaml").write_text("projects: []\n")
        (self.folder / "audit.yaml").write_text(yaml.safe_dump(common | audit))
        path = self.folder / "plumbline.yaml"
        path.write_text(yaml.safe_dump(common | own))
        return path

    def _add_site(self, target: str, name: str, seed: int) -> None:
        link = self._add_link(target, self.broker_port, seed)
        (self.folder / target).mkdir()
        environment = self._add_disk(target, self.folder / target / "spool", _SPOOL_MB)
        spool = self.disks[target].folder / "spool.db"
        self.sites[target] = Site(name, self.folder / target, self._load, link.port, spool, environment)

    def _add_link(self, target: str, far_port: int, seed: int) -> Link:
        self.links[target] = self._links.add(free_port(), far_port, seed)
        return self.links[target]

    def _add_clock(self, target: str) -> shim.Shim:
        control = shim.Shim(self._library, self.folder / f"{target}.control")
        self._closing.callback(control.close)
        self.shims[target] = control
        return control

    def _add_disk(self, target: str, folder: Path, size_mb: int = _DATA_MB) -> dict[str, str]:
        """A clock and a disk for one process; its environment."""
        control = self._add_clock(target)
        made = disk.make(self.disk_way, folder, size_mb, control)
        self._closing.callback(made.close)
        self.disks[target] = made
        return control.environment(folder)


def _last_line(words: str) -> str:
    return words.strip().splitlines()[-1] if words.strip() else "no word"
