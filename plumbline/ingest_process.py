"""The ingest of `serve` in a process of its own: started, watched, started again, ended with us.

It is told by its standard input, once, what to do (`Orders`, pickled: both ends are one version). It says by
a socket that the log has grown, and twice a second how it is. Nothing it says is needed: what is lost because
nobody listens (a full socket) is found by polling, and by the next report.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pickle
import signal
import socket
import sys
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final

from ingest.receive import BrokerAddress
from parts.mortal import die_with
from parts.part import Part
from parts.progress import LATE_S
from parts.vitals import Vitals
from plumbline.clock import now_ms
from plumbline.settings import Settings, SettingsError
from store.log.hint import Hint

#: What the child says: this, or a report as JSON.
GROWN: Final = b"+"
LARGEST_WORD_BYTES: Final = 1 << 17
REPORT_EVERY_S: Final = 0.5
#: One that lives and says nothing is looked at so often, and ended when it said nothing in as many looks; on
#: a machine that has much else to do it takes long to begin.
LOOK_EVERY_S: Final = 5.0
PATIENCE: Final = 6
PATIENCE_AT_FIRST: Final = 24
#: For the step that is under way when it is to end.
ENDS_WITHIN_S: Final = 10.0


class ChildEnded(RuntimeError):  # noqa: N818  # what happened
    """The child process is gone; the message says how it ended."""


@dataclass(frozen=True, slots=True)
class Orders:
    """What the child works by; `address` is where its broker listens."""

    settings: Settings
    address: BrokerAddress


class IngestProcess:
    """Use its part. `hint` is told when the log has grown."""

    def __init__(self, orders: Orders, hint: Hint) -> None:
        self.orders = orders
        self._hint = hint
        self._process: asyncio.subprocess.Process | None = None
        self._said: Vitals | None = None
        self._heard_s = 0.0
        self._behind_ms = 0

    def part(self) -> Part:
        """It as a part of a process."""
        return Part("ingest", self.run, lambda: {"pid": self.pid or 0}, self.well, steady_s=0)

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    def now(self) -> int:
        """UTC ms: what this machine says, set right by what agents let the child know."""
        return now_ms() + self._behind_ms

    def vitals(self) -> Vitals:
        """How its parts were when it last said so."""
        return self._said or Vitals([], {})

    def well(self) -> str | None:
        """Why it does not work, None where it says how it is."""
        if self._said is None:
            return "has not said anything yet"
        silent_s = time.monotonic() - self._heard_s
        return f"has said nothing for {silent_s:.0f} s" if silent_s > LATE_S else None

    async def run(self, stop: asyncio.Event) -> None:
        """A child for as long as it lives, or until `stop`. Raises ChildEnded; SettingsError where the child
        has found that it cannot work by them, and said so."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours:
            with theirs:
                process = self._process = await _spawned(theirs)
            ours.setblocking(False)
            self._heard_s = time.monotonic()
            try:
                await _first_of(
                    {
                        "process": self._watch(process),
                        "words": self._hear_out(process, ours),
                        "stop": stop.wait(),
                    }
                )
            finally:
                self._said = None
                await _end(process)
        if process.returncode == os.EX_CONFIG:
            raise SettingsError("ingest: its process cannot work by these settings; it says above why")
        if not stop.is_set():
            raise ChildEnded(f"process {process.pid} {_how(process.returncode)}")

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Give the orders, then wait for its end, and bring that about where it says nothing any more."""
        if (orders := process.stdin) is not None:
            orders.write(pickle.dumps(self.orders))
            orders.close()
        silent, heard_s = 0, self._heard_s
        while silent < (PATIENCE if self._said else PATIENCE_AT_FIRST):
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await process.wait()
                    return
            except TimeoutError:
                silent, heard_s = (silent + 1 if self._heard_s == heard_s else 0), self._heard_s
        _send(process, signal.SIGKILL)

    async def _hear_out(self, process: asyncio.subprocess.Process, link: socket.socket) -> None:
        """One that ends falls silent first: how it ends is still to come."""
        await self.listen(link)
        await process.wait()

    async def listen(self, link: socket.socket) -> None:
        """What the child says on this socket, until it has ended."""
        loop = asyncio.get_running_loop()
        while word := await loop.sock_recv(link, LARGEST_WORD_BYTES):
            if word == GROWN:
                self._hint.notify()
            else:
                self._take(json.loads(word))

    def _take(self, said: dict[str, Any]) -> None:
        self._heard_s = time.monotonic()
        self._behind_ms = said["behind_ms"]
        self._said = Vitals(said["failing"], said["parts"], starting=said["starting"])


async def _spawned(link: socket.socket) -> asyncio.subprocess.Process:
    """In a session of its own: Ctrl-C at the terminal reaches us, and we end it."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "plumbline.ingest_child",
        str(link.fileno()),
        stdin=asyncio.subprocess.PIPE,
        pass_fds=(link.fileno(),),
        start_new_session=True,
        preexec_fn=die_with(os.getpid()),
    )


async def _first_of(works: dict[str, Coroutine[Any, Any, Any]]) -> None:
    """Until the first of them ends; raises what it raises."""
    tasks = [asyncio.create_task(work, name=f"ingest: {name}") for name, work in works.items()]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _end(process: asyncio.subprocess.Process) -> None:
    """In order, by force where it does not."""
    _send(process, signal.SIGTERM)
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            await process.wait()
    except TimeoutError:
        _send(process, signal.SIGKILL)
        await process.wait()


def _send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    """It may have ended meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def _how(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with {code}"
