"""The cloud side in one process: broker (unless one is configured), ingest, writer, web."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import logging
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import uvicorn

from ingest.receive import BrokerAddress
from ingest.recent import Recent
from ingest.retention import Retention
from ingest.service import Ingest
from ingest.writer import Writer
from plumbline.embedded_broker import Credentials, EmbeddedBroker
from plumbline.settings import BrokerSettings, Settings, SettingsError
from store.engine import sqlite_url
from store.log.hint import Hint
from store.log.sqlite import SqliteLog
from store.records.sql_records import SqlRecords
from store.timeseries.sqlite import SqliteTimeSeries
from web.app import create_app
from web.project import ProjectsError, load_projects

LOGGER = logging.getLogger("plumbline.serve")
#: A batch is two thousand lists and dictionaries without a cycle among them, and hundreds of batches wait for
#: the writer. Looking for cycles every 700 new objects, Python's default, takes a third off the readings per
#: second; these thresholds gain a sixth over (20_000, 20, 50) (`make bench ONLY=ingest`).
GC_THRESHOLDS = (100_000, 50, 20)


def now_ms() -> int:
    """UTC milliseconds of this machine's clock."""
    return time.time_ns() // 1_000_000


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Run until `stop` is set, then close everything in order.

    Raises SettingsError where the settings cannot be used, and whatever ends a part that must not end.
    """
    try:
        projects = load_projects(settings.projects)
    except ProjectsError as error:
        raise SettingsError(str(error)) from error
    settings.data.mkdir(parents=True, exist_ok=True)
    gc.set_threshold(*GC_THRESHOLDS)
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(_alone(settings.data))
        log = SqliteLog(settings.data / "log.db")
        stack.callback(log.close)
        timeseries = SqliteTimeSeries(settings.data / "timeseries.db")
        stack.callback(timeseries.close)
        records = SqlRecords(sqlite_url(settings.data / "records.db"))
        stack.callback(records.close)
        hint = Hint()
        address = await _broker(settings, stack)
        recent = Recent()
        ingest = Ingest(address, log, records, hint, now_ms, recent)
        writer = Writer(
            log=log,
            timeseries=timeseries,
            records=records,
            hint=hint,
            clock=now_ms,
            retention=Retention(log_days=settings.log_retention_days),
            recent=recent,
        )
        sites = {project.site for project in projects}

        def vitals() -> dict[str, Any]:
            states = [state for site in sorted(sites) for state in records.agent_states(site)]
            return {
                "timeseries_offset": timeseries.position(),
                "ingest": asdict(ingest.counters),
                "writer": asdict(writer.counters),
                "agents_online": sum(state.status.online for state in states),
                "spooled_batches": sum(state.status.spool.batches for state in states),
            }

        app = create_app(projects, log, timeseries, records, hint, now_ms, vitals)
        server = _server(app, settings.web.host, settings.web.port)
        await _run_all(stop, ingest, writer, server, app.state.live.close)


async def _run_all(
    stop: asyncio.Event,
    ingest: Ingest,
    writer: Writer,
    server: uvicorn.Server,
    end_streams: Callable[[], None],
) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(ingest.run(stop), name="ingest")
        group.create_task(writer.run(stop), name="writer")
        web = group.create_task(server.serve(), name="web")
        # A web server that cannot listen ends by itself; then all ends, rather than ingest without pages.
        waiting = group.create_task(stop.wait(), name="stop")
        await asyncio.wait({web, waiting}, return_when=asyncio.FIRST_COMPLETED)
        end_streams()
        server.should_exit = True
        stop.set()


async def _broker(settings: Settings, stack: contextlib.AsyncExitStack) -> BrokerAddress:
    if settings.broker is not None:
        return _configured(settings.broker)
    password = os.urandom(16).hex()
    users = {"cloud": Credentials(password=password)}
    for account in settings.agents:
        users[f"{account.site}.{account.agent}"] = Credentials(
            password=_secret(account.password_file), site=account.site, agent=account.agent
        )
    broker = EmbeddedBroker(settings.data / "broker", users, port=settings.embedded_broker_port)
    await broker.start()
    stack.push_async_callback(broker.stop)
    LOGGER.info("embedded broker listens on 127.0.0.1:%d", broker.port)
    return BrokerAddress(host="127.0.0.1", port=broker.port, username="cloud", password=password)


def _configured(broker: BrokerSettings) -> BrokerAddress:
    return BrokerAddress(
        host=broker.host,
        port=broker.port,
        username=broker.username,
        password=_secret(broker.password_file) if broker.password_file else None,
        ca_file=broker.ca_file,
    )


def _secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; it must hold the password alone") from error


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
