"""A projects file: what an office may write down of its projects, to be imported. Checked whole."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import AfterValidator, Field, ValidationError, model_validator

from checked_yaml.lines import ConfigError, KeyPath, load_with_lines
from checked_yaml.model import Config, explain_all, shown, unknown_choice, wrong
from checked_yaml.name import Name
from web.links.ending import end_of_link
from web.links.strength import GOOD_BITS, bits, weakness
from wire.identifiers import DeviceId, SiteId
from wire.kinds import BADGE_READER, KINDS, today_called

#: A firm with thousands of projects stays below.
LARGEST_BYTES: Final = 16 << 20
#: Words that are text in every YAML.
_PLAIN: Final = re.compile(r"[a-z][a-z0-9_-]*(?<!^null)(?<!^true)(?<!^false)")


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

    zh: Name
    en: Name


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
    #: Whoever has it sees the page; `plumbline link new` makes one. Left out: the links stay as they are.
    token: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$", repr=False)] = None
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
        _check_once("room", [room.id for room in self.rooms], "rooms")
        _check_once("device", [device.id for device in self.devices], "devices")
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


class _File(Config):
    projects: tuple[Project, ...]

    @model_validator(mode="after")
    def _nobody_shares(self) -> Self:
        _check_once("project", [project.id for project in self.projects], "projects")
        for number, project in enumerate(self.projects):
            if project.token is not None and (why := weakness(project.token)):
                raise wrong(f"{why}; `plumbline link new` makes a good one", "projects", number, "token")
        self._check_tokens()
        return self

    @model_validator(mode="after")
    def _projects_of_a_site_agree(self) -> Self:
        """What two projects say of one site, room or device is one thing: the last said would win otherwise,
        and nobody would know."""
        known: dict[tuple[str, ...], tuple[object, str]] = {}
        for number, project in enumerate(self.projects):
            for key, said, path in _said_of_site(project):
                before, whose = known.setdefault((project.site, *key), (said, project.id))
                if before != said:
                    what = " ".join(key)
                    rule = f"{what} of site {project.site} is otherwise in project {whose!r}: say it alike"
                    raise wrong(rule, "projects", number, *path)
        return self

    def _check_tokens(self) -> None:
        owners: dict[str, str] = {}
        for number, project in enumerate(self.projects):
            if project.token is None:
                continue
            if (owner := owners.setdefault(project.token, project.id)) != project.id:
                rule = f"project {owner!r} shares its token with this one: leave it out of one of them"
                raise wrong(rule, "projects", number, "token")


def _said_of_site(project: Project) -> Iterator[tuple[tuple[str, ...], object, KeyPath]]:
    """What a project says of its site, each with what it is said of and where it stands."""
    yield ("timezone",), project.timezone, ("timezone",)
    for number, room in enumerate(project.rooms):
        yield ("room", room.id), room, ("rooms", number)
    for number, device in enumerate(project.devices):
        yield ("device", device.id), device, ("devices", number)


def load_projects(path: Path) -> list[Project]:
    """The projects in a YAML file. Raises ProjectsError with every mistake, a line each."""
    return parse_projects(read_projects(path), str(path))


def read_projects(path: Path) -> str:
    """The text of a projects file. Raises ProjectsError."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            raise ProjectsError(f"{path}: is larger than {LARGEST_BYTES >> 20} MB: no projects file is")
        return content.decode()
    except OSError as error:
        raise ProjectsError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ProjectsError(f"{path}: is not UTF-8 (byte {error.start}): save it as UTF-8") from error


def parse_projects(text: str, file: str) -> list[Project]:
    """The projects in a text; `file` is what mistakes call it. Raises ProjectsError as `load_projects`."""
    try:
        data, line_of = load_with_lines(text, file)
        if data is None:
            raise ProjectsError(f"{file}:1: is empty: write `projects:` and a list (docs/operating.md)")
        return list(_File.model_validate(data).projects)
    except ConfigError as error:
        raise ProjectsError(str(error)) from error
    except ValidationError as error:
        raise ProjectsError(str(explain_all(error, data, line_of, file, _shown))) from error


def written(projects: Sequence[Project]) -> str:
    """A file that says this; without tokens, of which nobody keeps more than a digest."""
    return yaml.dump(
        {"projects": [_plain(project) for project in projects]},
        Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100,
    )  # fmt: skip


def _plain(project: Project) -> dict[str, Any]:
    """Without what is as it would be anyway."""
    said = project.model_dump(mode="json", exclude_defaults=True, exclude={"token", "token_expires"})
    said["closes"] = project.closes.isoformat(
        "minutes" if project.closes == project.closes.replace(second=0, microsecond=0) else "auto"
    )
    if project.closes == dt.time(20, 0):
        del said["closes"]
    return said


class _Dumper(yaml.SafeDumper):
    """Writes what `checked_yaml` reads: every text in quotes that could be taken for something else there."""

    def ignore_aliases(self, _: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = text.isprintable() and _PLAIN.fullmatch(text) is not None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _text)


def _shown(path: KeyPath, value: object) -> str:
    """What stands there, where it is no secret and short enough to be read."""
    return "(hidden)" if path and path[-1] == "token" else shown(path, value)


def _check_once(what: str, ids: Sequence[str], field: str) -> None:
    """Raises where an id stands twice in a list, at its second place."""
    seen: set[str] = set()
    for number, one in enumerate(ids):
        if one in seen:
            raise wrong(f"{what} {one!r} stands twice: give each its own id", field, number, "id")
        seen.add(one)


def weak_links(projects: Sequence[Project]) -> list[str]:
    """The projects whose link could be guessed with patience: below GOOD_BITS."""
    return [one.id for one in projects if one.token is not None and bits(one.token) < GOOD_BITS]
