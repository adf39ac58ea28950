"""The newcomers' walks of docs/: their commands are run as they stand there.

`python -m tests.e2e.walk` runs them and writes what they say into the pages.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

import yaml

from benchmarks.chaos.process import Process
from tests.servers import free_port, listens

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "walk.md"
FROM_HOME_ASSISTANT = ROOT / "docs" / "walk-from-home-assistant.md"
#: Where the site of the walk stands on the page.
SHOWN_FOLDER = "/home/pi/site"
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
_END = "-- said --"


def steps(page: str) -> list[tuple[str, str]]:
    """The commands of the page, each with what the page says it prints."""
    return [step for block in _BLOCK.findall(page) for step in _steps(block)]


def _steps(block: str) -> list[tuple[str, str]]:
    parts = ("\n" + block).split("\n$ ")[1:]
    return [(command, output) for command, _, output in (part.partition("\n") for part in parts)]


def shape(text: str) -> list[str]:
    """The lines of an output with numbers and blanks made alike: what a site says changes, how does not."""
    return [" ".join(re.sub(r"-?\d[\d.,]*", "#", line).split()) for line in text.strip().splitlines()]


class Walk:
    """One shell, as a person has, before a real cloud. Use `with`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        web = free_port()
        (folder / "agent-password").write_text("the agent's own")
        (folder / "projects.yaml").write_text("projects: []\n")
        settings = {
            "data": "data",
            "projects": "projects.yaml",
            "unregistered": "accept",
            "web": {"port": web},
            "embedded_broker_port": self._port,
            "agents": [{"site": "fenglin-18", "agent": "pi-1", "password_file": "agent-password"}],
        }
        config = folder / "plumbline.yaml"
        config.write_text(yaml.safe_dump(settings))
        command = ["plumbline", "serve", "--config", str(config)]
        self._cloud = Process("cloud", command, folder / "cloud.log", ready=lambda pid: listens(pid, web))

    def __enter__(self) -> Self:
        self._cloud.start()
        site = self._folder / "site"
        site.mkdir()
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PLUMBLINE_LANG": "en",
            "BROKER_PORT": str(self._port),
            "EXAMPLES": str(ROOT / "docs" / "examples"),
            "PASSWORD_FILE": str(self._folder / "agent-password"),
        }
        self._shell = subprocess.Popen(
            ["bash"],
            cwd=site,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # What it starts in the background ends with it.
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self._shell.pid, signal.SIGTERM)
        os.killpg(self._shell.pid, signal.SIGKILL)
        self._shell.communicate()
        self._cloud.stop()

    def run(self, command: str) -> str:
        """What a command prints, as the page shows it."""
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{command}\necho '{_END}'\n")
        self._shell.stdin.flush()
        said: list[str] = []
        for line in self._shell.stdout:
            if line.rstrip("\n").endswith(_END):
                break
            said.append(line)
        text = "".join(said).replace(str(self._folder / "site"), SHOWN_FOLDER)
        return text.replace(f"port: {self._port}", "port: 1883")


def walked(page: Path, folder: Path) -> str:
    """What `top` prints at the end of the page's walk. Every command says what the page says."""
    told = steps(page.read_text(encoding="utf-8"))
    assert len(told) > 10
    with Walk(folder) as walk:
        for command, output in told:
            assert shape(walk.run(command)) == shape(output), command
    (top,) = [output for command, output in told if " top " in command]
    assert re.search(r"last receipt: [0-9.]+ s ago", top)
    return top


def recorded(page: str, folder: Path) -> str:
    """The page with what its commands print now."""
    with Walk(folder) as walk:

        def block(found: re.Match[str]) -> str:
            said = "".join(f"$ {command}\n{walk.run(command)}" for command, _ in _steps(found[1]))
            return f"```console\n{said}```"

        return _BLOCK.sub(block, page)


if __name__ == "__main__":
    for page in [Path(name) for name in sys.argv[1:]] or [PAGE, FROM_HOME_ASSISTANT]:
        with tempfile.TemporaryDirectory() as name:
            page.write_text(recorded(page.read_text(encoding="utf-8"), Path(name)), encoding="utf-8")
