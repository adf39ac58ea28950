"""What can be wrong in a site file: pydantic's findings in plain words, and what it cannot see.

The checks across keys look at the raw data, so that one mistake does not hide another.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from edge_agent.drivers.contract import Parity
from edge_agent.yaml_lines import KeyPath, dotted, nearest

_ABSENT: Final = object()
#: How the name of a profile of the site's own ends.
OWN_PROFILE: Final = ".yaml"
_SECRETS: Final = {
    "password": "password_file",
    "badge_pepper": "badge_pepper_file",
    "pepper": "badge_pepper_file",
}


@dataclass(frozen=True, slots=True)
class KnownProfile:
    """What a site file may refer to of a profile."""

    protocol: str
    variants: tuple[str, ...] = ()


class Profiles(Protocol):
    """The profiles a site file may name: the shipped ones, and files of the site's own (`*.yaml`)."""

    def shipped(self) -> Mapping[str, KnownProfile]: ...

    def own(self, file: str) -> KnownProfile:
        """Raises ValueError, one line."""
        ...


@dataclass(frozen=True, slots=True)
class ProtocolRules:
    """What holds for a line of this protocol. A listening line has one device, which is never asked."""

    listening: bool = False
    baud: int = 9600
    parity: Parity = "N"
    #: The address as the driver wants it. Raises ValueError, saying what an address is.
    address: Callable[[str | int], str] = str


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong at `path`. `value` is left out where the key itself is what is wrong."""

    path: KeyPath
    rule: str
    value: object = _ABSENT

    def text(self) -> str:
        """`key: value rule`."""
        shown = "" if self.value is _ABSENT else f"{_shown(self.value)} "
        return f"{dotted(self.path)}: {shown}{self.rule}"


def not_a(what: str, value: object, choices: Iterable[str]) -> str:
    """The rule for a word that is none of the choices, with the likeliest one."""
    remedy = nearest(str(value), choices)
    return f"is not a {what}. {remedy[:1].upper()}{remedy[1:]}".rstrip()


def model_mistakes(
    error: ValidationError, model: type[BaseModel], patterns: Mapping[str, str]
) -> list[Mistake]:
    """Pydantic's findings. `patterns` says in words what each pattern asks."""
    return [
        _mistake(one, model, patterns) for one in error.errors(include_url=False) if not _told_elsewhere(one)
    ]


def _told_elsewhere(one: ErrorDetails) -> bool:
    return one["type"] == "extra_forbidden" and one["loc"][-1] in _SECRETS


def _mistake(one: ErrorDetails, model: type[BaseModel], patterns: Mapping[str, str]) -> Mistake:
    path, kind, value = tuple(one["loc"]), one["type"], one["input"]
    context: dict[str, Any] = one.get("ctx", {})
    if kind == "missing":
        return Mistake(path, "is missing")
    if kind == "extra_forbidden":
        return Mistake(path, not_a("key here", path[-1], _keys_at(model, path[:-1])))
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", context["expected"]) or re.findall(r"\d+", context["expected"])
        return Mistake(path, not_a(str(path[-1]), value, choices), value)
    if kind == "choice":
        return Mistake(path, not_a(one["msg"], value, context["choices"]), value)
    if kind == "string_pattern_mismatch":
        return Mistake(path, patterns[context["pattern"]], value)
    return Mistake(path, one["msg"].replace("Input should be", "must be").replace("should", "must"), value)


def _keys_at(model: type[BaseModel], path: KeyPath) -> list[str]:
    """The keys known at `path`, walking from `model` through lists and optional parts."""
    for part in path:
        if isinstance(part, str):
            model = _part_model(model.model_fields[part].annotation) or model
    return list(model.model_fields)


def _part_model(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := _part_model(inner))), None)


