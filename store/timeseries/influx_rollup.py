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

#: Device-minutes of one question: at a reading a second of ten quantities, 300,000 values.
_MOST_DEVICE_MINUTES: Final = 500
_MOST_DEVICES: Final = 50
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
        fields = ", ".join(map(name, task.quantities))
        counts = ", ".join(name(f"{quantity}.count") for quantity in task.quantities)
        inside, before = self._where(task, start, end), self._where(task, start - SPAN_3_MS, start)
        readings, earlier, rolled_earlier, rolled = self._questions.ask_all([
            select(fields, RAW, inside, _BY_DEVICE),
            select(_each("last", task.quantities), RAW, before, _BY_DEVICE),
            select(_each("last", task.quantities, ".last"), MINUTES, before, _BY_DEVICE),
            select(counts, MINUTES, inside, _BY_DEVICE),
        ])  # fmt: skip
        previous = _first_values(rolled_earlier) | _first_values(earlier)
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
        after = self._where(task, end, end + SPAN_3_MS)
        go_on = self._questions.ask(select(_each("first", task.quantities), RAW, after, _BY_DEVICE))
        quantities = sorted({quantity for _, quantity in _first_values(go_on)})
        found: dict[tuple[str, int], list[str]] = defaultdict(list)
        answers = self._questions.ask_all([
            select(f"first({name(quantity)})", RAW, after, _BY_DEVICE) for quantity in quantities
        ])  # fmt: skip
        for quantity, answer in zip(quantities, answers, strict=True):
            for series in answer:
                minute = series.time[0] // MINUTE_MS
                if not is_stale(task.site, series.tags["device"], minute):
                    found[series.tags["device"], minute].append(quantity)
        return [
            Task(task.site, (device,), tuple(names), minute, minute + 1)
            for (device, minute), names in found.items()
        ]

    def _where(self, task: Task, start: int, end: int) -> str:
        """The whole past or future where the server lets us look at it."""
        inside = task.first * MINUTE_MS <= start < task.beyond * MINUTE_MS
        if inside or self._questions.bounded:
            return where(task.site, task.devices, start, end)
        if end <= task.first * MINUTE_MS:
            return where(task.site, task.devices, None, end)
        return where(task.site, task.devices, start, None)


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


def _each(function: str, quantities: Iterable[str], part: str = "") -> str:
    """The function of every quantity, under the quantity's name."""
    return ", ".join(f"{function}({name(quantity + part)}) AS {name(quantity)}" for quantity in quantities)


def _first_values(answer: Iterable[Series]) -> dict[tuple[str, str], float]:
    """(device, column) -> its value in the first row."""
    return {
        (series.tags["device"], column): float(values[0])
        for series in answer
        for column, values in series.columns.items()
        if values and values[0] is not None
    }
