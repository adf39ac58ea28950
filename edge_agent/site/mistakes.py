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

from checked_yaml.lines import KeyPath, dotted
from edge_agent.drivers.contract import Parity
from edge_agent.language import nearest, said

_ABSENT: Final = object()
#: How the name of a profile of the site's own ends.
OWN_PROFILE: Final = ".yaml"
#: What only badge readers have, and what only one protocol has.
_READER_KEYS: Final = ("direction", "gate", "side")
_PROTOCOL_KEYS: Final = ("byte_order", "card_number", "key_file")
_SECRETS: Final = {
    "password": "password_file",
    "badge_pepper": "badge_pepper_file",
    "pepper": "badge_pepper_file",
}


#: Kinds of pydantic's findings (docs.pydantic.dev, "Validation Errors") and the messages for them.
_WANTED: Final = {
    "int_type": "a_whole_number",
    "int_from_float": "a_whole_number",
    "float_type": "a_number",
    "finite_number": "a_number",
    "string_type": "a_text",
    "bool_type": "a_truth",
    "tuple_type": "a_list",
    "model_type": "a_section",
    "string_too_short": "not_empty",
    "empty": "at_least_one",
}
_BOUNDS: Final = {"greater_than_equal": ("at_least", "ge"), "less_than_equal": ("at_most", "le")}


@dataclass(frozen=True, slots=True)
class KnownProfile:
    """What a site file may refer to of a profile."""

    protocol: str
    variants: tuple[str, ...] = ()
    #: Where the device has quantities several times: a device of the site names one of these.
    parts: tuple[str, ...] = ()


class Profiles(Protocol):
    """The profiles a site file may name: the shipped ones, and files of the site's own (`*.yaml`)."""

    def shipped(self) -> Mapping[str, KnownProfile]: ...

    def own(self, file: str) -> KnownProfile:
        """Raises ValueError, one line."""
        ...


@dataclass(frozen=True, slots=True)
class ProtocolRules:
    """What holds for a protocol. A listening line has one device, which is never asked, unless `shared`."""

    listening: bool = False
    baud: int = 9600
    parity: Parity = "N"
    #: The address as the driver wants it. Raises ValueError, saying what an address is.
    address: Callable[[str | int], str] = str
    #: Several readers listen on one line, each with its address.
    shared: bool = False
    #: Keys of a device that only this protocol knows.
    own_keys: tuple[str, ...] = ()
    #: Its devices speak MQTT: they stand under `mqtt`, not on a line.
    mqtt: bool = False
    #: What to do before it can be used here (a library is not installed).
    missing: str | None = None


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
    return said("not_a", what=what, remedy=f"{remedy[:1].upper()}{remedy[1:]}").rstrip()


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
        return Mistake(path, said("missing"))
    if kind == "extra_forbidden":
        return Mistake(path, not_a(said("key_here"), path[-1], _keys_at(model, path[:-1])))
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'", context["expected"]) or re.findall(r"\d+", context["expected"])
        return Mistake(path, not_a(str(path[-1]), value, choices), value)
    if kind == "choice":
        return Mistake(path, not_a(one["msg"], value, context["choices"]), value)
    if kind == "string_type" and isinstance(value, float):
        # 24E1241360000010 is a LoRaWAN EUI to a person and a number to YAML.
        return Mistake(path, said("quote_it"), value)
    if kind == "string_pattern_mismatch":
        return Mistake(path, patterns[context["pattern"]], value)
    return Mistake(path, _rule(kind, context, one["msg"]), value)


def _rule(kind: str, context: Mapping[str, Any], message: str) -> str:
    """What pydantic's finding of this kind asks for; in its own words where it is a rare one."""
    if kind in _WANTED:
        return said(_WANTED[kind])
    if kind in _BOUNDS:
        key, name = _BOUNDS[kind]
        return said(key, bound=context[name])
    return message.replace("Input should be", "must be").replace("should", "must")


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
        if "protocol" in line:
            found += _protocol_mistakes(protocol, (*path, "protocol"), protocols)
        found += _duplicates(_addresses(line, path, protocols.get(protocol, ProtocolRules())))
        for at, device in _dicts(line.get("devices")):
            place = (*path, "devices", at)
            found += _profile_mistakes(device, place, protocol, profiles=profiles)
            if protocol in protocols:
                check = _heard if protocols[protocol].listening else _asked
                found += check(device, place, protocol, protocols[protocol])
        if protocol in protocols and protocols[protocol].listening and not protocols[protocol].shared:
            found += [
                Mistake((*path, "devices", at), said("one_too_many", protocol=protocol))
                for at, _ in list(_dicts(line.get("devices")))[1:]
            ]
    found += _gate_mistakes(data)
    return found + _mqtt_mistakes(data, profiles, protocols)


