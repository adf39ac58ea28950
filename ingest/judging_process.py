"""A child process that judges what is large or suspicious: Python runs one thread at a time, and while a
parser is at four million bytes of one site no receipt of another goes out.

It is started when it is first needed and ended when nothing came for a while. What it may take for one
message is bounded in the child itself (`judging_child`): one that goes beyond that is ended by the kernel,
the message is set aside with the reason, and the next message has another child.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
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
#: One that has not taken the question and answered it within so long does not work: others may take the most
#: of a processor.
ANSWERS_WITHIN_S: Final = 60.0
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
                return self._ask(directory, (topic, payload, now_ms))
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

    def _ask(self, directory: Directory | None, question: tuple[Topic, bytes, int]) -> tuple[Outcome, float]:
        """A child that stands still neither takes a large question nor ends an answer, and who waits on the
        pipe waits for ever: another thread ends it. Raises EOFError or ConnectionError where it has ended."""
        child, link = self._ready()
        late = threading.Timer(ANSWERS_WITHIN_S, child.kill)
        late.start()
        try:
            if directory is not self._directory:
                link.send(directory)
                self._directory = directory
            link.send(question)
            found: tuple[Outcome, float] = link.recv()
            return found
        finally:
            late.cancel()

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

    def _ready(self) -> tuple[subprocess.Popen[bytes], Connection]:
        """A child that judges."""
        if self._link is None or self._child is None:
            self._child, self._link = self._start()
            self._directory = None
        return self._child, self._link

    def _start(self) -> tuple[subprocess.Popen[bytes], Connection]:
        ours, theirs = Pipe()
        given = map(str, (theirs.fileno(), os.getpid(), self._cpu_s, self._memory_mib))
        with theirs:
            child = subprocess.Popen(
                [sys.executable, "-m", "ingest.judging_child", *given],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.started += 1
        return child, ours
