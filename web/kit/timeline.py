"""The plumb line: what is done hangs on a solid line, the bob is now, what is to come is dotted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """One thing on the line; `aside` is its time at the right, `lines` stand under it in grey."""

    title: str
    state: Literal["done", "now", "ahead"]
    aside: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """Done steps, at most one now, and the steps ahead, in order."""

    label: str
    steps: tuple[Step, ...]
