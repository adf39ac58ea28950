"""A file as a pydantic model: its mistakes are one line each, with place, rule and remedy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from checked_yaml.lines import ConfigError, KeyPath, LineOf, dotted, load_with_lines

Model = TypeVar("Model", bound=BaseModel)
#: Compared with the known words; a longer one is no misspelling.
_LONGEST_WORD: Final = 60
#: What pydantic finds, in a person's words.
_PLAINLY: Final = {
    "missing": "is missing",
    "model_type": "must be a section: keys, each with its value",
    "tuple_type": "must be a list",
    "int_from_float": "must be a whole number",
}
#: Where there is no value, or one that belongs elsewhere and may be a secret.
_HIDDEN: Final = frozenset({"missing", "model_type"})


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

    @model_validator(mode="before")
    @classmethod
    def _takes_no_truth_for_a_number(cls, data: Any) -> Any:  # noqa: ANN401  # anything may stand in a file
        """To pydantic, as to Python, true is 1."""
        for name, field in cls.model_fields.items():
            key = field.alias or name
            value = data.get(key) if isinstance(data, dict) else None
            if isinstance(value, bool) and _is_number(field.annotation):
                raise wrong(f"{str(value).lower()}: must be a number", key)
        return data


def _is_number(annotation: object) -> bool:
    """Whether a field takes numbers and no truth."""
    kinds = {annotation, *get_args(annotation)}
    return bool(kinds & {int, float}) and bool not in kinds


def nearest(
    word: str, choices: Iterable[str], guess: Callable[[str], str] = 'did you mean "{}"?'.format
) -> str:
    """A remedy for a word that is none of `choices`: the likeliest one, and all where they are few."""
    known = sorted(choices)
    close = difflib.get_close_matches(word[:_LONGEST_WORD].lower(), known, n=1, cutoff=0.5)
    likeliest = guess(close[0]) if close else ""
    everything = f"({', '.join(known)})" if known and (len(known) <= 20 or not close) else ""
    return " ".join(part for part in (likeliest, everything) if part)


def unknown_choice(value: object, what: str, choices: Iterable[str], *path: str | int) -> PydanticCustomError:
    """For a validator to raise: `value` is no `what`. `path` is where, from the validated part on."""
    elsewhere = f"{shown(path, value)}: " if path and path[-1] != value else ""
    return wrong(f"{elsewhere}is no {what}; {nearest(str(value), choices)}", *path)


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
    return ConfigError(_line(error.errors(include_url=False)[0], data, line_of, file, shown))


def explain_all(
    error: ValidationError,
    data: object,
    line_of: LineOf,
    file: str,
    show: Callable[[KeyPath, object], str],
) -> ConfigError:
    """Every mistake, a line each. `show` says what may be repeated of a value, which may be a secret."""
    lines = [_line(one, data, line_of, file, show) for one in error.errors(include_url=False)]
    return ConfigError("\n".join(lines))


def _line(
    one: ErrorDetails, data: object, line_of: LineOf, file: str, show: Callable[[KeyPath, object], str]
) -> str:
    path = _place(one["loc"], data)
    inside = one.get("ctx", {}).get("path", ())
    if inside:
        path = (*path, *inside)
        return f"{file}:{line_of(path)}: {dotted(path)}: {_rule(one)}"
    value = "" if one["type"] in _HIDDEN else show(path, one["input"])
    return f"{file}:{line_of(path)}: {dotted(path)}: {value}{': ' if value else ''}{_rule(one)}"


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
    if first["type"] in _PLAINLY:
        return _PLAINLY[first["type"]]
    about = first.get("ctx", {})
    choices = re.findall(r"'([^']*)'", str(about.get("expected", about.get("expected_tags", ""))))
    if choices and first["type"] == "literal_error":
        return f"is none of the choices; {nearest(str(first['input']), choices)}"
    if choices and first["type"] == "union_tag_invalid":
        which = about["discriminator"].strip("'")
        return f"its {which} is none of the choices; {nearest(str(about['tag']), choices)}"
    return " ".join(rule.split())


def shown(_: KeyPath, value: object) -> str:
    """A value as a mistake repeats it: nothing of a section, whose mistake lies inside."""
    if isinstance(value, dict | list):
        return ""
    text = f'"{value}"' if isinstance(value, str) else repr(value)
    return text if len(text) <= _LONGEST_WORD else f"{text[: _LONGEST_WORD - 3]}..."
