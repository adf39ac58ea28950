"""A figure that changes, and its age."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from web.kit import numbers
from web.kit.language import Language

State = Literal["fresh", "late", "silent", "never", "none"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One changing thing on a page. `time` (UTC ms) gives its age, unless `note` says something better.

    `level` is the length of its bar in percent, `value` the plain number for a chart, `watch` True where a
    person should keep an eye on it (amber). State "none" hides the element.
    """

    id: str
    text: str
    unit: str = ""
    time: int | None = None
    state: State = "fresh"
    note: str = ""
    level: float | None = None
    value: float | None = None
    watch: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as first painted: `age` is the text of its age, or its note."""

    figure: Figure
    label: str
    age: str


def shown(figure: Figure, label: str, now: int, language: Language) -> Shown:
    """`figure` as of `now` (UTC ms)."""
    aged = numbers.age(now - figure.time, language) if figure.time is not None else ""
    return Shown(figure, label, figure.note or aged)
