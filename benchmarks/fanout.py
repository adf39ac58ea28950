"""Two thousand open pages on one core: how soon a reading that was appended to the log is on all of them.

A real server on a socket, pinned to a core of its own; whoever looks is a process on another core, with a raw
socket a page, each from one of many addresses. Every second a batch of each of forty sites is appended.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import multiprocessing
import os
import re
import resource
import selectors
import socket
import sys
import tempfile
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import uvicorn

from benchmarks.opened import Opened, open_link
from benchmarks.report import Figure
from parts.supervisor import Supervisor
from plumbline.ports import free_port
from plumbline.projects_yaml import Project
from plumbline.registration import registration_of
from plumbline.settings import FirmSettings
from store.engine import sqlite_url
from store.log.contract import Entry
from store.log.hint import Hint
from store.log.sqlite import SqliteLog
from store.records.changes import By
from store.records.records import Records
from store.records.registration import reconcile
from store.threads import COMMITS, SWITCH_INTERVAL_S
from store.timeseries.sqlite import SqliteTimeSeries
from web.app import create_app
from web.customer.project import registered_projects
from web.http.connections import Connections, bounded, bounds_here
from web.services import Services, compose
from wire.batch import Batch, Frame, encode

_PAGES: Final = 2_000
_SITES: Final = 40
_ROUNDS: Final = 12
_EVERY_S: Final = 1.0
#: Loopback addresses that the viewers come from.
_ADDRESSES: Final = 100
_STREAM: Final = "01K" + "F" * 23
#: What the meter says in round n: _WATTS + n.
_WATTS: Final = 200
_START_MS: Final = round(dt.datetime(2026, 11, 23, 7, tzinfo=dt.UTC).timestamp() * 1_000)
_POWER: Final = re.compile(rb'"id":"power"[^}]*?"value":(\d+)')


def measure() -> list[Figure]:
    """Milliseconds from the append to the page, over all pages and rounds."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name:
        stand = _Stand(Path(name))
        try:
            os.sched_setaffinity(0, cores[:1])
            return asyncio.run(stand.measured(cores[-1]))
        finally:
            os.sched_setaffinity(0, cores)
            stand.close()


class _Stand:
    """Empty stores and forty projects, whose meters begin to speak."""

    def __init__(self, folder: Path) -> None:
        self.log = SqliteLog(folder / "log.db")
        self.timeseries = SqliteTimeSeries(folder / "timeseries.db")
        self.records = Records(sqlite_url(folder / "records.db"))
        self.hint = Hint()
        said = [_project(number) for number in range(_SITES)]
        with self.records.begin() as done:
            reconcile(done, registration_of(FirmSettings(), said), By("bench", _START_MS))
        self.projects = registered_projects(self.records)
        self.tokens = [project.token for project in said]
        self._began_s = time.monotonic()

    def clock(self) -> int:
        return _START_MS + round((time.monotonic() - self._began_s) * 1_000)

    def close(self) -> None:
        for store in (self.log, self.timeseries, self.records):
            store.close()

    async def measured(self, core: int) -> list[Figure]:
        services = compose(
            self.log, self.timeseries, self.records, self.hint, self.clock, self.projects
        )  # fmt: skip
        server, port = _server(services)
        stop = asyncio.Event()
        running = [
            asyncio.create_task(Supervisor(services.parts()).run(stop)),
            asyncio.create_task(server.serve()),
        ]
        spawn = multiprocessing.get_context("spawn")
        ours, theirs = spawn.Pipe()
        viewers = spawn.Process(target=_look, args=(port, self.tokens, core, theirs), daemon=True)
        viewers.start()
        try:
            (opened_s,) = await _said(ours)
            spent_s = time.process_time()
            sent = await self._rounds()
            busy = (time.process_time() - spent_s) / (_ROUNDS * _EVERY_S)
            ours.send(sent)
            late_ms = sorted(await _said(ours))
        finally:
            services.live.close()
            server.should_exit = True
            stop.set()
            await asyncio.gather(*running)
            viewers.join(10)
        return _figures(late_ms, opened_s, busy)

    async def _rounds(self) -> list[float]:
        """When each round was appended (s, monotonic)."""
        sent = []
        for number in range(1, _ROUNDS + 1):
            sent.append(time.monotonic())
            await COMMITS.run(self._append, number)
            self.hint.notify()
            await asyncio.sleep(max(0.0, sent[-1] + _EVERY_S - time.monotonic()))
        return sent

    def _append(self, number: int) -> None:
        now = self.clock()
        frame = Frame(device="meter-main", time=[now], values={"active_power": [float(_WATTS + number)]})
        payload = encode(Batch(stream=_STREAM, seq=number, sent=now, frames=[frame]))
        entries = [Entry(project.site, "pi-1", _STREAM, number, payload) for project in self.projects]
        self.log.append(entries, now)


