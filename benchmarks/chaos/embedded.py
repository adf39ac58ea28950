"""`plumbline serve` with the embedded broker and stores."""

from __future__ import annotations

from benchmarks.chaos.process import Process, children
from benchmarks.chaos.site import AGENT
from benchmarks.chaos.stack import Stack
from benchmarks.chaos.victims import ChildOfOurs
from plumbline.ports import listens


class EmbeddedStack(Stack):
    """One process, and the broker it starts."""

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

    def _start_others(self) -> None:
        """The broker is the cloud's child."""

    def broker_pid(self) -> int | None:
        """The cloud's child that listens on the broker's port."""
        cloud = self.services["cloud"].pid
        pids = children(cloud) if cloud else []
        return next((pid for pid in pids if listens(pid, self.broker_port)), None)
