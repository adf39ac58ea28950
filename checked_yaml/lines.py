"""YAML with the line of every key.

Plain scalars follow YAML 1.2 rather than PyYAML's 1.1, because a meter's number is often all digits: there
`000000000161` would be the octal number 113, `12:30` the number 750 and `no` the truth value false. Here a
number with leading zeros stays text, and only `true` and `false` are truth values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import yaml

KeyPath = tuple[str | int, ...]
#: The line (from 1) on which a key stands; of its nearest parent where the key is not in the file.
LineOf = Callable[[KeyPath], int]

#: A site file has six levels. PyYAML ends in a RecursionError at about a thousand.
DEEPEST: Final = 32
_NULL: Final = "tag:yaml.org,2002:null"
_BOOL: Final = "tag:yaml.org,2002:bool"
_INT: Final = "tag:yaml.org,2002:int"
_FLOAT: Final = "tag:yaml.org,2002:float"


class ConfigError(ValueError):
    """A configuration file is wrong. A mistake is one line and begins with `file:line:`."""


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: Final = {}  # type: ignore[misc]  # start from nothing, not from YAML 1.1
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise self._wrong("aliases (*name) are not used here: write the value out")
        if self._depth > DEEPEST:
            raise self._wrong(f"more than {DEEPEST} levels are in one another")
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _wrong(self, problem: str) -> yaml.MarkedYAMLError:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # PyYAML has no stub for it
        return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


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