def _figures(late_ms: list[float], opened_s: float, busy: float) -> list[Figure]:
    arrived = len(late_ms) / (_PAGES * _ROUNDS)
    return [
        Figure(
            "an update on 2,000 open pages, p99", _share(late_ms, 0.99), "ms", None, 1_000, sense="at most"
        ),
        Figure("… median", _share(late_ms, 0.5), "ms"),
        Figure("… the slowest", late_ms[-1], "ms"),
        Figure("updates that came", arrived, "of all", None, 1, sense="at least"),
        Figure("opening all of them", opened_s, "s"),
        Figure("the core meanwhile", busy, "of one"),
    ]


def _server(services: Services) -> tuple[uvicorn.Server, int]:
    port = free_port()
    config = uvicorn.Config(
        create_app(services),
        host="127.0.0.1",
        port=port,
        log_level="error",
        timeout_graceful_shutdown=1,
        backlog=2_048,
        http=bounded(Connections(bounds_here())),
    )
    return uvicorn.Server(config), port


async def _said(pipe: Connection) -> list[float]:
    came = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(pipe.fileno(), came.set)
    async with asyncio.timeout(60):
        await came.wait()
    loop.remove_reader(pipe.fileno())
    found: list[float] = pipe.recv()
    return found


def _project(number: int) -> Project:
    return Project.model_validate(
        {
            "id": f"fanout-{number}", "token": f"fanout-page-{number}-of-a-minute",
            "site": f"fanout-{number}", "timezone": "Asia/Shanghai", "title": {"zh": "测量", "en": "Bench"},
            "customer": {"zh": "测量", "en": "Bench"}, "started": "2026-01-01",
            "devices": [{"id": "meter-main", "kind": "electricity_meter", "interval_s": 1}],
        }
    )  # fmt: skip


def _share(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, round(share * len(ordered)))]


def _look(port: int, tokens: list[str], core: int, orders: Connection) -> None:
    """In a process of its own: open all pages, tell how long that took, then listen."""
    os.sched_setaffinity(0, [core])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    began_s = time.monotonic()
    ready = selectors.DefaultSelector()
    opened = [open_link(f"http://127.0.0.1:{port}", token) for token in tokens]
    for number in range(_PAGES):
        _open(ready, port, number, opened[number % len(opened)])
    waiting = _PAGES
    while waiting:
        for key, _ in ready.select(30):
            waiting -= _read(key).count(b"event: snapshot")
    orders.send([time.monotonic() - began_s])
    came = _listen(ready, orders)
    sent = orders.recv()
    orders.send([(at_s - sent[number - 1]) * 1_000 for number, at_s in came])


def _open(ready: selectors.DefaultSelector, port: int, number: int, link: Opened) -> None:
    page = socket.socket()
    page.bind((f"127.0.1.{1 + number % _ADDRESSES}", 0))
    page.connect(("127.0.0.1", port))
    language = "zh" if number % 2 else "en"
    head = f"GET {link.path}/live?lang={language} HTTP/1.1\r\nHost: bench\r\n"
    page.sendall(f"{head}Cookie: {link.cookie}\r\n\r\n".encode())
    ready.register(page, selectors.EVENT_READ, set())


def _listen(ready: selectors.DefaultSelector, orders: Connection) -> list[tuple[int, float]]:
    """(round, when) of every update of every page, until all are there or no more come."""
    came: list[tuple[int, float]] = []
    while len(came) < _PAGES * _ROUNDS:
        found = ready.select(2)
        if not found and orders.poll():
            break
        now_s = time.monotonic()
        for key, _ in found:
            for number in {int(watts) - _WATTS for watts in _POWER.findall(_read(key))} - key.data:
                key.data.add(number)
                came.append((number, now_s))
    return came


def _read(key: selectors.SelectorKey) -> bytes:
    page = key.fileobj
    assert isinstance(page, socket.socket)
    with suppress(ConnectionError):
        return page.recv(65_536)
    return b""
