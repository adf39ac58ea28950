"""What the registry holds of projects, as pages show it."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar
from zoneinfo import ZoneInfo

from analytics.situation.place import Place
from store.records.links import Link
from store.records.records import Records
from store.records.registry import Device, RegisteredProject, Room
from store.records.watch import NOUNS, followed

_Listed = TypeVar("_Listed", Room, Device)


@dataclass(frozen=True, slots=True)
class Words:
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Project:
    """The contract work for one customer at one site, with what is there. `links` open its page."""

    firm: str
    id: str
    site: str
    timezone: str
    title: Words
    customer: Words
    started: dt.date
    handover: dt.date | None
    #: End of the working day, local time: who never badged out stops counting then.
    closes: dt.time
    rooms: tuple[Room, ...]
    devices: tuple[Device, ...]
    links: tuple[Link, ...]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def key(self) -> tuple[str, str]:
        """An id is its firm's own: another firm may have the same."""
        return self.firm, self.id

    def open_links(self, now: int) -> frozenset[int]:
        """The links that open it at `now` (UTC ms)."""
        return frozenset(link.id for link in self.links if link.opens(now))

    def place(self) -> Place:
        """The site as it is judged."""
        return Place(self.site, self.timezone, self.started, self.closes, self.rooms, self.devices)


class Projects:
    """All that there are, by firm and id."""

    def __init__(self, projects: Iterable[Project]) -> None:
        self.all: tuple[Project, ...] = ()
        self._by_id: dict[tuple[str, str], Project] = {}
        self.replace(projects)

    def replace(self, projects: Iterable[Project]) -> list[Project]:
        """From now on these. Those that are gone or no longer what they were, as they were."""
        before, self.all = self.all, tuple(projects)
        self._by_id = {project.key: project for project in self.all}
        same = set(self.all)
        return [project for project in before if project not in same]

    def of(self, firm: str, project: str) -> Project | None:
        """One of a firm's."""
        return self._by_id.get((firm, project))


def changed_projects(records: Records) -> Callable[[], list[Project] | None]:
    """To be asked again and again: all projects where something of them has changed, else None. Blocking."""
    return followed(records.feed, NOUNS, lambda: registered_projects(records))


def registered_projects(records: Records) -> list[Project]:
    """All that there are, of all firms, by id. Blocking."""
    zones: dict[str, str] = {site.id: site.timezone for site in records.sites.everywhere()}
    customers = {
        (one.firm, one.id): Words(one.name_zh, one.name_en) for one in records.customers.everywhere()
    }
    rooms: defaultdict[str, list[Room]] = defaultdict(list)
    devices: defaultdict[str, list[Device]] = defaultdict(list)
    links: defaultdict[tuple[str, str], list[Link]] = defaultdict(list)
    for room in records.rooms.everywhere():
        rooms[room.site].append(room)
    for device in records.devices.everywhere():
        devices[device.site].append(device)
    for link in records.links.everywhere():
        links[link.firm, link.project].append(link)
    return [
        _project(
            row,
            zones[row.site],
            customers.get((row.firm, row.customer or "")),
            _listed(rooms[row.site], shown_of(row, "rooms")),
            _listed(devices[row.site], shown_of(row, "devices")),
            tuple(links[row.firm, row.id]),
        )
        for row in records.projects.everywhere()
        if row.site in zones
    ]


def shown_of(row: RegisteredProject, what: str) -> list[str] | None:
    """The ids of the rooms or devices that a project shows, None where those are all of its site."""
    if row.part is None:
        return None
    ids: list[str] = json.loads(row.part)[what]
    return ids


def _listed(rows: list[_Listed], shown: list[str] | None) -> tuple[_Listed, ...]:
    if shown is None:
        return tuple(sorted(rows, key=lambda row: (row.listed, row.id)))
    by_id = {row.id: row for row in rows}
    return tuple(by_id[one] for one in shown if one in by_id)


def _project(
    row: RegisteredProject,
    timezone: str,
    customer: Words | None,
    rooms: tuple[Room, ...],
    devices: tuple[Device, ...],
    links: tuple[Link, ...],
) -> Project:
    return Project(
        row.firm, row.id, row.site, timezone, Words(row.name_zh, row.name_en), customer or Words("", ""),
        dt.date.fromisoformat(row.started),
        None if row.handover is None else dt.date.fromisoformat(row.handover),
        dt.time.fromisoformat(row.closes), rooms, devices, links,
    )  # fmt: skip
