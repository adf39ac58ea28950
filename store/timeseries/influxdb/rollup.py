"""Rollups: one line per device and minute, and per device and hour, with all quantities.

A minute is made of its readings, an hour of its minutes, both whole and of nothing else: so a late reading
changes its own minute and hour.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from store.timeseries import cells
from store.timeseries.cells import Cell
from store.timeseries.contract import Block
from store.timeseries.counter import Run
from store.timeseries.influxdb.query import HOURS, MINUTES, RAW, Questions, Series, name, select, where
from store.timeseries.influxdb.stale import Job
from store.timeseries.limits import COUNTERS, Growth
from wire.durations import HOUR_MS, MINUTE_MS

#: Device-minutes of one question: at a reading a second of ten quantities, 600,000 values.
_MOST_DEVICE_MINUTES: Final = 1_000
_MOST_DEVICES: Final = 50
_BY_DEVICE: Final = " GROUP BY device"
#: Parts of a rollup, as fields `quantity.part`; of counters also `runs`, empty for one run.
PARTS: Final = ("min", "max", "sum", "count", "first", "first_time", "last", "last_time", "area", "covered")

_Columns = dict[str, list[Any]]


class Text(str):
    """A string field: line protocol wants it in double quotes. Of our own characters: nothing to escape."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f'"{self}"'


@dataclass(frozen=True, slots=True)
class Task:
    """Minutes [first, beyond) of devices of a site that have the same quantities."""

    site: str
    devices: tuple[str, ...]
    quantities: tuple[str, ...]
    first: int
    beyond: int