def _protocol_mistakes(
    protocol: str, path: KeyPath, protocols: Mapping[str, ProtocolRules]
) -> Iterator[Mistake]:
    rules = protocols.get(protocol)
    if rules is None or rules.mqtt:
        on_lines = [name for name, one in protocols.items() if not one.mqtt]
        yield Mistake(path, not_a(said("protocol"), protocol, on_lines), protocol)
    elif rules.missing is not None:
        yield Mistake(path, said("cannot_be_used_here", why=rules.missing), protocol)


def _mqtt_mistakes(
    data: Mapping[str, Any], profiles: Profiles, protocols: Mapping[str, ProtocolRules]
) -> list[Mistake]:
    section = data.get("mqtt")
    if not isinstance(section, Mapping):
        lines = data.get("lines")
        shown = _ABSENT if lines is None else lines
        return [] if lines else [Mistake(("lines",), said("at_least_one_or_mqtt"), shown)]
    dialects = [name for name, rules in protocols.items() if rules.mqtt]
    found: list[Mistake] = []
    addresses: list[tuple[KeyPath, object]] = []
    for at, device in _dicts(section.get("devices")):
        place: KeyPath = ("mqtt", "devices", at)
        found += _profile_mistakes(device, place, *dialects, profiles=profiles)
        found += [
            Mistake((*place, key), said("missing_heard"))
            for key in ("profile", "address")
            if device.get(key) is None
        ]
        rules = protocols.get(_protocol_of(device, profiles), ProtocolRules())
        found += _address_mistakes(device, place, rules)
        addresses.append(((*place, "address"), device.get("address")))
    return found + list(_duplicates(iter(addresses)))


def _protocol_of(device: Mapping[str, Any], profiles: Profiles) -> str:
    name = str(device.get("profile"))
    if name.endswith(OWN_PROFILE):
        with suppress(ValueError):
            return profiles.own(name).protocol
    known = profiles.shipped().get(name)
    return known.protocol if known else ""


def _gate_mistakes(data: Mapping[str, Any]) -> Iterator[Mistake]:
    """A gate with two readers has one on each side, and neither has a direction of its own."""
    sides: dict[object, set[object]] = {}
    first: dict[object, KeyPath] = {}
    for place, device in _devices(data):
        gate = device.get("gate")
        if (gate is None) != (device.get("side") is None):
            yield Mistake(place, said("gate_and_side"))
        elif gate is not None:
            sides.setdefault(str(gate), set()).add(str(device.get("side")))
            first.setdefault(str(gate), (*place, "gate"))
            if device.get("direction") is not None:
                yield Mistake((*place, "direction"), said("gate_says_it"))
    for gate, known in sides.items():
        if len(known) < 2:
            yield Mistake(first[gate], said("one_side_only"), gate)


def _profile_mistakes(
    device: Mapping[str, Any], place: KeyPath, *spoken: str, profiles: Profiles
) -> Iterator[Mistake]:
    """`spoken` are the protocols a profile may be for here."""
    name, variant = device.get("profile"), device.get("variant")
    if not isinstance(name, str):
        return
    shipped = profiles.shipped()
    fitting = [other for other, known in shipped.items() if known.protocol in spoken]
    if name.endswith(OWN_PROFILE):
        try:
            known = profiles.own(name)
        except ValueError as error:
            yield Mistake((*place, "profile"), said("cannot_be_used", why=error), name)
            return
    elif name in shipped:
        known = shipped[name]
    else:
        yield Mistake((*place, "profile"), not_a(said("profile"), name, fitting or shipped), name)
        return
    if fitting and known.protocol not in spoken:
        choices = ", ".join(sorted(fitting))
        key = "other_protocol" if place[0] == "lines" else "no_dialect"
        rule = said(key, protocol=known.protocol, spoken=spoken[0], choices=choices)
        yield Mistake((*place, "profile"), rule, name)
    if variant is not None and variant not in known.variants:
        rule = not_a(said("variant_of", profile=name), variant, known.variants)
        yield Mistake((*place, "variant"), rule, variant)
    part = device.get("part")
    if known.parts and part is None:
        yield Mistake((*place, "part"), said("missing_part", profile=name, parts=", ".join(known.parts)))
    elif part is not None and part not in known.parts:
        yield Mistake((*place, "part"), not_a(said("part_of", profile=name), part, known.parts), part)


