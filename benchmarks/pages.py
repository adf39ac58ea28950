"""Opening the customer's page at 23:00 of a day of readings at 1 Hz, 20 devices; and what eight pages opening
at once cost a commit.

As `plumbline serve` is composed: one process has the server, on a socket, with all that feeds pages; another
commits to the same log by the threads that ingest commits by. Whoever opens pages is a third. Before each
opening the project is forgotten, so that all of it comes from the stores: newest readings, today's totals,
passages, agents.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import http.client
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import uvicorn

from benchmarks.opened import Opened, open_link
from benchmarks.report import Figure
from parts.supervisor import Supervisor
from plumbline.ports import free_port
from plumbline.process import set_interpreter
from plumbline.projects_yaml import Project
from plumbline.registration import registration_of
from plumbline.settings import FirmSettings
from store.engine import sqlite_url
from store.log.contract import Entry
from store.log.hint import Hint
from store.log.sqlite import SqliteLog
from store.records.changes import By
from store.records.contract import AgentState, SiteEvent
from store.records.events import READER
from store.records.records import Records
from store.records.registration import reconcile
from store.threads import COMMITS
from store.timeseries.contract import Block
from store.timeseries.sqlite import SqliteTimeSeries
from web.app import create_app
from web.customer.project import registered_projects
from web.links.visit import address_of
from web.live.hub import Hub
from web.services import Services, compose
from wire.batch import Batch, Event, Frame, encode
from wire.durations import HOUR_MS
from wire.status import DeviceStatus, Status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp, Receive, Scope, Send

_SITE: Final = "bench"
_STREAM: Final = "01K" + "P" * 23
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_MIDNIGHT: Final = round(dt.datetime(2026, 11, 23, tzinfo=_ZONE).timestamp() * 1000)
_NOW: Final = _MIDNIGHT + 23 * HOUR_MS
_CLIMATES: Final = 16
_PAGES: Final = 8
_OPENINGS: Final = 40
_IDLE_S: Final = 4.0
_CROWDS: Final = 25


def measure() -> list[Figure]:
    """Milliseconds of server time, and of commits alone and beside pages that open."""
    set_interpreter()
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name:
        stand = _Stand(Path(name))
        try:
            stand.fill()
            return asyncio.run(stand.measured())
        finally:
            stand.close()


class _Timed:
    """ASGI: how long each page took inside the server, in ms."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.spent_ms: list[float] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        await self._app(scope, receive, send)
        if scope["type"] == "http":
            self.spent_ms.append((time.perf_counter() - began) * 1_000)


