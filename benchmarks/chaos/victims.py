"""Processes that are not ours to run as Python programs, as things faults can be done to."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from typing import Protocol

from benchmarks.chaos.process import children
from benchmarks.servers import Server


class Victim(Protocol):
    """Something that can be killed, frozen and started again."""

    def kill(self) -> None:
        """SIGKILL."""

    def stop(self) -> int | None:
        """In order; the exit code where it is known."""

    def launch(self) -> None:
        """Start it again."""

    def freeze(self) -> Callable[[], None]:
        """SIGSTOP; what is returned lets the same process go on, if it lives."""


def freeze(pids: Sequence[int]) -> Callable[[], None]:
    """Stop processes; what is returned lets those that live go on."""
    _signal(pids, signal.SIGSTOP)
    return lambda: _signal(pids, signal.SIGCONT)


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


class ChildOfOurs:
    """A child that its parent, a process of the stack, starts again by itself: the embedded broker."""

    def __init__(self, pid: Callable[[], int | None]) -> None:
        self._pid = pid

    def _pids(self) -> list[int]:
        pid = self._pid()
        return [] if pid is None else [pid]

    def kill(self) -> None:
        _signal(self._pids(), signal.SIGKILL)

    def stop(self) -> int | None:
        _signal(self._pids(), signal.SIGTERM)
        return None

    def launch(self) -> None:
        """Its parent does."""

    def freeze(self) -> Callable[[], None]:
        return freeze(self._pids())


class ServerVictim:
    """A database or broker beside the stack; all its processes are meant."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def kill(self) -> None:
        self._server.kill()

    def stop(self) -> int | None:
        self._server.stop()
        return None

    def launch(self) -> None:
        """Until it answers."""
        self._server.start()

    def freeze(self) -> Callable[[], None]:
        process = self._server.process
        if process is None or process.poll() is not None:
            return lambda: None
        return freeze([process.pid, *children(process.pid)])