def _asked(
    device: Mapping[str, Any], place: KeyPath, protocol: str, rules: ProtocolRules
) -> Iterator[Mistake]:
    for key in ("profile", "address", "interval_s"):
        if device.get(key) is None:
            yield Mistake((*place, key), said("missing_asked", protocol=protocol))
    for key in _READER_KEYS:
        if device.get(key) is not None:
            yield Mistake((*place, key), said("only_readers"))
    yield from _foreign_keys(device, place, protocol, rules)
    yield from _address_mistakes(device, place, rules)


def _foreign_keys(
    device: Mapping[str, Any], place: KeyPath, protocol: str, rules: ProtocolRules
) -> Iterator[Mistake]:
    for key in _PROTOCOL_KEYS:
        if device.get(key) is not None and key not in rules.own_keys:
            yield Mistake((*place, key), said("no_such_thing", protocol=protocol))


def _address_mistakes(device: Mapping[str, Any], place: KeyPath, rules: ProtocolRules) -> Iterator[Mistake]:
    address = device.get("address")
    if isinstance(address, str | int):
        try:
            rules.address(address)
        except ValueError as error:
            yield Mistake((*place, "address"), str(error).removeprefix(f'"{address}" '), address)


def _heard(
    device: Mapping[str, Any], place: KeyPath, protocol: str, rules: ProtocolRules
) -> Iterator[Mistake]:
    own = () if rules.shared else ("address",)
    for key in ("profile", "variant", "part", "interval_s", *own):
        if device.get(key) is not None:
            yield Mistake((*place, key), said("speak_themselves", protocol=protocol))
    if rules.shared and device.get("address") is None:
        yield Mistake((*place, "address"), said("missing_shared", protocol=protocol))
    yield from _foreign_keys(device, place, protocol, rules)
    if rules.shared:
        yield from _address_mistakes(device, place, rules)


def _secrets(data: object, path: KeyPath) -> Iterator[Mistake]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key in _SECRETS:
                yield Mistake((*path, key), said("secret", key=_SECRETS[key]))
            yield from _secrets(value, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from _secrets(item, (*path, index))


_Named = Iterator[tuple[KeyPath, object]]


def _ports(data: Mapping[str, Any]) -> _Named:
    for number, line in _dicts(data.get("lines")):
        yield ("lines", number, "port"), line.get("port")


def _ids(data: Mapping[str, Any]) -> _Named:
    for place, device in _devices(data):
        yield (*place, "id"), device.get("id")


def _devices(data: Mapping[str, Any]) -> Iterator[tuple[KeyPath, Mapping[str, Any]]]:
    """All devices of the file, wherever they stand."""
    for number, line in _dicts(data.get("lines")):
        for at, device in _dicts(line.get("devices")):
            yield ("lines", number, "devices", at), device
    section = data.get("mqtt")
    for at, device in _dicts(section.get("devices") if isinstance(section, Mapping) else None):
        yield ("mqtt", "devices", at), device


def _addresses(line: Mapping[str, Any], path: KeyPath, rules: ProtocolRules) -> _Named:
    for at, device in _dicts(line.get("devices")):
        address = device.get("address")
        if isinstance(address, str | int):
            with suppress(ValueError):
                # The parts of one device have one address.
                part = device.get("part")
                named = rules.address(address) if part is None else f"{rules.address(address)} {part}"
                yield (*path, "devices", at, "address"), named


def _duplicates(named: _Named) -> Iterator[Mistake]:
    first: dict[str, KeyPath] = {}
    for path, value in named:
        if value is None:
            continue
        text = str(value)
        if text in first:
            yield Mistake(path, said("stands_twice", first=dotted(first[text])), value)
        first.setdefault(text, path)


def _dicts(items: object) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, item in enumerate(items if isinstance(items, list) else []):
        if isinstance(item, Mapping):
            yield number, item


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
