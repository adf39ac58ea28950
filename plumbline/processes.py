"""The composition roots of the cloud: `serve` is all in one process, the others are its parts apart."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TextIO

import uvicorn

from analytics.follower import Follower
from ingest.receive import BrokerAddress
from ingest.recent import Recent
from ingest.replay import Replay, Replayed
from ingest.retention import Retention
from ingest.service import Ingest
from ingest.writer import Writer
from plumbline.broker import connect_address
from plumbline.clock import now_ms
from plumbline.heartbeat import Heartbeat
from plumbline.projects_file import ProjectsFile
from plumbline.registration import enter
from plumbline.settings import Settings, SettingsError
from plumbline.stores import Stores, hints, open_stores, writer_lease
from store import private
from store.errors import StoreError
from store.lease import Lease
from store.log.hint import Hint
from store.records.contract import Quarantined
from store.records.registry import Directory
from store.threads import LEASES
from web.app import create_app
from web.connections import LARGEST_HEAD_BYTES, Connections, bounded, bounds_here
from web.project import Project, ProjectsError, load_projects

LOGGER = logging.getLogger("plumbline")
#: Who has the lease proves it, and who has not asks again, so often.
LEASE_S: Final = 2.0
#: A batch is two thousand lists and dictionaries without a cycle among them, and hundreds of batches wait for
#: the writer. Looking for cycles every 700 new objects, Python's default, takes a third off the readings per
#: second; these thresholds gain a sixth over (20_000, 20, 50) (`make bench ONLY=ingest`).
GC_THRESHOLDS: Final = (100_000, 50, 20)


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Everything in one process until `stop`, then all closed in order.

    Raises SettingsError where the settings cannot be used, and whatever ends a part that must not end.
    """
    projects = _projects(settings)
    async with _opened(settings, "serve") as (stores, hint, stack):
        _register(settings, stores, projects)
        recent = Recent()
        ingest = _ingest(settings, stores, hint, await connect_address(settings, stack), recent)
        writer = _writer(settings, stores, hint, recent)
        follower = Follower(stores.log, stores.records, hint)

        def vitals() -> dict[str, Any]:
            counters = {"ingest": asdict(ingest.counters), "writer": asdict(writer.counters)}
            return _vitals(stores, projects) | counters | {"analytics": asdict(follower.counters)}

        async with asyncio.TaskGroup() as group:
            group.create_task(ingest.run(stop), name="ingest")
            group.create_task(writer.run(stop), name="writer")
            group.create_task(follower.run(stop), name="analytics")
            group.create_task(_web(settings, stores, hint, projects, vitals, stop), name="web")


async def ingest(settings: Settings, stop: asyncio.Event) -> None:
    """One ingest worker until `stop`. Of all workers on a log one is its writer, too."""
    if settings.broker is None:
        raise SettingsError("broker: missing; processes apart need a broker that is not a child of one")
    async with _opened(settings, None) as (stores, hint, stack):
        registered(settings, stores)
        recent = Recent()
        worker = _ingest(settings, stores, hint, await connect_address(settings, stack), recent)
        writer = _writer(settings, stores, hint, recent)

        def vitals() -> dict[str, Any]:
            return {"ingest": asdict(worker.counters), "writer": asdict(writer.counters)}

        async with asyncio.TaskGroup() as group:
            group.create_task(worker.run(stop), name="ingest")
            group.create_task(_in_turn(writer_lease(settings), writer.run, stop), name="writer")
            group.create_task(_heartbeat(settings, "ingest", vitals).run(stop), name="heartbeat")


async def analytics(settings: Settings, stop: asyncio.Event) -> None:
    """The reader of the log for what it means, until `stop`."""
    async with _opened(settings, None) as (stores, hint, _):
        follower = Follower(stores.log, stores.records, hint)

        def vitals() -> dict[str, Any]:
            return {"analytics": asdict(follower.counters)}

        async with asyncio.TaskGroup() as group:
            group.create_task(follower.run(stop), name="analytics")
            group.create_task(_heartbeat(settings, "analytics", vitals).run(stop), name="heartbeat")


async def web(settings: Settings, stop: asyncio.Event) -> None:
    """Pages and the API until `stop`."""
    projects = _projects(settings)
    async with _opened(settings, None) as (stores, hint, _):
        _register(settings, stores, projects)
        await _web(settings, stores, hint, projects, lambda: _vitals(stores, projects), stop)


@contextlib.asynccontextmanager
async def _opened(
    settings: Settings, alone: str | None
) -> AsyncIterator[tuple[Stores, Hint, contextlib.AsyncExitStack]]:
    """The stores with nudges between processes. `alone`: no second process of this kind on the folder."""
    _close(settings.data)
    gc.set_threshold(*GC_THRESHOLDS)
    async with contextlib.AsyncExitStack() as stack:
        if alone is not None:
            stack.enter_context(_alone(settings.data))
        stores = stack.enter_context(open_stores(settings))
        hint = Hint()
        stack.enter_context(hints(settings, hint))
        yield stores, hint, stack


