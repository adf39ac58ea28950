"""The composition roots of the cloud: `serve` is all in one process, the others are its parts apart."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TextIO

from analytics.follower import Follower
from ingest.receive import BrokerAddress
from ingest.recent import Recent
from ingest.replay import Replay, Replayed
from ingest.retention import Retention
from ingest.service import Ingest
from ingest.writer import Writer
from parts.part import Part
from parts.supervisor import Supervisor
from plumbline import owners, report
from plumbline.broker import connect_address
from plumbline.clock import now_ms
from plumbline.heartbeat import Heartbeat
from plumbline.importing import take_in
from plumbline.pages import Pages
from plumbline.projects_file import ProjectsFile
from plumbline.settings import Settings, SettingsError
from plumbline.stores import Stores, hint_parts, open_stores, turn
from plumbline.survey import Survey
from plumbline.web_options import web_options
from store import private
from store.log.hint import Hint
from store.records.contract import Quarantined
from store.records.records import Records
from store.records.registry import Directory
from store.records.watch import OF_DIRECTORY, followed
from store.threads import SWITCH_INTERVAL_S
from web.api.sources import Vitals
from web.app import create_app
from web.customer.project import changed_projects, registered_projects
from web.rooms import Routes
from web.services import compose

LOGGER = logging.getLogger("plumbline")
#: A batch is two thousand lists and dictionaries without a cycle among them, and hundreds of batches wait for
#: the writer. Looking for cycles every 700 new objects, Python's default, takes a third off the readings per
#: second; these thresholds gain a sixth over (20_000, 20, 50) (`make bench ONLY=ingest`).
GC_THRESHOLDS: Final = (100_000, 50, 20)


#: Puts what a process begins with into the records, and gives the rooms that are its own.
Furnish = Callable[[Records], Awaitable[Sequence[Routes]]]


async def serve(settings: Settings, stop: asyncio.Event, furnish: Furnish | None = None) -> None:
    """Everything in one process until `stop`, then all closed in order.

    Raises SettingsError where the settings cannot be used.
    """
    async with _opened(settings, "serve") as (stores, hint, stack):
        take_in(stores.records, settings, now_ms())
        own = await furnish(stores.records) if furnish else ()
        recent = Recent()
        address, broker = await connect_address(settings, stack, stores.records)
        process = _Process(settings, "serve", hint)
        taking = _ingest(settings, stores, hint, address, recent)
        clock = taking.clocks.now
        process.add(*broker, *taking.parts())
        process.add(*_writer(settings, stores, hint, clock, recent).parts())
        process.add(Follower(stores.log, stores.records, hint).part())
        process.add(*_pages(settings, stores, hint, process.vitals, clock, own))
        await process.run(stop)


async def ingest(settings: Settings, stop: asyncio.Event) -> None:
    """One ingest worker until `stop`. Of all workers on a log one is its writer, too."""
    if settings.broker is None:
        raise SettingsError("broker: missing; processes apart need a broker that is not a child of one")
    async with _opened(settings, None) as (stores, hint, stack):
        take_in(stores.records, settings, now_ms())
        recent = Recent()
        address, broker = await connect_address(settings, stack, stores.records)
        process = _Process(settings, "ingest", hint)
        taking = _ingest(settings, stores, hint, address, recent)
        process.add(*broker, *taking.parts())
        writer = _writer(settings, stores, hint, taking.clocks.now, recent)
        process.add(*writer.parts(turn(settings, "writer")))
        await process.run(stop)


async def analytics(settings: Settings, stop: asyncio.Event) -> None:
    """The reader of the log for what it means, until `stop`. Of several such processes one reads."""
    async with _opened(settings, None) as (stores, hint, _):
        process = _Process(settings, "analytics", hint)
        process.add(Follower(stores.log, stores.records, hint).part(turn(settings, "analytics")))
        await process.run(stop)


async def web(settings: Settings, stop: asyncio.Event) -> None:
    """Pages and the API until `stop`."""
    async with _opened(settings, None) as (stores, hint, _):
        take_in(stores.records, settings, now_ms())
        process = _Process(settings, "web", hint)
        process.add(*_pages(settings, stores, hint, process.vitals, now_ms))
        await process.run(stop)


class _Process:
    """A table of parts, with those that every process has: the heartbeat, and hints of the log."""

    def __init__(self, settings: Settings, name: str, hint: Hint) -> None:
        self._hint = hint
        self._parts = hint_parts(settings, hint)
        self._supervisor: Supervisor | None = None
        heartbeat = Heartbeat(settings.data / "health", name, self.vitals)
        self._parts.append(Part("heartbeat", heartbeat.run, well=heartbeat.well))

    def add(self, *parts: Part) -> None:
        """To be done before `run`."""
        self._parts += parts

    def vitals(self) -> Vitals:
        """How all parts are. Never blocks."""
        if self._supervisor is None:
            return Vitals(["start"], {}, starting=True)
        return report.vitals(self._supervisor)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`. Raises SettingsError where a part finds that it cannot work by them."""
        self._supervisor = Supervisor(self._parts, fatal=(SettingsError,))
        await self._supervisor.run(stop, ending=self._hint.notify)