def tasks(jobs: Iterable[Job], quantities: Callable[[str], Mapping[str, Sequence[str]]]) -> list[Task]:
    """Jobs put together so that few questions do. `quantities`: site -> device -> its quantities."""
    alike: dict[tuple[str, tuple[str, ...], int, int], list[str]] = defaultdict(list)
    for job in jobs:
        if names := quantities(job.site).get(job.device):
            for first in range(job.first, job.last + 1, _MOST_DEVICE_MINUTES):
                beyond = min(first + _MOST_DEVICE_MINUTES, job.last + 1)
                alike[job.site, tuple(names), first, beyond].append(job.device)
    found: list[Task] = []
    for (site, names, first, beyond), devices in alike.items():
        most = max(1, min(_MOST_DEVICES, _MOST_DEVICE_MINUTES // (beyond - first)))
        found += [
            Task(site, tuple(devices[at : at + most]), names, first, beyond)
            for at in range(0, len(devices), most)
        ]
    return found


class RollUp:
    """Carries out tasks; `write` stores blocks under a measurement."""

    def __init__(self, questions: Questions, write: Callable[[str, Sequence[Block]], None]) -> None:
        self._questions = questions
        self._write = write

    def run(self, task: Task) -> None:
        """Roll up minutes and their hours."""
        self._minutes(task)
        self._hours(task)

    def _minutes(self, task: Task) -> None:
        start, end = task.first * MINUTE_MS, task.beyond * MINUTE_MS
        inside = where(task.site, task.devices, start, end)
        counts = ", ".join(name(f"{quantity}.count") for quantity in task.quantities)
        readings, rolled = self._questions.ask_all([
            select(", ".join(map(name, task.quantities)), RAW, inside, _BY_DEVICE),
            select(counts, MINUTES, inside, _BY_DEVICE),
        ])  # fmt: skip
        known = {series.tags["device"]: series for series in rolled}
        blocks = []
        for series in readings:
            device = series.tags["device"]
            values: _Columns = {}
            for quantity, column in series.columns.items():
                made = dict(cells.by_bucket(*present(series.time, column), quantity, start, MINUTE_MS))
                for minute in _larger(known.get(device), quantity, start, made):
                    del made[minute]
                values |= columns_of(quantity, made, task.beyond - task.first)
            blocks.append(Block(task.site, device, range(start, end, MINUTE_MS), values))
        self._write(MINUTES, blocks)

    def _hours(self, task: Task) -> None:
        start = task.first * MINUTE_MS // HOUR_MS * HOUR_MS
        end = -(-task.beyond * MINUTE_MS // HOUR_MS) * HOUR_MS
        fields = ", ".join(fields_of(quantity) for quantity in task.quantities)
        inside = where(task.site, task.devices, start, end)
        blocks = []
        for series in self._questions.ask(select(fields, MINUTES, inside, _BY_DEVICE)):
            values: _Columns = {}
            for quantity in task.quantities:
                by_hour: defaultdict[int, list[Cell]] = defaultdict(list)
                for at, cell in cells_of(series, quantity, MINUTE_MS):
                    by_hour[(at - start) // HOUR_MS].append(cell)
                made = {hour: cells.merged(several, quantity) for hour, several in by_hour.items()}
                values |= columns_of(quantity, made, (end - start) // HOUR_MS)
            blocks.append(Block(task.site, series.tags["device"], range(start, end, HOUR_MS), values))
        self._write(HOURS, blocks)


def present(time: Sequence[int], values: Sequence[float | None]) -> tuple[list[int], list[float]]:
    """Without nulls; as floats, as JSON has none of its own: 5.0 comes as 5."""
    kept = [(at, float(value)) for at, value in zip(time, values, strict=True) if value is not None]
    return [at for at, _ in kept], [value for _, value in kept]


def fields_of(quantity: str) -> str:
    """What to ask of a rollup for `cells_of`."""
    parts = (*PARTS, *(("runs",) if quantity in COUNTERS else ()))
    return ", ".join(name(f"{quantity}.{part}") for part in parts)


def columns_of(quantity: str, made: Mapping[int, Cell], count: int) -> _Columns:
    """The fields of `count` rows; null where there is no cell."""
    found: _Columns = {f"{quantity}.{part}": [None] * count for part in PARTS}
    if quantity in COUNTERS:
        found[f"{quantity}.runs"] = [None] * count
    for at, cell in made.items():
        parts = (
            cell.low, cell.high, cell.total, cell.readings, cell.first, cell.first_time, cell.last,
            cell.last_time, cell.area, cell.covered,
        )  # fmt: skip
        for part, value in zip(PARTS, parts, strict=True):
            found[f"{quantity}.{part}"][at] = value
        if quantity in COUNTERS:
            found[f"{quantity}.runs"][at] = Text(cells.encoded(cell.runs))
    return found


def cells_of(series: Series, quantity: str, width_ms: int) -> Iterable[tuple[int, Cell]]:
    """The time of each row that has a cell of the quantity, and the cell."""
    nothing: list[Any] = [None] * len(series.time)
    parts = [series.columns.get(f"{quantity}.{part}") or nothing for part in (*PARTS, "runs")]
    for at, *row in zip(series.time, *parts, strict=True):
        if row[3] is not None:
            yield at, _cell(at, row, width_ms, COUNTERS.get(quantity))


def _cell(at: int, row: Sequence[Any], width_ms: int, growth: Growth | None) -> Cell:
    low, high, total, count, first, first_time, last, last_time, area, covered, runs = row
    if area is None:  # of version 1, which knew neither when nor, where the counter fell, what
        rose = last == high and (growth is None or growth.allows(high - low, width_ms))
        first = low if rose else last
        first_time, last_time, covered, runs = at, at + width_ms - 1, None, ""
    own = Run(int(first_time), first, int(last_time), last)
    lives = cells.decoded(runs) if runs else (own,)
    return Cell(
        int(first_time), first, int(last_time), last, low, high, total, int(count),
        area, None if covered is None else int(covered), lives,
    )  # fmt: skip


def _larger(rolled: Series | None, quantity: str, start: int, made: Mapping[int, Cell]) -> list[int]:
    """The minutes whose rollup is of more readings than are there now: it stands, the rest was forgotten."""
    counts = rolled.columns.get(f"{quantity}.count") if rolled else None
    if rolled is None or counts is None:
        return []
    pairs = (((time - start) // MINUTE_MS, count) for time, count in zip(rolled.time, counts, strict=True))
    return [minute for minute, count in pairs if minute in made and (count or 0) > made[minute].readings]
