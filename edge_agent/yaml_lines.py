"""YAML whose mistakes are one line: `file:line: key: value: rule`.

Plain scalars follow YAML 1.2 rather than PyYAML's 1.1, because a meter's number is often all digits: there
`000000000161` would be the octal number 113, `12:30` the number 750 and `no` the truth value false. Here a
number with leading zeros stays text, and only `true` and `false` are truth values.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from edge_agent.language import said

KeyPath = tuple[str | int, ...]
#: The line (from 1) on which a key stands; of its nearest parent where the key is not in the file.
LineOf = Callable[[KeyPath], int]
Model = TypeVar("Model", bound=BaseModel)

_NULL: Final = "tag:yaml.org,2002:null"
_BOOL: Final = "tag:yaml.org,2002:bool"
_INT: Final = "tag:yaml.org,2002:int"
_FLOAT: Final = "tag:yaml.org,2002:float"


class ConfigError(ValueError):
    """A configuration file is wrong. The message is one line and begins with `file:line:`."""


class Config(BaseModel):
    """A part of a configuration file: unknown keys are mistakes, with the nearest known key named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _knows_every_key(cls, data: Any) -> Any:  # noqa: ANN401  # anything may stand in a file
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in data if isinstance(data, dict) else ():
            if key not in known:
                raise unknown_choice(key, "key", known, key)
        return data


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: Final = {}  # type: ignore[misc]  # start from nothing, not from YAML 1.1

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML has no stub for it
            raise yaml.MarkedYAMLError(
                problem="aliases (*name) are not used here: write the value out",
                problem_mark=event.start_mark,
            )
        return super().compose_node(parent, index)


_Loader.add_implicit_resolver(_NULL, re.compile(r"^(?:~|null|)$"), ["~", "n", ""])
_Loader.add_implicit_resolver(_BOOL, re.compile(r"^(?:true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver(
    _INT, re.compile(r"^(?:[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    _FLOAT,
    re.compile(r"^[-+]?(?:(?:0|[1-9][0-9]*)?\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)


def load_with_lines(text: str, file: str = "<text>") -> tuple[Any, LineOf]:
    """The data in `text`, and where each key stands. Raises ConfigError naming `file`."""
    lines: dict[KeyPath, int] = {}
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is not None:
            _note_lines(node, (), lines, file)
        data = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{file}:{line}: no YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}:1: no YAML: {' '.join(str(error).split())}") from error
    except ConfigError:
        raise
    except ValueError as error:
        raise ConfigError(f"{file}:1: no YAML: {error}") from error

    def line_of(path: KeyPath) -> int:
        while path and path not in lines:
            path = path[:-1]
        return lines.get(path, 1)

    return data, line_of


def _note_lines(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], file: str) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _note_lines(item, (*path, index), lines, file)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise ConfigError(f"{file}:{line}: {dotted(path)}: a key is a word")
            place = (*path, key.value)
            if place in lines:
                raise ConfigError(
                    f"{file}:{line}: {dotted(place)}: stands twice, first on line {lines[place]}"
                )
            lines[place] = line
            _note_lines(value, place, lines, file)


def dotted(path: KeyPath) -> str:
    """`("devices", 2, "driver")` as a person writes it: `devices[2].driver`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "file"


def nearest(word: str, choices: Iterable[str]) -> str:
    """A remedy for a word that is none of `choices`: the likeliest one, and all where they are few."""
    known = sorted(choices)
    close = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    guess = said("did_you_mean", nearest=close[0]) if close else ""
    everything = f"({', '.join(known)})" if known and (len(known) <= 20 or not close) else ""
    return " ".join(part for part in (guess, everything) if part)


def unknown_choice(value: object, what: str, choices: Iterable[str], *path: str | int) -> PydanticCustomError:
    """For a validator to raise: `value` is no `what`. `path` is where, from the validated part on."""
    return wrong(f"is no {what}; {nearest(str(value), choices)}", *path)


def wrong(rule: str, *path: str | int) -> PydanticCustomError:
    """For a validator to raise: what stands at `path` (from the validated part on) breaks `rule`."""
    return PydanticCustomError("wrong", "{rule}", {"rule": rule, "path": path})


def validated(model: type[Model], text: str, file: str | Path) -> Model:
    """`text` as a `model`. Raises ConfigError for the first mistake."""
    data, line_of = load_with_lines(text, str(file))
    if not isinstance(data, dict):
        raise ConfigError(f"{file}:1: file: must be a mapping of keys to values")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise explain(error, data, line_of, str(file)) from error


def explain(error: ValidationError, data: object, line_of: LineOf, file: str) -> ConfigError:
    """The first mistake pydantic found in `data`, as one line."""
    first = error.errors(include_url=False)[0]
    path = _place(first["loc"], data)
    inside = first.get("ctx", {}).get("path", ())
    if inside:
        path = (*path, *inside)
        return ConfigError(f"{file}:{line_of(path)}: {dotted(path)}: {_rule(first)}")
    value = "" if first["type"] == "missing" else f"{_shown(first['input'])}: "
    return ConfigError(f"{file}:{line_of(path)}: {dotted(path)}: {value}{_rule(first)}")


def _place(loc: tuple[int | str, ...], data: object) -> KeyPath:
    """`loc` without the union tags pydantic puts between: parts that are no key of the data there."""
    path: KeyPath = ()
    at: object = data
    for number, part in enumerate(loc):
        if _holds(at, part):
            at = at[part]  # type: ignore[index]  # _holds has looked
        elif number < len(loc) - 1 or not isinstance(at, Mapping):
            continue
        path = (*path, part)
    return path


def _holds(data: object, part: int | str) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, Mapping) and part in data


def _rule(first: ErrorDetails) -> str:
    rule = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        return "is missing"
    if first["type"] == "literal_error":
        choices = re.findall(r"'([^']*)'", str(first.get("ctx", {}).get("expected", "")))
        if choices:
            return f"is none of the choices; {nearest(str(first['input']), choices)}"
    return " ".join(rule.split())


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
