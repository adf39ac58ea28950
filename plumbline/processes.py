"""The composition roots of the cloud: `serve` is all of it, with ingest as a child; the others are its parts
apart."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from analytics.follower import Follower
from ingest.replay import Replay, Replayed
from parts.part import Part
from parts.vitals import Vitals
from plumbline import owners
from plumbline.broker import configured, connect_address
from plumbline.clock import now_ms
from plumbline.heartbeat import Heartbeat
from plumbline.importing import take_in
from plumbline.ingest_parts import ingest_parts
from plumbline.ingest_process import IngestProcess, Orders
from plumbline.pages import Pages
from plumbline.process import Process, opened
from plumbline.projects_file import ProjectsFile
from plumbline.settings import Settings, SettingsError
from plumbline.stores import Stores, feed_hint_parts, hint_parts, turn
from plumbline.survey import Survey
from plumbline.web_options import web_options
from store import key_file
from store.log.hint import Hint
from store.records.contract import Quarantined
from store.records.records import Records
from store.records.registry import Directory
from web.access.seal import Seal
from web.app import create_app
from web.customer.project import changed_projects, registered_projects
from web.rooms import Routes
from web.services import compose

LOGGER: Final = logging.getLogger("plumbline.processes")
#: Puts what a process begins with into the records, and gives the rooms that are its own.
Furnish = Callable[[Records], Awaitable[Sequence[Routes]]]


async def serve(settings: Settings, stop: asyncio.Event, furnish: Furnish | None = None) -> None:
    """All there is until `stop`, then all closed in order. Ingest is a process of its own, so that no page
    delays a receipt.

    Raises SettingsError where the settings cannot be used.
    """
    hint = Hint()
    async with contextlib.AsyncExitStack() as stack:
        stores = stack.enter_context(opened(settings, alone=True))
        take_in(stores.records, settings, now_ms())
        own = await furnish(stores.records) if furnish else ()
        address, broker = await connect_address(settings, stack, stores.records)
        apart = IngestProcess(Orders(settings, address), hint)
        process = Process(hint, apart.vitals)
        process.add(_heartbeat(settings, "serve", process), *broker, apart.part())
        process.add(Follower(stores.log, stores.records, hint).part())
        process.add(*_pages(settings, stores, hint, process.vitals, apart.now, own))
        await process.run(stop)


async def ingest(settings: Settings, stop: asyncio.Event) -> None:
    """One ingest worker until `stop`. Of all workers on a log one is its writer, too."""
    if settings.broker is None:
        raise SettingsError("broker: missing; processes apart need a broker that is not a child of one")
    hint = Hint()
    with opened(settings) as stores:
        take_in(stores.records, settings, now_ms())
        process = _apart(settings, "ingest", hint)
        lease = turn(settings, "writer")
        process.add(*ingest_parts(settings, stores, hint, configured(settings.broker), lease).parts)
        await process.run(stop)


async def analytics(settings: Settings, stop: asyncio.Event) -> None:
    """The reader of the log for what it means, until `stop`. Of several such processes one reads."""
    hint = Hint()
    with opened(settings) as stores:
        process = _apart(settings, "analytics", hint)
        process.add(Follower(stores.log, stores.records, hint).part(turn(settings, "analytics")))
        await process.run(stop)


async def web(settings: Settings, stop: asyncio.Event) -> None:
    """Pages and the API until `stop`."""
    hint = Hint()
    with opened(settings) as stores:
        take_in(stores.records, settings, now_ms())
        process = _apart(settings, "web", hint)
        process.add(*_pages(settings, stores, hint, process.vitals, now_ms))
        await process.run(stop)


def _apart(settings: Settings, name: str, hint: Hint) -> Process:
    """With what every process apart has: hints of the log, and the heartbeat."""
    process = Process(hint)
    process.add(*hint_parts(settings, hint), _heartbeat(settings, name, process))
    return process


def _heartbeat(settings: Settings, name: str, process: Process) -> Part:
    heartbeat = Heartbeat(settings.data / "health", name, process.vitals)
    return Part("heartbeat", heartbeat.run, well=heartbeat.well)


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

    records, feed_hint = stores.records, Hint()
    seal = Seal(key_file.read_or_make(settings.data))
    seal.close_all(records)
    if unopened := seal.unopened(records):
        LOGGER.warning("%s does not open %d authenticators: see `plumbline doctor`", key_file.NAME, unopened)
    services = compose(
        stores.log, stores.timeseries, records, hint, clock, registered_projects(records),
        vitals=vitals, replay=replay, settings=web_options(settings), seal=seal,
        feed_hint=feed_hint,
    )  # fmt: skip
    owners.say_code_where_nobody_can_begin(records, settings, clock())
    pages = Pages(create_app(services, own), services.live, settings.web)
    survey = Survey(stores, lambda: {project.site for project in services.projects.all})
    file = ProjectsFile(settings, records, now_ms)
    hints = feed_hint_parts(settings, feed_hint)
    return [pages.part(), *services.parts(changed_projects(records)), *hints, survey.part(), file.part()]
