"""From the projects file to the registry: who may send, and from which devices."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence

from plumbline.settings import AgentAccount, FirmSettings, Settings, SettingsError
from store.records.registry import (
    Agent,
    Firm,
    RegisteredProject,
    Registration,
    Registry,
    Retired,
    Site,
)
from store.records.tenancy import site_ref
from web.project import Project

LOGGER = logging.getLogger("plumbline.registration")


def enter(registry: Registry, settings: Settings, projects: Sequence[Project], at: int) -> Retired:
    """The registry as the files say from UTC ms `at` on; what they do not name any longer is retired, and
    each of it named in the log. Raises SettingsError, and then nothing has changed."""
    registration = registration_of(settings.firm, projects, settings.agents)
    if not projects and (gone := registry.missing(registration)).sites:
        raise SettingsError(
            f"{settings.projects}: names no project, and {_listed(gone.sites)} would be taken out: put "
            "them back, or `plumbline erase SITE` each that is over"
        )
    try:
        retired = registry.reconcile(registration, at)
    except ValueError as error:
        raise SettingsError(f"{settings.projects}: {error}") from error
    for line in taken_out(retired):
        LOGGER.warning("%s is not named any longer: its past stays, what it sends goes to quarantine", line)
    return retired


def taken_out(retired: Retired) -> Iterator[str]:
    """Each by its kind and name."""
    yield from (f"site {name}" for name in retired.sites)
    yield from (f"agent {name}" for name in retired.agents)
    yield from (f"device {name}" for name in retired.devices)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def registration_of(
    firm: FirmSettings, projects: Iterable[Project], accounts: Iterable[AgentAccount] = ()
) -> Registration:
    """Everything the files say. A site of which no account is listed takes any agent of its own."""
    known = list(projects)
    places = [project.place(firm.id) for project in known]
    sites = {project.site: Site(firm.id, site_ref(project.site), project.timezone) for project in known}
    return Registration(
        firms=[Firm(firm.id, firm.name)],
        sites=list(sites.values()),
        projects=[_project(firm.id, project) for project in known],
        rooms=[room for place in places for room in place.rooms],
        agents=[Agent(firm.id, account.site, account.agent) for account in accounts if account.site in sites],
        devices=[device for place in places for device in place.devices],
    )


def _project(firm: str, project: Project) -> RegisteredProject:
    title = project.title
    return RegisteredProject(firm, project.id, project.site, title.zh, title.en, project.started.isoformat())