class _Stand:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = SqliteLog(folder / "log.db")
        self.timeseries = SqliteTimeSeries(folder / "timeseries.db")
        self.records = Records(sqlite_url(folder / "records.db"))
        said = [_project(number) for number in range(_PAGES)]
        with self.records.begin() as done:
            reconcile(done, registration_of(FirmSettings(), said), By("bench", _NOW))
        self.projects = registered_projects(self.records)
        self.tokens = [project.token or "" for project in said]

    def close(self) -> None:
        for store in (self.log, self.timeseries, self.records):
            store.close()

    def fill(self) -> None:
        """The day, hour by hour, rolled up as the writer does."""
        (offset,) = self.log.append([_entry(1)], _NOW)
        assert offset is not None
        for hour in range(-1, 23):
            start = _MIDNIGHT + hour * HOUR_MS
            times = list(range(start, start + HOUR_MS, 1_000))
            self.timeseries.write(_blocks(times), offset)
            while self.timeseries.roll_up(500):
                pass
        with self.records.begin() as done:
            done.events.add(_passages())
            done.readers.move(READER, offset)
        devices = [DeviceStatus(device=device.id) for device in self.projects[0].devices]
        status = Status(online=True, sent=_NOW, stream=_STREAM, devices=devices)
        self.records.agent_states.put(AgentState(_SITE, "pi-1", _NOW, status))

    async def measured(self) -> list[Figure]:
        services = compose(
            self.log,
            self.timeseries,
            self.records,
            Hint(),
            lambda: _NOW,
            self.projects,
        )
        app = create_app(services)
        timed = _Timed(app)
        async with (
            _serving(timed, services) as port,
            _visitors(port, self.tokens) as open_pages,
            _committing(self.folder) as commit,
        ):
            paths = [address_of(project) for project in self.projects]
            await open_pages(paths)
            opening = await self._openings(services.live, timed, open_pages, paths)
            timed.spent_ms.clear()
            for _ in range(_OPENINGS):
                await open_pages(paths[:1])
            again = list(timed.spent_ms)
            idle = await commit(asyncio.sleep(_IDLE_S))
            beside = await commit(self._crowds(services.live, open_pages, paths))
        alone_p99, beside_p99 = _percentile(idle, 0.99), _percentile(beside, 0.99)
        return [
            Figure("opening the page, p95", _percentile(opening, 0.95), "ms", None, 25, sense="at most"),
            Figure("… median", statistics.median(opening), "ms"),
            Figure("opening one that somebody looks at, p95", _percentile(again, 0.95), "ms"),
            Figure("a commit alone, median", statistics.median(idle), "ms"),
            Figure("a commit alone, p99", alone_p99, "ms"),
            Figure(
                "a commit while 8 pages open, p99",
                beside_p99,
                "ms",
                alone_p99,
                2,
                of="ratio",
                sense="at most",
            ),
            Figure("… the slowest", max(beside), "ms"),
        ]

    async def _openings(
        self, live: Hub, timed: _Timed, open_pages: _Opener, paths: Sequence[str]
    ) -> list[float]:
        """One after the other, each as if for the first time."""
        timed.spent_ms.clear()
        for number in range(_OPENINGS):
            live.end(self.projects[number % _PAGES].key)
            await open_pages([paths[number % _PAGES]])
        return list(timed.spent_ms)

    async def _crowds(self, live: Hub, open_pages: _Opener, paths: Sequence[str]) -> None:
        """Eight pages at once, again and again."""
        for _ in range(_CROWDS):
            for project in self.projects:
                live.end(project.key)
            await open_pages(paths)


def _entry(seq: int) -> Entry:
    frame = Frame(device="meter-main", time=[_NOW - 1_000], values={"active_power": [812.0]})
    batch = Batch(stream=_STREAM, seq=seq, sent=_NOW, frames=[frame])
    return Entry("elsewhere", "pi-1", _STREAM, seq, encode(batch))


_Opener = Callable[[Sequence[str]], Awaitable[None]]
#: What each commit took (ms) while something was awaited.
_Commit = Callable[[Awaitable[None]], Awaitable[list[float]]]


@asynccontextmanager
async def _committing(folder: Path) -> AsyncIterator[_Commit]:
    """A process that commits as ingest does, when it is told to until it is told to stop."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_commit, args=(folder, theirs), daemon=True)
    process.start()

    async def commit(meanwhile: Awaitable[None]) -> list[float]:
        ours.send(True)
        await meanwhile
        ours.send(True)
        answered = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(ours.fileno(), answered.set)
        async with asyncio.timeout(60):
            await answered.wait()
        loop.remove_reader(ours.fileno())
        found: list[float] = ours.recv()
        return found

    try:
        yield commit
    finally:
        if process.is_alive():
            ours.send(False)
        process.join(10)


def _commit(folder: Path, orders: Connection) -> None:
    set_interpreter()
    log = SqliteLog(folder / "log.db")
    seq = 1

    async def commits() -> list[float]:
        nonlocal seq
        spent = []
        while not orders.poll():
            seq += 1
            entry, began = _entry(seq), time.perf_counter()
            await COMMITS.run(log.append, [entry], _NOW)
            spent.append((time.perf_counter() - began) * 1_000)
        return spent

    while orders.recv():
        spent = asyncio.run(commits())
        orders.recv()
        orders.send(spent)
    log.close()


@asynccontextmanager
async def _serving(app: ASGIApp, services: Services) -> AsyncIterator[int]:
    """With all that runs beside the application in `serve`."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", timeout_graceful_shutdown=1)
    )
    stop = asyncio.Event()
    feeding = asyncio.create_task(Supervisor(services.parts()).run(stop))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
        await asyncio.sleep(0.01)
    try:
        yield port
    finally:
        services.live.close()
        server.should_exit = True
        stop.set()
        await asyncio.gather(serving, feeding)


