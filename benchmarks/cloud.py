"""`plumbline serve` as a child process, for benchmarks."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from benchmarks.load import AGENT, SITE
from benchmarks.servers import mortal
from plumbline.ports import free_port

_READY_WITHIN_S = 30.0


@contextlib.contextmanager
def cloud(
    folder: Path,
    projects: str = "projects: []\n",
    site: str = SITE,
    agents: Sequence[tuple[str, str]] | None = None,
) -> Iterator[tuple[int, int]]:
    """(web port, broker port) of a running service with its data in `folder`/data. `agents`: (site, agent) of
    those that may connect, by default one of `site`."""
    web_port, broker_port = free_port(), free_port()
    (folder / "password").write_text("bench")
    (folder / "projects.yaml").write_text(projects, encoding="utf-8")
    settings = {
        "data": "data",
        "projects": "projects.yaml",
        "unregistered": "accept",
        "web": {"port": web_port},
        "embedded_broker_port": broker_port,
        "agents": [
            {"site": where, "agent": agent, "password_file": "password"}
            for where, agent in agents or ((site, AGENT),)
        ],
    }
    config = folder / "plumbline.yaml"
    config.write_text(yaml.safe_dump(settings))
    with (folder / "serve.log").open("wb") as log:
        arguments = [sys.executable, "-m", "plumbline", "serve", "--config", str(config)]
        process = subprocess.Popen(mortal(arguments), stdout=log, stderr=log)
    try:
        _wait_until_well(process, web_port, folder / "serve.log")
        yield web_port, broker_port
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_well(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _READY_WITHIN_S
    health = [sys.executable, "-m", "plumbline", "health", "--url", f"http://127.0.0.1:{port}/health"]
    while subprocess.run(health, capture_output=True, check=False).returncode != 0:
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the service did not come up:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)