@contextlib.asynccontextmanager
async def _opened(
    settings: Settings, alone: str | None
) -> AsyncIterator[tuple[Stores, Hint, contextlib.AsyncExitStack]]:
    """The stores. `alone`: no second process of this kind on the folder."""
    _close(settings.data)
    gc.set_threshold(*GC_THRESHOLDS)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    async with contextlib.AsyncExitStack() as stack:
        if alone is not None:
            stack.enter_context(_alone(settings.data))
        stores = stack.enter_context(open_stores(settings))
        hint = Hint()
        yield stores, hint, stack


def _close(folder: Path) -> None:
    """An older version left it open to others."""
    try:
        private.folder(folder)
    except OSError as error:
        raise SettingsError(f"{folder}: {error.strerror}; `data` names a folder to write into") from error
    for path in private.mend(folder):
        LOGGER.warning("%s: others may read it, and it is not ours to close: chown it", path)


def _ingest(settings: Settings, stores: Stores, hint: Hint, address: BrokerAddress, recent: Recent) -> Ingest:
    records, directory = stores.records, None
    if settings.unregistered == "quarantine":
        directory = followed(records.feed, OF_DIRECTORY, records.directory)
    return Ingest(address, stores.log, stores.records, hint, now_ms, recent, directory)


def _writer(
    settings: Settings, stores: Stores, hint: Hint, clock: Callable[[], int], recent: Recent
) -> Writer:
    days = settings.retention
    return Writer(
        log=stores.log,
        timeseries=stores.timeseries,
        records=stores.records,
        hint=hint,
        clock=clock,
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
    return stores.records.directory() if settings.unregistered == "quarantine" else None


def _pages(
    settings: Settings,
    stores: Stores,
    hint: Hint,
    vitals: Callable[[], Vitals],
    clock: Callable[[], int],
    own: Sequence[Routes] = (),
) -> list[Part]:
    """The web server, what feeds its pages, and the looks at the stores and at the projects file."""

    def replay(item: Quarantined) -> Replayed:
        return Replay(stores.log, stores.records, _directory(settings, stores), clock).item(item)

    records = stores.records
    services = compose(
        stores.log, stores.timeseries, records, hint, clock, registered_projects(records),
        vitals=vitals, replay=replay, settings=web_options(settings),
    )  # fmt: skip
    owners.say_code_where_nobody_can_begin(records, settings, clock())
    pages = Pages(create_app(services, own), services.live, settings.web)
    survey = Survey(stores, lambda: {project.site for project in services.projects.all})
    file = ProjectsFile(settings, records, now_ms)
    return [pages.part(), *services.parts(changed_projects(records)), survey.part(), file.part()]


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[TextIO]:
    """Two processes over one folder would each think the log theirs."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SettingsError(f"{folder}: another plumbline serves this folder; stop it first") from error
        yield file