def _close(folder: Path) -> None:
    """An older version left it open to others."""
    private.folder(folder)
    for path in private.mend(folder):
        LOGGER.warning("%s: others may read it, and it is not ours to close: chown it", path)


def _projects(settings: Settings) -> list[Project]:
    try:
        return load_projects(settings.projects)
    except ProjectsError as error:
        raise SettingsError(str(error)) from error


def registered(settings: Settings, stores: Stores) -> list[Project]:
    """The projects file, after what it says stands in the registry. Raises SettingsError."""
    projects = _projects(settings)
    _register(settings, stores, projects)
    return projects


def _register(settings: Settings, stores: Stores, projects: list[Project]) -> None:
    enter(stores.registry, settings, projects, now_ms())


def _ingest(settings: Settings, stores: Stores, hint: Hint, address: BrokerAddress, recent: Recent) -> Ingest:
    directory = stores.registry.directory if settings.unregistered == "quarantine" else None
    return Ingest(address, stores.log, stores.records, hint, now_ms, recent, directory)


def _writer(settings: Settings, stores: Stores, hint: Hint, recent: Recent) -> Writer:
    days = settings.retention
    return Writer(
        log=stores.log,
        timeseries=stores.timeseries,
        records=stores.records,
        hint=hint,
        clock=now_ms,
        retention=Retention(
            log_days=days.log_days,
            raw_days=days.readings_days,
            rollup_days=days.rollups_days,
            event_days=days.events_days,
            quarantine_days=days.quarantine_days,
        ),
        recent=recent,
    )


def _directory(settings: Settings, stores: Stores) -> Directory | None:
    return stores.registry.directory() if settings.unregistered == "quarantine" else None


async def _in_turn(lease: Lease, work: Callable[[asyncio.Event], Any], stop: asyncio.Event) -> None:
    """Do `work` while the lease is ours; another process does it otherwise."""
    while not stop.is_set():
        if await _held(lease):
            LOGGER.info("this process is the writer")
            await _while_held(lease, work, stop)
        await _within(LEASE_S, stop)
    lease.release()


async def _while_held(lease: Lease, work: Callable[[asyncio.Event], Any], stop: asyncio.Event) -> None:
    over = asyncio.Event()
    task = asyncio.create_task(work(over))
    while not task.done() and not stop.is_set() and await _held(lease):
        await _within(LEASE_S, stop)
    over.set()
    await task


async def _held(lease: Lease) -> bool:
    try:
        return await LEASES.run(lease.hold)
    except StoreError as error:
        LOGGER.warning("%s", error)
        return False


async def _within(seconds: float, stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


def _vitals(stores: Stores, projects: list[Project]) -> dict[str, Any]:
    sites = {project.site for project in projects}
    states = [state for site in sorted(sites) for state in stores.records.agent_states(site)]
    return {
        "timeseries_offset": stores.timeseries.position(),
        "agents_online": sum(state.status.online for state in states),
        "spooled_batches": sum(state.status.spool.batches for state in states),
        "quarantined": sum(stores.records.quarantine_counts().values()),
    }


def _heartbeat(settings: Settings, name: str, vitals: Callable[[], dict[str, Any]]) -> Heartbeat:
    return Heartbeat(settings.data / "health", name, vitals)


async def _web(
    settings: Settings,
    stores: Stores,
    hint: Hint,
    projects: list[Project],
    vitals: Callable[[], dict[str, Any]],
    stop: asyncio.Event,
) -> None:
    """Ends with `stop`; and where it cannot listen, by itself: then all ends, rather than go on unseen."""

    def replay(item: Quarantined) -> Replayed:
        return Replay(stores.log, stores.records, _directory(settings, stores), now_ms).item(item)

    file = ProjectsFile(settings.projects, lambda found: _register(settings, stores, list(found)))
    app = create_app(
        projects, stores.log, stores.timeseries, stores.records, hint, now_ms, vitals, stores.registry,
        replay=replay, look=file.look,
    )  # fmt: skip
    server = _server(app, settings.web.host, settings.web.port)
    serving = asyncio.create_task(server.serve(), name="uvicorn")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    app.state.live.close()
    server.should_exit = True
    stop.set()
    await serving


class _Server(uvicorn.Server):
    """Signals are the composition root's; the server only hears `should_exit`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(app: object, host: str, port: int) -> uvicorn.Server:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        log_config=None,
        http=bounded(Connections(bounds_here())),
        h11_max_incomplete_event_size=LARGEST_HEAD_BYTES,
    )
    return _Server(config)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[TextIO]:
    """Two processes over one folder would each think the log theirs."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError(f"{folder}: another plumbline serves this folder; stop it first") from error
        yield file
