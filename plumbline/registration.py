"""From the projects file to the registry: who may send, and from which devices."""

from __future__ import annotations

from collections.abc import Iterable

from plumbline.settings import AgentAccount, FirmSettings
from store.records.registry import (
    Agent,
    Device,
    Firm,
    RegisteredProject,
    Registration,
    Room,
    Site,
)
from web.project import Project


def registration_of(
    firm: FirmSettings, projects: Iterable[Project], accounts: Iterable[AgentAccount] = ()
) -> Registration:
    """Everything the files say. A site of which no account is listed takes any agent of its own."""
    known = list(projects)
    sites = {project.site: Site(firm.id, project.site, project.timezone) for project in known}
    return Registration(
        firms=[Firm(firm.id, firm.name)],
        sites=list(sites.values()),
        projects=[_project(firm.id, project) for project in known],
        rooms=[
            Room(firm.id, project.site, room.id, room.zh, room.en)
            for project in known
            for room in project.rooms
        ],
        agents=[Agent(firm.id, account.site, account.agent) for account in accounts if account.site in sites],
        devices=[
            Device(firm.id, project.site, device.id, device.kind, device.room, device.interval_s)
            for project in known
            for device in project.devices
        ],
    )


def _project(firm: str, project: Project) -> RegisteredProject:
    title = project.title
    return RegisteredProject(firm, project.id, project.site, title.zh, title.en, project.started.isoformat())
