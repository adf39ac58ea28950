"""A projects file: what an office may write down of its projects, to be imported. Checked whole."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import AfterValidator, Field, ValidationError, model_validator

from checked_yaml.lines import ConfigError, KeyPath, load_with_lines
from checked_yaml.model import Config, explain_all, shown, unknown_choice, wrong
from web.links.ending import end_of_link
from web.links.strength import GOOD_BITS, bits, weakness
from wire.identifiers import DeviceId, SiteId
from wire.kinds import BADGE_READER, KINDS, today_called

#: A firm with thousands of projects stays below.
LARGEST_BYTES: Final = 16 << 20
#: What no database takes is no word.
_WORDS: Final = r"^[^\x00]+$"
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

    zh: Annotated[str, Field(pattern=_WORDS)]
    en: Annotated[str, Field(pattern=_WORDS)]


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


class _File(Config):
    projects: tuple[Project, ...]

    @model_validator(mode="after")
    def _nobody_shares(self) -> Self:
        if twice := _repeated([project.id for project in self.projects]):
            raise ValueError(f"project {twice!r} stands twice")
        for number, project in enumerate(self.projects):
            if project.token is not None and (why := weakness(project.token)):
                raise wrong(f"{why}; `plumbline link new` makes a good one", "projects", number, "token")
        owners = [(project.token, project.id) for project in self.projects if project.token is not None]
        if twice := _repeated([token for token, _ in owners]):
            raise ValueError(f"project {dict(reversed(owners))[twice]!r} shares its token with another")
        return self


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


def _repeated(names: Sequence[str]) -> str | None:
    return next((name for index, name in enumerate(names) if name in names[:index]), None)


def weak_links(projects: Sequence[Project]) -> list[str]:
    """The projects whose link could be guessed with patience: below GOOD_BITS."""
    return [one.id for one in projects if one.token is not None and bits(one.token) < GOOD_BITS]
