"""The projects this server shows: one YAML file, checked whole before anything opens a socket."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationError, model_validator

from analytics.situation.place import Place
from checked_yaml.lines import ConfigError, KeyPath, load_with_lines
from checked_yaml.model import Config, explain_all, shown, unknown_choice, wrong
from store.records import registry
from web.links import end_of_link, weakness
from wire.identifiers import DeviceId, SiteId
from wire.kinds import BADGE_READER, KINDS, today_called


class ProjectsError(ValueError):
    """The file cannot be used. A line a mistake: file:line, key, value, rule, nearest valid choice."""


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("is no IANA time zone, such as Asia/Shanghai") from error
    return name


def _known_kind(name: str) -> str:
    if (kind := today_called(name)) not in KINDS:
        raise unknown_choice(name, "kind of device", KINDS)
    return kind


class Words(Config):
    """One text in both languages."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class Room(Words):
    """A room as the customer calls it."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]


class Device(Config):
    """A device of the site. `interval_s` is how often it should speak: its age is judged by that."""

    id: DeviceId
    kind: Annotated[str, AfterValidator(_known_kind)]
    room: str | None = None
    interval_s: Annotated[float, Field(gt=0, le=86_400)] | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if self.kind != BADGE_READER and self.interval_s is None:
            raise ValueError(f"a {self.kind} needs interval_s: how often it should speak")
        if self.kind == "climate_sensor" and self.room is None:
            raise ValueError("a climate_sensor needs the room it hangs in")
        return self


class Project(Config):
    """The contract work for one customer: one site, one page at /p/{token}."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    #: Whoever has it sees the page; `plumbline link new` makes one.
    token: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$", repr=False)]
    site: SiteId
    timezone: Annotated[str, AfterValidator(_known_timezone)]
    title: Words
    customer: Words
    started: dt.date
    #: When the work is handed over, where that is known: the link holds for some weeks more.
    handover: dt.date | None = None
    #: The last day of the link, where it is named.
    token_expires: dt.date | None = None
    #: End of the working day, local time: who never badged out stops counting then.
    closes: dt.time = dt.time(20, 0)
    rooms: tuple[Room, ...] = ()
    devices: tuple[Device, ...]

    @model_validator(mode="after")
    def _names_are_known_and_unique(self) -> Self:
        for what, names in (("room", [r.id for r in self.rooms]), ("device", [d.id for d in self.devices])):
            if twice := _repeated(names):
                raise ValueError(f"{what} {twice!r} stands twice")
        rooms = [room.id for room in self.rooms]
        for number, device in enumerate(self.devices):
            if device.room is not None and device.room not in rooms:
                raise unknown_choice(device.room, "room of this project", rooms, "devices", number, "room")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def link_ends(self) -> int | None:
        """UTC ms from which on the link opens nothing; None: it has no end yet."""
        return end_of_link(self.zone, self.token_expires, self.handover)

    def link_is_over(self, now: int) -> bool:
        """Whether the link opens nothing any more at `now` (UTC ms)."""
        return self.link_ends is not None and now >= self.link_ends

    def place(self, firm: str = "") -> Place:
        """The site as it is judged; its rows of the registry, which are kept under `firm`."""
        rooms = tuple(registry.Room(firm, self.site, room.id, room.zh, room.en) for room in self.rooms)
        devices = tuple(
            registry.Device(firm, self.site, one.id, one.kind, one.room, one.interval_s)
            for one in self.devices
        )
        return Place(self.site, self.timezone, self.started, self.closes, rooms, devices)


class _File(Config):
    projects: tuple[Project, ...]

    @model_validator(mode="after")
    def _nobody_shares(self) -> Self:
        if twice := _repeated([project.id for project in self.projects]):
            raise ValueError(f"project {twice!r} stands twice")
        for number, project in enumerate(self.projects):
            if why := weakness(project.token):
                raise wrong(f"{why}; `plumbline link new` makes a good one", "projects", number, "token")
        tokens = [project.token for project in self.projects]
        if twice := _repeated(tokens):
            raise ValueError(
                f"project {self.projects[tokens.index(twice)].id!r} shares its token with another"
            )
        return self


class Projects:
    """Projects by token. Looked up by the token's hash, so that the time taken tells nothing about it."""

    def __init__(self, projects: Iterable[Project]) -> None:
        self.all: tuple[Project, ...] = ()
        self._by_hash: dict[bytes, Project] = {}
        self.replace(projects)

    def replace(self, projects: Iterable[Project]) -> list[str]:
        """From now on these. The ids of those that are gone or no longer what they were."""
        before, self.all = self.all, tuple(projects)
        self._by_hash = {_hash(project.token): project for project in self.all}
        same = set(self.all)
        return [project.id for project in before if project not in same]

    def by_token(self, token: str, now: int) -> Project | None:
        """The project this token opens at `now` (UTC ms)."""
        found = self._by_hash.get(_hash(token))
        return None if found is None or found.link_is_over(now) else found


def load_projects(path: Path) -> list[Project]:
    """The projects in a YAML file. Raises ProjectsError with every mistake, a line each."""
    try:
        data, line_of = load_with_lines(path.read_text("utf-8"), str(path))
    except OSError as error:
        raise ProjectsError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ProjectsError(f"{path}: is not UTF-8 (byte {error.start}): save it as UTF-8") from error
    except ConfigError as error:
        raise ProjectsError(str(error)) from error
    try:
        return list(_File.model_validate(data).projects)
    except ValidationError as error:
        raise ProjectsError(str(explain_all(error, data, line_of, str(path), _shown))) from error


def _shown(path: KeyPath, value: object) -> str:
    """What stands there, where it is no secret and short enough to be read."""
    return "(hidden)" if path and path[-1] == "token" else shown(path, value)


def _repeated(names: Sequence[str]) -> str | None:
    return next((name for index, name in enumerate(names) if name in names[:index]), None)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
