"""A child process that judges what is large or suspicious: Python runs one thread at a time, and while a
parser is at four million bytes of one site no receipt of another goes out.

It is started when it is first needed and ended when nothing came for a while. What it may take for one
message is bounded in the child itself (`judging_child`): one that goes beyond that is ended by the kernel,
the message is set aside with the reason, and the next message has another child.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Final

from ingest.judge import Outcome, too_costly
from ingest.judging_child import NO_MEMORY
from store.records.registry import Directory
from wire.topics import Topic

#: A message of the largest kind takes a tenth of a second, on a slow machine one.
MOST_CPU_S: Final = 5.0
#: Four million bytes become at most some 100 MiB of objects (`wire.batch.CODEC` bounds them); the rest is
#: the interpreter and what it has loaded.
MOST_MEMORY_MIB: Final = 512
#: One that is asked and says nothing for so long does not work: others may take the most of a processor.
_ANSWERS_WITHIN_S: Final = 60.0
#: A child that something else has ended is no word on the message.
_ATTEMPTS: Final = 2
_OVER: Final = (-signal.SIGPROF, NO_MEMORY)


class JudgingProcess:
    """Blocking; to be asked by one thread at a time, ended by any."""

    def __init__(self, cpu_s: float = MOST_CPU_S, memory_mib: int = MOST_MEMORY_MIB) -> None:
        """What one message may take, and the child as a whole."""
        self._cpu_s = cpu_s
        self._memory_mib = memory_mib
        self._child: subprocess.Popen[bytes] | None = None
        self._link: Connection | None = None
        #: What the child was last told.
        self._directory: Directory | None = None
        #: Children since the process started, and messages that were given up.
        self.started = 0
        self.given_up = 0

    def counts(self) -> dict[str, int]:
        """For the health page."""
        return {"judges_started": self.started, "given_up": self.given_up}

    def judge(
        self, topic: Topic, payload: bytes, now_ms: int, directory: Directory | None
    ) -> tuple[Outcome, float]:
        """As `ingest.judge.judge`, with the seconds of CPU that took."""
        code: int | None = None
        for _ in range(_ATTEMPTS):
            try:
                link = self._ready(directory)
                link.send((topic, payload, now_ms))
                if link.poll(_ANSWERS_WITHIN_S):
                    found: tuple[Outcome, float] = link.recv()
                    return found
                self.end()
            except (EOFError, ConnectionError):
                code = self._ended()
            if code in _OVER:
                break
        self.given_up += 1
        return too_costly(topic, payload, now_ms, self._why(code)), self._cpu_s

    def end(self) -> None:
        """The child, if there is one. What it is at is not done."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()

    def _ended(self) -> int | None:
        """The exit code of a child that says no more."""
        child, self._child = self._child, None
        return None if child is None else child.wait()

    def _why(self, code: int | None) -> str:
        if code == -signal.SIGPROF:
            return f"judging it takes more than {self._cpu_s:g} s"
        if code == NO_MEMORY:
            return f"judging it takes more than {self._memory_mib} MiB"
        return f"who judged it ended ({code}), twice"

    def _ready(self, directory: Directory | None) -> Connection:
        """A child that judges by this directory."""
        if self._link is None or self._child is None:
            self._link = self._start()
            self._directory = None
        if directory is not self._directory:
            self._link.send(directory)
            self._directory = directory
        return self._link

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        bounds = (str(self._cpu_s), str(self._memory_mib))
        with theirs:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "ingest.judging_child", str(theirs.fileno()), *bounds],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.started += 1
        return ours
