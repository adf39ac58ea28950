"""The projects this server shows: one YAML file, checked whole before anything opens a socket."""

from __future__ import annotations

import datetime as dt
import difflib
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, Self, get_args
from zoneinfo import ZoneInfo

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from wire.identifiers import DeviceId, SiteId

Kind = Literal["electricity_meter", "water_meter", "climate", "gate"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


class ProjectsError(ValueError):
    """The file cannot be used. One line: file:line, key, value, rule, nearest valid choice."""


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("is no IANA time zone, such as Asia/Shanghai") from error
    return name


class Row(BaseModel):
    """Unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Row):
    """One text in both languages."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class Room(Words):
    """A room as the customer calls it."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]


class Device(Row):
    """A device of the site. `interval_s` is how often it should speak: its age is judged by that."""

    id: DeviceId
    kind: Kind
    room: str | None = None
    interval_s: Annotated[float, Field(gt=0, le=86_400)] | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        if self.kind != "gate" and self.interval_s is None:
            raise ValueError(f"a {self.kind} needs interval_s: how often it should speak")
        if self.kind == "climate" and self.room is None:
            raise ValueError("a climate device needs the room it hangs in")
        return self

    @property
    def interval_ms(self) -> int:
        """Expected time between readings; 0 for a gate, which speaks when somebody passes."""
        return round((self.interval_s or 0) * 1000)


class Project(Row):
    """The contract work for one customer: one site, one page at /p/{token}."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    #: Whoever has it sees the page: 16 characters of base 64 are 96 bits.
    token: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$", repr=False)]
    site: SiteId
    timezone: Annotated[str, AfterValidator(_known_timezone)]
    title: Words
    customer: Words
    started: dt.date
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
        for device in self.devices:
            if device.room is not None and device.room not in rooms:
                raise ValueError(f"device {device.id!r}: room {_choice(device.room, rooms)}")
        return self

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def of_kind(self, kind: Kind) -> list[Device]:
        """Its devices of one kind, as listed. Of several meters the first is the one the house hangs on."""
        return [device for device in self.devices if device.kind == kind]


class _File(Row):
    projects: tuple[Project, ...]

    @model_validator(mode="after")
    def _nobody_shares(self) -> Self:
        if twice := _repeated([project.id for project in self.projects]):
            raise ValueError(f"project {twice!r} stands twice")
        tokens = [project.token for project in self.projects]
        if twice := _repeated(tokens):
            raise ValueError(
                f"project {self.projects[tokens.index(twice)].id!r} shares its token with another"
            )
        return self


class Projects:
    """Projects by token. Looked up by the token's hash, so that the time taken tells nothing about it."""

    def __init__(self, projects: Iterable[Project]) -> None:
        self.all: Final = tuple(projects)
        self._by_hash = {_hash(project.token): project for project in self.all}

    def by_token(self, token: str) -> Project | None:
        """The project this token opens."""
        return self._by_hash.get(_hash(token))


def load_projects(path: Path) -> list[Project]:
    """The projects in a YAML file. Raises ProjectsError, one line, naming file and line."""
    try:
        text = path.read_text("utf-8")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except OSError as error:
        raise ProjectsError(f"{path}: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ProjectsError(f"{path}:{line}: {error.problem}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ProjectsError(f"{path}: {' '.join(str(error).split())}") from error
    try:
        return list(_File.model_validate(data).projects)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=True)[0]
        raise ProjectsError(f"{path}:{_line(root, first['loc'])}: {_explain(first)}") from error


def _line(node: yaml.Node | None, place: Sequence[int | str]) -> int:
    """The line of the deepest node on the way to `place`."""
    line = node.start_mark.line + 1 if node else 1
    for step in place:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(step):
                    node, line = value, key.start_mark.line + 1
                    break
            else:
                break
        else:
            break
    return line


def _explain(error: ErrorDetails) -> str:
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error["loc"]).lstrip(".")
    shown = "(hidden)" if place.endswith("token") else repr(error["input"])
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        known = sorted(_known_keys(error["loc"]))
        return f"{place}: is no key here.{_nearest(str(error['loc'][-1]), known)}"
    if error["type"] == "literal_error":
        return f"{place}: {_choice(error['input'], KINDS)}"
    if isinstance(error["input"], (dict, list)) or error["type"] == "missing":
        return f"{place}: {message}" if place else message
    return f"{place}: {shown} {message}"


def _known_keys(place: Sequence[int | str]) -> set[str]:
    names = [step for step in place if isinstance(step, str)][:-1]
    models: dict[str, type[BaseModel]] = {"projects": Project, "devices": Device, "rooms": Room}
    model = models.get(names[-1], Words) if names else _File
    return set(model.model_fields)


def _choice(value: object, known: Sequence[str]) -> str:
    return f"{value!r} is not one of them.{_nearest(str(value), known)}"


def _nearest(value: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(value, known, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    return f"{hint} ({', '.join(known)})"


def _repeated(names: Sequence[str]) -> str | None:
    return next((name for index, name in enumerate(names) if name in names[:index]), None)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
