"""`python -m ingest.judging_child FD PARENT CPU_S MEMORY_MIB`: judges what comes on a connection, as
`ingest.judging_process` asks.

It has a bound of memory and, for each message, of processor time, both held by the kernel: no parser, however
deep it is in a message, goes beyond them. It gives way to everybody else, and ends with the
process PARENT, stopped or not.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import time
from multiprocessing.connection import Connection
from typing import Final

from ingest.judge import judge
from parts.mortal import die_with
from store.records.registry import Directory

#: What it ends with where a message wants more memory than there is.
NO_MEMORY: Final = 3
_NICE: Final = 10


def serve(link: Connection, cpu_s: float) -> None:
    """Answer each (topic, payload, UTC ms) with the outcome and the seconds of CPU it took; a directory, or
    None, is what to judge by from then on."""
    directory: Directory | None = None
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            asked = link.recv()
            if not isinstance(asked, tuple):
                directory = asked
                continue
            topic, payload, now_ms = asked
            signal.setitimer(signal.ITIMER_PROF, cpu_s)
            began_s = time.thread_time()
            outcome = judge(topic, payload, now_ms, directory)
            link.send((outcome, time.thread_time() - began_s))
            signal.setitimer(signal.ITIMER_PROF, 0)


def main() -> int:
    """By a connection that our parent has given us; the exit code."""
    handle, parent, cpu_s, memory_mib = sys.argv[1:]
    die_with(int(parent))()
    os.nice(_NICE)
    most = int(memory_mib) << 20
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    try:
        serve(Connection(int(handle)), float(cpu_s))
    except MemoryError:
        return NO_MEMORY
    return 0


if __name__ == "__main__":
    sys.exit(main())
