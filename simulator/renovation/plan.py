"""The plan a firm signs: the same foreman with average crews, no bad luck, and layers that dry on time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from simulator.renovation.crews import Crew
from simulator.renovation.foreman import Foreman, Luck, Works
from simulator.renovation.packages import STAGES, Layer, WorkPackage
from simulator.renovation.site_days import MOST_DAYS, SiteDays

_PLANNED_DRYING_DAYS: Final = 6


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """First and last day of a stage, counted from the site's first."""

    stage: str
    first_day: int
    last_day: int


class _Assumed:
    """Layers of a plan are dry some days after somebody would like to cover them."""

    def __init__(self) -> None:
        self.day = 0
        self._asked: dict[tuple[str, Layer], int] = {}

    def is_dry(self, room: str, layer: Layer) -> bool:
        """Whether the planned days are over."""
        return self.day - self._asked.setdefault((room, layer), self.day) >= _PLANNED_DRYING_DAYS

    def is_drying(self) -> bool:
        """A plan has no empty days to explain."""
        return False


def make_plan(
    seed: int, days: SiteDays, packages: Sequence[WorkPackage], crews: Sequence[Crew], slack: float
) -> list[PlannedStage]:
    """When each stage is to begin and to end, with `slack` times the estimated hours."""
    estimated = [replace(package, hours=package.estimated_h * slack) for package in packages]
    average = [replace(crew, speed=1.0, called_days=(1, 1), saturday=1.0, sunday=0.0) for crew in crews]
    foreman = Foreman(seed, days, estimated, average, Luck())
    drying = _Assumed()
    for drying.day in range(MOST_DAYS - 20):
        if foreman.finished:
            break
        foreman.work(drying.day, drying)
    return _stages(foreman.works)


def _stages(works: Works) -> list[PlannedStage]:
    spans = []
    for stage in STAGES:
        worked = [session.day for session in works.sessions if session.package.task.stage == stage]
        if worked:
            spans.append(PlannedStage(stage, min(worked), max(worked)))
    return spans
