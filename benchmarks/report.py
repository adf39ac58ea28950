"""A figure, its limit and whether it is met; a table for people, JSON for machines."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """`reference` is the limit measured in the same run (None where the target is absolute)."""

    name: str
    value: float
    unit: str
    reference: float | None = None
    target: float | None = None
    #: What `target` bounds: the ratio to the reference, or the value itself.
    of: Literal["ratio", "value"] = "value"
    sense: Literal["at least", "at most"] = "at least"

    @property
    def ratio(self) -> float | None:
        """value / reference."""
        return None if not self.reference else self.value / self.reference

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        judged = self.ratio if self.of == "ratio" else self.value
        if self.target is None or judged is None:
            return None
        return judged >= self.target if self.sense == "at least" else judged <= self.target


def write(figures: list[Figure], path: Path) -> None:
    """The list as DESIGN.md §11 wants it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        {key: asdict(figure)[key] for key in ("name", "value", "unit", "reference", "target")}
        | {"ratio": figure.ratio, "met": figure.met}
        for figure in figures
    ]
    path.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def table(figures: list[Figure]) -> str:
    """One line a figure."""
    lines = [f"{'figure':<44}{'value':>12} {'unit':<14}{'limit':>12}{'ratio':>8}  target"]
    for figure in figures:
        reference = f"{figure.reference:,.0f}" if figure.reference else ""
        ratio = f"{figure.ratio:.2f}" if figure.ratio is not None else ""
        target = ""
        if figure.target is not None:
            what = "ratio" if figure.of == "ratio" else ""
            target = f"{what} {figure.sense} {figure.target:,g}: {'met' if figure.met else 'MISSED'}".strip()
        value = f"{figure.value:,.0f}" if abs(figure.value) >= 1000 else f"{figure.value:.3g}"
        lines.append(f"{figure.name:<44}{value:>12} {figure.unit:<14}{reference:>12}{ratio:>8}  {target}")
    return "\n".join(lines)
