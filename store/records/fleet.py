"""All that the registry has at the sites of every firm: as many questions however many there are."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from store.records.agents import Agents
from store.records.devices import Devices
from store.records.projects import Projects
from store.records.registry import Device, Language, RegisteredProject, Room, Site
from store.records.rooms import Rooms
from store.records.sites import Sites


@dataclass(frozen=True, slots=True)
class SiteOfFleet:
    """A site, the work that is done there, and what is in it, as listed. `agents`: those that are listed,
    None where any may send."""

    site: Site
    projects: tuple[RegisteredProject, ...]
    rooms: tuple[Room, ...]
    devices: tuple[Device, ...]
    agents: frozenset[str] | None

    @property
    def closes(self) -> dt.time:
        """The end of the working day, local time: of the work there, else as usual."""
        return dt.time.fromisoformat(next((one.closes for one in self.projects), "20:00"))

    def name(self, language: Language) -> str:
        """That of the work, the site's id where there is none."""
        for project in self.projects:
            return project.name_zh if language == "zh" else project.name_en
        return self.site.id


class Fleet:
    """Read whole, for who keeps a copy in memory (`store.records.watch`). Blocking; raises StoreError."""

    def __init__(
        self, sites: Sites, projects: Projects, rooms: Rooms, devices: Devices, agents: Agents
    ) -> None:
        self._sites = sites
        self._projects = projects
        self._rooms = rooms
        self._devices = devices
        self._agents = agents

    def by_firm(self) -> dict[str, dict[str, SiteOfFleet]]:
        """Firm -> site -> what is there."""
        found: defaultdict[str, dict[str, SiteOfFleet]] = defaultdict(dict)
        projects = _by_site(self._projects.everywhere())
        rooms, devices = _listed(self._rooms.everywhere()), _listed(self._devices.everywhere())
        agents = self._agents.present_by_site()
        for site in self._sites.everywhere():
            at = site.id
            found[site.firm][at] = SiteOfFleet(
                site,
                tuple(projects[at]),
                tuple(rooms[at]),
                tuple(devices[at]),
                agents.get(at),
            )
        return dict(found)


class _AtSite(Protocol):
    @property
    def site(self) -> str: ...


_Row = TypeVar("_Row", bound=_AtSite)
_Listed = TypeVar("_Listed", Room, Device)


def _by_site(rows: Iterable[_Row]) -> defaultdict[str, list[_Row]]:
    found: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in rows:
        found[row.site].append(row)
    return found


def _listed(rows: Iterable[_Listed]) -> defaultdict[str, list[_Listed]]:
    return _by_site(sorted(rows, key=lambda row: (row.listed, row.id)))
