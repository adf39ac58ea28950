"""Somewhere to go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """`count` is what waits there (0: nothing is shown), `current` that one is there already."""

    label: str
    href: str
    current: bool = False
    count: int = 0
