"""Rollups: one line per device and minute, and per device and hour, with all quantities.

Increase is kept so that it adds up: the steps to the readings of the minute, the step into it from the
reading before included. So a late reading changes two minutes: its own, and the next one that has readings.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from store.timeseries.contract import Block
from store.timeseries.influx_query import (
    HOUR_MS,
    HOURS,
    MINUTE_MS,
    MINUTES,
    PARTS,
    RAW,
    SPAN_3_MS,
    Questions,
    Series,
    by_time,
    name,
    select,
    where,
)
from store.timeseries.influx_stale import Job

#: Device-minutes of one question: at a reading a second of ten quantities, 600,000 values.
_MOST_DEVICE_MINUTES: Final = 1_000
_MOST_DEVICES: Final = 50
_DAY_MS: Final = 24 * HOUR_MS
_BY_DEVICE: Final = " GROUP BY device"

_Cells = dict[str, list[float | None]]


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

    def run(self, task: Task, is_stale: Callable[[str, str, int], bool]) -> None:
        """Roll up minutes, their successors and their hours. `is_stale`: minutes of a device that come later
        anyway."""
        self._minutes(task)
        self._hours(task)
        for next_task in self._successors(task, is_stale):
            self._minutes(next_task)
            self._hours(next_task)

    def _minutes(self, task: Task) -> None:
        start, end = task.first * MINUTE_MS, task.beyond * MINUTE_MS
        inside = where(task.site, task.devices, start, end)
        counts = ", ".join(name(f"{quantity}.count") for quantity in task.quantities)
        readings, rolled = self._questions.ask_all([
            select(", ".join(map(name, task.quantities)), RAW, inside, _BY_DEVICE),
            select(counts, MINUTES, inside, _BY_DEVICE),
        ])  # fmt: skip
        previous = self._previous(task, start, readings)
        known = {series.tags["device"]: series for series in rolled}
        blocks = []
        for series in readings:
            device = series.tags["device"]
            values: _Cells = {}
            for quantity, column in series.columns.items():
                cells = cells_of(series.time, column, previous.get((device, quantity)), start, end)
                _keep_larger(cells, quantity, start, known.get(device))
                values.update({f"{quantity}.{part}": cells[part] for part in PARTS})
            blocks.append(Block(task.site, device, range(start, end, MINUTE_MS), values))
        self._write(MINUTES, blocks)

    def _previous(self, task: Task, start: int, readings: Sequence[Series]) -> dict[tuple[str, str], float]:
        """The reading before `start` of each (device, quantity) that has readings: looked for in the day
        before, then wherever it is, then in the rollups, as readings are forgotten."""
        needed = {
            (series.tags["device"], quantity)
            for series in readings
            for quantity, column in series.columns.items()
            if any(value is not None for value in column)
        }
        fields = ", ".join(map(name, task.quantities))
        near = where(task.site, task.devices, start - _DAY_MS, start)
        found = _first_row(self._questions.ask(
            select(fields, RAW, near, f"{_BY_DEVICE} ORDER BY time DESC LIMIT 1")
        ))  # fmt: skip
        since = start - SPAN_3_MS if self._questions.bounded else None
        for source, part in ((RAW, ""), (MINUTES, ".last")):
            missing = needed.difference(found)
            devices = sorted({device for device, _ in missing})
            quantities = sorted({quantity for _, quantity in missing})
            condition = where(task.site, devices, since, start)
            answers = self._questions.ask_all([
                select(f"last({name(quantity + part)})", source, condition, _BY_DEVICE)
                for quantity in quantities
            ])  # fmt: skip
            for quantity, answer in zip(quantities, answers, strict=True):
                for series in answer:
                    value = float(series.columns["last"][0])
                    found.setdefault((series.tags["device"], quantity), value)
        return found

    def _hours(self, task: Task) -> None:
        start = task.first * MINUTE_MS // HOUR_MS * HOUR_MS
        end = -(-task.beyond * MINUTE_MS // HOUR_MS) * HOUR_MS
        names = {f"{quantity}.{part}": how for quantity in task.quantities for part, how in PARTS.items()}
        fields = ", ".join(f"{how}({name(field)}) AS {name(field)}" for field, how in names.items())
        found = self._questions.ask(
            select(
                fields,
                MINUTES,
                where(task.site, task.devices, start, end),
                f"{by_time(0, HOUR_MS)}, device fill(none)",
            )
        )
        blocks = [Block(task.site, series.tags["device"], series.time, series.columns) for series in found]
        self._write(HOURS, blocks)

    def _successors(self, task: Task, is_stale: Callable[[str, str, int], bool]) -> list[Task]:
        """The next minutes with readings, whose first step begins in what has changed now."""
        end = task.beyond * MINUTE_MS
        until = end + SPAN_3_MS if self._questions.bounded else None
        after = where(task.site, task.devices, end, until)
        fields = ", ".join(map(name, task.quantities))
        going_on = self._questions.ask(select(fields, RAW, after, f"{_BY_DEVICE} LIMIT 1"))
        if not going_on:
            return []
        after = where(task.site, [series.tags["device"] for series in going_on], end, until)
        answers = self._questions.ask_all([
            select(f"first({name(quantity)})", RAW, after, _BY_DEVICE) for quantity in task.quantities
        ])  # fmt: skip
        found: dict[tuple[str, int], list[str]] = defaultdict(list)
        for quantity, answer in zip(task.quantities, answers, strict=True):
            for series in answer:
                minute = series.time[0] // MINUTE_MS
                if not is_stale(task.site, series.tags["device"], minute):
                    found[series.tags["device"], minute].append(quantity)
        return [
            Task(task.site, (device,), tuple(names), minute, minute + 1)
            for (device, minute), names in found.items()
        ]


def cells_of(
    time: Sequence[int], values: Sequence[float | None], previous: float | None, start: int, end: int,
    step_ms: int = MINUTE_MS,
) -> _Cells:  # fmt: skip
    """The PARTS of each bucket of [start, end), null where it has no reading. `time` ascends within it;
    `previous` is the reading before."""
    if None in values:
        kept = [(at, value) for at, value in zip(time, values, strict=True) if value is not None]
        time, values = [at for at, _ in kept], [value for _, value in kept]
    # JSON has no floats of its own: 5.0 comes as 5.
    numbers = [float(value) for value in values if value is not None]
    steps = steps_of(numbers, previous)
    cells: _Cells = {part: [None] * len(range(start, end, step_ms)) for part in PARTS}
    at = 0
    while at < len(numbers):
        bucket = (time[at] - start) // step_ms
        beyond = bisect_left(time, start + (bucket + 1) * step_ms, at)
        part = numbers[at:beyond]
        cells["min"][bucket] = min(part)
        cells["max"][bucket] = max(part)
        cells["sum"][bucket] = sum(part)
        cells["count"][bucket] = len(part)
        cells["last"][bucket] = part[-1]
        cells["increase"][bucket] = sum(steps[at:beyond])
        at = beyond
    return cells


def steps_of(values: Sequence[float], previous: float | None) -> list[float]:
    """The step to each reading from the one before; a step down is a reset and counts as the new value."""
    if not values:
        return []
    before = [values[0] if previous is None else previous, *values[:-1]]
    return [now - then if now >= then else now for then, now in zip(before, values, strict=True)]


def _keep_larger(cells: _Cells, quantity: str, start: int, rolled: Series | None) -> None:
    """A rollup of more readings than are there now stands: the others were forgotten since."""
    counts = rolled.columns.get(f"{quantity}.count") if rolled else None
    if rolled is None or counts is None:
        return
    for time, count in zip(rolled.time, counts, strict=True):
        bucket = (time - start) // MINUTE_MS
        if count is not None and count > (cells["count"][bucket] or 0):
            for column in cells.values():
                column[bucket] = None


def _first_row(answer: Iterable[Series]) -> dict[tuple[str, str], float]:
    """(device, column) -> its value in the first row."""
    return {
        (series.tags["device"], column): float(values[0])
        for series in answer
        for column, values in series.columns.items()
        if values and values[0] is not None
    }
