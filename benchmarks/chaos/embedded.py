"""`plumbline serve` with the embedded broker and stores."""

from __future__ import annotations

from pathlib import Path

from benchmarks.chaos.process import Process, children
from benchmarks.chaos.site import AGENT
from benchmarks.chaos.stack import Stack
from benchmarks.chaos.victims import ChildOfOurs
from plumbline.ports import listens


class EmbeddedStack(Stack):
    """`plumbline serve`: a process, and the two it starts."""

    def _build(self, seed: int) -> None:  # noqa: ARG002  # no link but the sites'
        accounts = [
            {"site": site.name, "agent": AGENT, "password_file": str(site.password_file)}
            for site in self.sites.values()
        ]
        environment = self._add_disk("cloud", self.folder / "data")
        settings = {"embedded_broker_port": self.broker_port, "agents": accounts}
        words = ["plumbline", "serve", "--config", str(self._write_settings(settings, {}, {}))]
        log = self.folder / "cloud.log"
        self.services["cloud"] = Process(
            "cloud", words, log, environment, lambda pid: listens(pid, self.web_port)
        )
        self.others["broker"] = ChildOfOurs(self.broker_pid)
        self.others["ingest"] = ChildOfOurs(self.ingest_pid)

    def _start_others(self) -> None:
        """Broker and ingest are the cloud's children."""

    def broker_pid(self) -> int | None:
        """The cloud's child that listens on the broker's port."""
        return next((pid for pid in self._children() if listens(pid, self.broker_port)), None)

    def ingest_pid(self) -> int | None:
        """The cloud's child that takes in what agents send."""
        return next((pid for pid in self._children() if b"plumbline.ingest_child" in _words(pid)), None)

    def _children(self) -> list[int]:
        cloud = self.services["cloud"].pid
        return children(cloud) if cloud else []


def _words(pid: int) -> list[bytes]:
    """Of the command line; none where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
