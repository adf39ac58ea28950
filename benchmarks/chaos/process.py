"""A child process that is started, frozen, killed and started again; what it says goes into one log."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.waiting import wait_until

ROOT: Final = Path(__file__).parents[2]
_STOP_WITHIN_S: Final = 20.0


class Gone(RuntimeError):  # noqa: N818  # what happened, not what went wrong here
    """A process ended by itself; the message ends with its last words."""


def children(pid: int) -> list[int]:
    """The children of every thread of a process."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found


def clean_environment() -> dict[str, str]:
    """The environment a child needs and nothing else."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/root"), "LANG": "C.UTF-8"}


class Process:
    """One of our Python programs: `python -m module words…`.

    It has a session of its own, so that a Ctrl-C reaches only us, and it dies with us (setpriv(1)).
    """

    def __init__(
        self,
        name: str,
        words: Sequence[str],
        log: Path,
        environment: Mapping[str, str] | None = None,
        ready: Callable[[int], bool] | None = None,
    ) -> None:
        """`ready` tells, given the process id, whether it is up."""
        self.name = name
        self._words = words
        self._log = log
        self._environment = clean_environment() | dict(environment or {})
        self._ready = ready
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def launch(self) -> None:
        """Start it and wait for nothing. Raises Gone where it runs already."""
        if self.pid is not None:
            raise Gone(f"{self.name} runs already")
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", *self._words],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )

    def start(self, timeout_s: float = 60.0) -> None:
        """Start it and wait until it is up. Raises Gone."""
        self.launch()
        wait_until(self.is_up, timeout_s, f"{self.name} up")

    def is_up(self) -> bool:
        """Whether it is up. Raises Gone where it has ended."""
        self.check()
        return self._ready is None or (self.pid is not None and self._ready(self.pid))

    def check(self) -> None:
        """Raises Gone where it has ended by itself."""
        if self._child is None or (code := self._child.poll()) is not None:
            code = None if self._child is None else self._child.returncode
            raise Gone(f"{self.name} ended with {code}: {self.last_words()}")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if it runs."""
        if self._child is not None and self._child.poll() is None:
            self._child.send_signal(number)

    def run(self, timeout_s: float = 60.0) -> None:
        """Run it to its end. Raises Gone unless it exits with 0."""
        self.launch()
        if self._child is not None and self._child.wait(timeout_s) != 0:
            self.check()

    def freeze(self) -> Callable[[], None]:
        """SIGSTOP; what is returned lets the same process go on, if it lives."""
        frozen = self._child
        self.signal(signal.SIGSTOP)

        def thaw() -> None:
            if frozen is not None and frozen.poll() is None:
                frozen.send_signal(signal.SIGCONT)

        return thaw

    def kill(self) -> None:
        """SIGKILL: no farewell, no flush. A frozen process dies too."""
        self.signal(signal.SIGKILL)
        if self._child is not None:
            self._child.wait()

    def stop(self) -> int | None:
        """SIGTERM (and SIGKILL where that is not heard); its exit code, None where it did not run."""
        if self._child is None or self._child.poll() is not None:
            return None
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        try:
            return self._child.wait(timeout=_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    def last_words(self) -> str:
        """The end of its log."""
        with contextlib.suppress(OSError):
            return self._log.read_text(errors="replace")[-4000:]
        return ""
