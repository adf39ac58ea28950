"""Other programs' YAML: whatever is odd in it costs one line, not the file.

Tags (`!secret`, `!include`, `!lambda`) stand for what is elsewhere; anchors are followed; a key that stands
twice counts as it stands last, as those programs have it. Size, depth and number of nodes are bounded before
anything is built. Nothing is constructed but text, numbers, lists and mappings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from checked_yaml.lines import ConfigError, KeyPath, LineOf
from edge_agent.language import said

LARGEST_BYTES: Final = 512 * 1024
DEEPEST: Final = 40
MOST_NODES: Final = 50_000
_INT: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,30})|0x[0-9a-fA-F]{1,16}")
_FLOAT: Final = re.compile(
    r"[-+]?(?:(?:0|[1-9][0-9]{0,30})\.[0-9]{0,30}|\.[0-9]{1,30}|(?:0|[1-9][0-9]{0,30})(?=[eE]))"
    r"(?:[eE][-+]?[0-9]{1,3})?"
)
_WORDS: Final[dict[str, bool | None]] = {"": None, "~": None, "null": None, "true": True, "false": False}
_MERGE: Final = "<<"
#: So many lines tell what kind of file it is.
_MOST_ODDITIES: Final = 100
#: libyaml's parser where PyYAML was built with it: many times faster.
_LOADER: Final[type[yaml.SafeLoader]] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A value that a tag has put somewhere else: `!secret meter_host`."""

    tag: str
    text: str

    def __str__(self) -> str:
        return f"{self.tag} {self.text}".strip()


@dataclass(slots=True)
class Foreign:
    """What a file holds. `oddities` are lines for the user: what was passed over, and where."""

    data: Any
    line_of: LineOf
    oddities: list[str]


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read."""

    value: list[Any] | dict[str, Any]
    path: KeyPath
    anchor: str | None = None
    key: str | None = None
    has_key: bool = False


@dataclass(slots=True)
class _Builder:
    """Builds from events: no recursion, so that depth costs nothing but its bound."""

    file: str
    lines: dict[KeyPath, int] = field(default_factory=dict)
    oddities: list[str] = field(default_factory=list)
    anchors: dict[str, Any] = field(default_factory=dict)
    open: list[_Open] = field(default_factory=list)
    data: Any = None
    nodes: int = 0

    def take(self, event: Any) -> None:  # noqa: ANN401  # PyYAML's events have no common type with these fields
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            self._put(self._scalar(event, line), line, event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._put(self._followed(str(event.anchor), line), line, None)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._begin([] if isinstance(event, yaml.SequenceStartEvent) else {}, event, line)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            done = self.open.pop()
            if done.anchor is not None:
                self.anchors[done.anchor] = done.value

    def _begin(self, value: list[Any] | dict[str, Any], event: Any, line: int) -> None:  # noqa: ANN401
        self._bounded(line)
        if len(self.open) >= DEEPEST:
            raise ConfigError(f"{self.file}:{line}: {said('foreign_deep', most=DEEPEST)}")
        self.open.append(_Open(value, self._attach(value, line), event.anchor))

    def _put(self, value: Any, line: int, anchor: str | None) -> None:  # noqa: ANN401
        self._bounded(line)
        top = self.open[-1] if self.open else None
        if top is not None and isinstance(top.value, dict) and not top.has_key:
            top.key, top.has_key = str(value)[:200], True
            first = self.lines.get((*top.path, top.key))
            if first is not None and top.key != _MERGE:
                self._odd(line, said("foreign_twice", key=top.key, first=first))
            return
        self._attach(value, line)
        if anchor is not None:
            self.anchors[anchor] = value

    def _attach(self, value: Any, line: int) -> KeyPath:  # noqa: ANN401
        """Put a value where it belongs; gives its place."""
        if not self.open:
            self.data = value
            self.lines.setdefault((), line)
            return ()
        top = self.open[-1]
        if isinstance(top.value, list):
            top.value.append(value)
            path: KeyPath = (*top.path, len(top.value) - 1)
        elif not top.has_key:  # a list or mapping as a key names nothing
            return top.path
        else:
            key, top.has_key = str(top.key), False
            path = (*top.path, key)
            self._set(top.value, key, value)
        self.lines[path] = line
        return path

    def _set(self, mapping: dict[str, Any], key: str, value: Any) -> None:  # noqa: ANN401
        if key != _MERGE:
            mapping[key] = value
            return
        for one in value if isinstance(value, list) else [value]:
            for inner, told in one.items() if isinstance(one, dict) else ():
                mapping.setdefault(inner, told)

    def _scalar(self, event: Any, line: int) -> Any:  # noqa: ANN401
        if event.tag is not None and not event.tag.startswith("tag:yaml.org,2002:"):
            self._odd(line, said("foreign_tag", tag=event.tag[:40]))
            return Elsewhere(event.tag[:40], event.value[:80])
        return event.value if event.style else _plain_scalar(event.value)

    def _followed(self, anchor: str, line: int) -> Any:  # noqa: ANN401
        if anchor not in self.anchors:
            self._odd(line, said("foreign_anchor", anchor=anchor[:40]))
            return None
        return self.anchors[anchor]

    def _bounded(self, line: int) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise ConfigError(f"{self.file}:{line}: {said('foreign_many', most=MOST_NODES)}")

    def _odd(self, line: int, text: str) -> None:
        told = f"{Path(self.file).name}:{line}: {text}"
        if told not in self.oddities[-1:] and len(self.oddities) < _MOST_ODDITIES:
            self.oddities.append(told)

    def line_of(self, path: KeyPath) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def _plain_scalar(text: str) -> Any:  # noqa: ANN401
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INT.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) else text


def load(text: str, file: str) -> Foreign:
    """What the text holds. Raises ConfigError, one line."""
    if len(text.encode()) > LARGEST_BYTES:
        raise ConfigError(f"{file}:1: {said('foreign_large', most_kib=LARGEST_BYTES // 1024)}")
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentEndEvent):
                break
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{file}:{line}: no YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{file}:1: no YAML: {' '.join(str(error).split())}") from error
    return Foreign(builder.data, builder.line_of, builder.oddities)
