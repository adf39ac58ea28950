"""Child processes of the demo: started in order, watched, stopped in reverse order."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_STOP_WITHIN_S: Final = 15.0


class ChildError(RuntimeError):
    """A child process ended, failed or never became ready; the message ends with its last words."""


@dataclass(frozen=True, slots=True)
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path


class Children:
    """Use as a context manager: leaving it stops whatever still runs.

    Children get a session of their own, so that a Ctrl-C at the terminal reaches only the parent, which then
    stops them in the right order.
    """

    def __init__(self, log_folder: Path) -> None:
        self._log_folder = log_folder
        self._running: list[_Child] = []
        self._ending: list[_Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in reversed([*self._running, *self._ending]):
            _stop(child.process)

    def start(
        self, name: str, arguments: list[str], ready: Callable[[], bool], within_s: float = 30.0
    ) -> None:
        """Start a child and wait until `ready`. Raises ChildError when it ends first or takes too long."""
        self._running.append(self._spawn(name, arguments))
        deadline = time.monotonic() + within_s
        while not ready():
            self.check()
            if time.monotonic() > deadline:
                raise ChildError(
                    f"{name} was not ready within {within_s:g} s{_last_words(self._running[-1])}"
                )
            time.sleep(0.05)

    def run(self, name: str, arguments: list[str]) -> str:
        """Run a child to its end; what it printed. Raises ChildError unless it exits with 0."""
        return self.begin(name, arguments)()

    def begin(self, name: str, arguments: list[str]) -> Callable[[], str]:
        """Start a child that comes to an end by itself. What is returned waits for that, as `run` does."""
        child = self._spawn(name, arguments)
        self._ending.append(child)

        def ended() -> str:
            if (code := child.process.wait()) != 0:
                raise ChildError(f"{name} ended with exit code {code}{_last_words(child)}")
            return child.log.read_text(encoding="utf-8", errors="replace")

        return ended

    def check(self) -> None:
        """Raises ChildError when one that should be running has ended."""
        for child in self._running:
            code = child.process.poll()
            if code is not None:
                raise ChildError(f"{child.name} ended with exit code {code}{_last_words(child)}")

    def pids(self) -> dict[str, int]:
        """Process id of every child that was started."""
        return {child.name: child.process.pid for child in self._running}

    def _spawn(self, name: str, arguments: list[str]) -> _Child:
        path = self._log_folder / f"{name}.log"
        with path.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ | {"PYTHONUNBUFFERED": "1"},
            )
        return _Child(name, process, path)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last_words(child: _Child) -> str:
    lines = child.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-4:]
    return "".join(f"\n    {line}" for line in lines) + f"\n    (all of it: {child.log})"
