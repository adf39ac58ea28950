"""From a projects file and the settings to the registry, and back."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeVar

from plumbline import projects_yaml
from plumbline.projects_yaml import Project
from plumbline.settings import AgentAccount, FirmSettings
from store.records.links import link_digest
from store.records.registry import (
    Agent,
    Customer,
    Device,
    FileLink,
    Firm,
    RegisteredProject,
    Registration,
    Room,
    Site,
)
from store.records.tenancy import site_ref
from web.customer import project as shown

_Placed = TypeVar("_Placed", Room, Device)


def registration_of(
    firm: FirmSettings, projects: Iterable[Project], accounts: Iterable[AgentAccount] = ()
) -> Registration:
    """Everything the files say. A site of which no account is listed takes any agent of its own."""
    known = list(projects)
    shared = {site for site, count in Counter(project.site for project in known).items() if count > 1}
    sites = {project.site: Site(firm.id, site_ref(project.site), project.timezone) for project in known}
    return Registration(
        firms=[Firm(firm.id, firm.name)],
        customers=[Customer(firm.id, one.id, one.customer.zh, one.customer.en) for one in known],
        sites=list(sites.values()),
        projects=[_project(firm.id, project, shared) for project in known],
        rooms=_once(
            Room(firm.id, project.site, room.id, room.zh, room.en, number)
            for project in known
            for number, room in enumerate(project.rooms)
        ),
        agents=[Agent(firm.id, account.site, account.agent) for account in accounts if account.site in sites],
        devices=_once(
            Device(firm.id, project.site, one.id, one.kind, one.room, one.interval_s, number)
            for project in known
            for number, one in enumerate(project.devices)
        ),
        links={
            project.id: FileLink(link_digest(project.token), project.link_ends)
            for project in known
            if project.token is not None
        },
    )


def _once(rows: Iterable[_Placed]) -> list[_Placed]:
    """Each of a site once, where the first project that names it has it: two may share a site."""
    first: dict[tuple[str, str], _Placed] = {}
    for row in rows:
        first.setdefault((row.site, row.id), row)
    return list(first.values())


def _project(firm: str, project: Project, shared: set[str]) -> RegisteredProject:
    part = {"rooms": [one.id for one in project.rooms], "devices": [one.id for one in project.devices]}
    return RegisteredProject(
        firm, project.id, project.site, project.title.zh, project.title.en, project.started.isoformat(),
        customer=project.id,
        handover=None if project.handover is None else project.handover.isoformat(),
        closes=_time(project.closes),
        part=json.dumps(part) if project.site in shared else None,
    )  # fmt: skip


def _time(time: dt.time) -> str:
    return time.isoformat("minutes" if time == time.replace(second=0, microsecond=0) else "auto")


def projects_of(registered: Sequence[shown.Project]) -> list[Project]:
    """What a projects file would say of them, without tokens."""
    return [_entry(one) for one in registered]


def _entry(one: shown.Project) -> Project:
    """Names unchecked: what was registered before they had a rule is written as it stands."""
    words, room_of = projects_yaml.Words.model_construct, projects_yaml.Room.model_construct
    return Project(
        id=one.id,
        site=one.site,
        timezone=one.timezone,
        title=words(zh=one.title.zh, en=one.title.en),
        customer=words(zh=one.customer.zh, en=one.customer.en),
        started=one.started,
        handover=one.handover,
        closes=one.closes,
        rooms=tuple(room_of(id=room.id, zh=room.name_zh, en=room.name_en) for room in one.rooms),
        devices=tuple(
            projects_yaml.Device(
                id=device.id, kind=device.kind, room=device.room, interval_s=device.interval_s
            )
            for device in one.devices
        ),
    )