@asynccontextmanager
async def _visitors(port: int, tokens: Sequence[str]) -> AsyncIterator[_Opener]:
    """A process that opens pages at once when it is told to."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=_visit, args=(port, list(tokens), theirs), daemon=True)
    process.start()
    loop = asyncio.get_running_loop()

    async def open_pages(paths: Sequence[str]) -> None:
        answered = asyncio.Event()
        loop.add_reader(ours.fileno(), answered.set)
        ours.send(list(paths))
        async with asyncio.timeout(60):
            await answered.wait()
        loop.remove_reader(ours.fileno())
        if bad := [status for status in ours.recv() if status != http.HTTPStatus.OK]:
            raise SystemExit(f"a page answered {bad[0]}")

    try:
        yield open_pages
    finally:
        if process.is_alive():
            ours.send(None)
        process.join(10)


def _visit(port: int, tokens: list[str], orders: Connection) -> None:
    opened = {one.path: one for one in (open_link(f"http://127.0.0.1:{port}", token) for token in tokens)}
    with ThreadPoolExecutor(_PAGES) as visitors:
        while (paths := orders.recv()) is not None:
            orders.send(list(visitors.map(lambda path: _status(port, opened[path]), paths)))


def _status(port: int, link: Opened) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", link.path, headers={"Accept-Encoding": "gzip", **link.headers})
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def _percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * len(ordered)))]


def _project(number: int) -> Project:
    rooms = [{"id": f"room-{n}", "zh": f"房间{n}", "en": f"Room {n}"} for n in range(_CLIMATES)]
    devices: list[dict[str, object]] = [
        {"id": "meter-main", "kind": "electricity_meter", "interval_s": 1},
        {"id": "water-main", "kind": "water_meter", "interval_s": 1},
        {"id": "gate-in", "kind": "badge_reader"},
        {"id": "gate-out", "kind": "badge_reader"},
    ]
    devices += [
        {"id": f"th-{n}", "kind": "climate_sensor", "room": f"room-{n}", "interval_s": 1}
        for n in range(_CLIMATES)
    ]
    return Project.model_validate(
        {
            "id": f"bench-{number}", "token": f"bench-page-{number}-of-a-minute", "site": _SITE,
            "timezone": _ZONE.key, "title": {"zh": "测量", "en": "Bench"},
            "customer": {"zh": "测量", "en": "Bench"}, "started": "2026-01-01", "rooms": rooms,
            "devices": devices,
        }
    )  # fmt: skip


def _blocks(times: list[int]) -> list[Block]:
    seconds = [(time_ms - _MIDNIGHT) / 1_000 for time_ms in times]
    power: list[float | None] = [800.0 + s % 97 for s in seconds]
    energy: list[float | None] = [1_284.0 + s * 0.8 / 3_600 for s in seconds]
    litres: list[float | None] = [48_210.0 + s // 40 for s in seconds]
    warm: list[float | None] = [20.0 + s % 11 / 10 for s in seconds]
    damp: list[float | None] = [60.0 + s % 7 for s in seconds]
    return [
        Block(_SITE, "meter-main", times, {"active_power": power, "active_energy_import": energy}),
        Block(_SITE, "water-main", times, {"water_volume": litres}),
        *(
            Block(_SITE, f"th-{n}", times, {"temperature": warm, "relative_humidity": damp})
            for n in range(_CLIMATES)
        ),
    ]


def _passages() -> list[SiteEvent]:
    """Ten people, in and out four times a day, on both days that a page looks at."""
    return [
        SiteEvent(
            _SITE,
            "pi-1",
            Event(
                device="gate-in" if hour % 2 == 0 else "gate-out",
                time=_MIDNIGHT + day * 24 * HOUR_MS + hour * HOUR_MS + person * 7_000,
                kind="badge",
                badge=f"b:{person:032x}",
                direction="in" if hour % 2 == 0 else "out",
            ),
        )
        for day in (-1, 0)
        for hour in range(8, 16)
        for person in range(10)
    ]