def cross_mistakes(
    data: Mapping[str, Any], profiles: Profiles, protocols: Mapping[str, ProtocolRules]
) -> list[Mistake]:
    """What one key says against another; profiles and protocols by name."""
    found = [*_secrets(data, ()), *_duplicates(_ports(data)), *_duplicates(_ids(data))]
    for number, line in _dicts(data.get("lines")):
        path: KeyPath = ("lines", number)
        protocol = str(line.get("protocol"))
        if "protocol" in line and protocol not in protocols:
            found.append(Mistake((*path, "protocol"), not_a("protocol", protocol, protocols), protocol))
        found += _duplicates(_addresses(line, path, protocols.get(protocol, ProtocolRules())))
        for at, device in _dicts(line.get("devices")):
            place = (*path, "devices", at)
            found += _profile_mistakes(device, place, protocol, profiles)
            if protocol in protocols:
                check = _heard if protocols[protocol].listening else _asked
                found += check(device, place, protocol, protocols[protocol])
        if protocol in protocols and protocols[protocol].listening:
            found += [
                Mistake((*path, "devices", at), f"is one too many: a line of {protocol} has one device")
                for at, _ in list(_dicts(line.get("devices")))[1:]
            ]
    return found


def _profile_mistakes(
    device: Mapping[str, Any], place: KeyPath, protocol: str, profiles: Profiles
) -> Iterator[Mistake]:
    name, variant = device.get("profile"), device.get("variant")
    if not isinstance(name, str):
        return
    shipped = profiles.shipped()
    fitting = [other for other, known in shipped.items() if known.protocol == protocol]
    if name.endswith(OWN_PROFILE):
        try:
            known = profiles.own(name)
        except ValueError as error:
            yield Mistake((*place, "profile"), f"cannot be used: {error}", name)
            return
    elif name in shipped:
        known = shipped[name]
    else:
        yield Mistake((*place, "profile"), not_a("profile", name, fitting or shipped), name)
        return
    if fitting and known.protocol != protocol:
        choices = ", ".join(sorted(fitting))
        rule = f"is a profile for {known.protocol}, this line speaks {protocol}. ({choices})"
        yield Mistake((*place, "profile"), rule, name)
    if variant is not None and variant not in known.variants:
        yield Mistake((*place, "variant"), not_a(f"variant of {name}", variant, known.variants), variant)


def _asked(
    device: Mapping[str, Any], place: KeyPath, protocol: str, rules: ProtocolRules
) -> Iterator[Mistake]:
    for key in ("profile", "address", "interval_s"):
        if device.get(key) is None:
            yield Mistake((*place, key), f"is missing: {protocol} devices are asked")
    if device.get("direction") is not None:
        yield Mistake((*place, "direction"), "is only for badge readers")
    address = device.get("address")
    if isinstance(address, str | int):
        try:
            rules.address(address)
        except ValueError as error:
            yield Mistake((*place, "address"), str(error).removeprefix(f'"{address}" '), address)


def _heard(device: Mapping[str, Any], place: KeyPath, protocol: str, _: ProtocolRules) -> Iterator[Mistake]:
    for key in ("profile", "variant", "address", "interval_s"):
        if device.get(key) is not None:
            yield Mistake((*place, key), f"has no place here: {protocol} readers speak of themselves")


def _secrets(data: object, path: KeyPath) -> Iterator[Mistake]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key in _SECRETS:
                yield Mistake(
                    (*path, key), f"must not stand here: write it into a file, name that with {_SECRETS[key]}"
                )
            yield from _secrets(value, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _secrets(item, (*path, index))


_Named = Iterator[tuple[KeyPath, object]]


def _ports(data: Mapping[str, Any]) -> _Named:
    for number, line in _dicts(data.get("lines")):
        yield ("lines", number, "port"), line.get("port")


def _ids(data: Mapping[str, Any]) -> _Named:
    for number, line in _dicts(data.get("lines")):
        for at, device in _dicts(line.get("devices")):
            yield ("lines", number, "devices", at, "id"), device.get("id")


def _addresses(line: Mapping[str, Any], path: KeyPath, rules: ProtocolRules) -> _Named:
    for at, device in _dicts(line.get("devices")):
        address = device.get("address")
        if isinstance(address, str | int):
            with suppress(ValueError):
                yield (*path, "devices", at, "address"), rules.address(address)


def _duplicates(named: _Named) -> Iterator[Mistake]:
    first: dict[str, KeyPath] = {}
    for path, value in named:
        if value is None:
            continue
        text = str(value)
        if text in first:
            yield Mistake(path, f"stands twice: {dotted(first[text])} has it too", value)
        first.setdefault(text, path)


def _dicts(items: object) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, Mapping):
            yield number, item


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
