"""Cells of a series (a reading, a minute, an hour) put together in Python, for stores that cannot do it by
themselves. What a cell's last reading holds until the next cell's first is in neither and is added here."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from store.timeseries.counter import Run, joined, runs_of
from store.timeseries.limits import COUNTERS, hold_ms


@dataclass(frozen=True, slots=True)
class Cell:
    """`first_time` and `last_time` are UTC ms; `area` is the sum of each reading times the ms it holds within
    the cell, `covered` the sum of those. Where an older version made the cell, they are None."""

    first_time: int
    first: float
    last_time: int
    last: float
    low: float
    high: float
    total: float
    readings: int
    area: float | None
    covered: int | None
    runs: tuple[Run, ...]


def of_readings(time: Sequence[int], values: Sequence[float], quantity: str) -> Cell:
    """The cell of some readings, ascending by time, at least one."""
    hold = hold_ms(quantity)
    held = [min(after - at, hold) for at, after in pairwise(time)]
    area = sum(value * ms for value, ms in zip(values, held, strict=False))
    growth = COUNTERS.get(quantity)
    runs = runs_of(zip(time, values, strict=True), growth.small) if growth else ()
    return Cell(
        time[0], values[0], time[-1], values[-1], min(values), max(values), sum(values), len(values),
        area, sum(held), tuple(runs),
    )  # fmt: skip


def by_bucket(
    time: Sequence[int], values: Sequence[float], quantity: str, start: int, step_ms: int
) -> Iterable[tuple[int, Cell]]:
    """The number of each bucket [start + i * step_ms, …) that has readings, and its cell."""
    at = 0
    while at < len(time):
        bucket = (time[at] - start) // step_ms
        beyond = bisect_left(time, start + (bucket + 1) * step_ms, at)
        yield bucket, of_readings(time[at:beyond], values[at:beyond], quantity)
        at = beyond


def merged(cells: Sequence[Cell], quantity: str) -> Cell:
    """Neighbouring cells, ascending by time, at least one, as one."""
    growth = COUNTERS.get(quantity)
    area: float | None = 0.0
    covered: int | None = 0
    hold = hold_ms(quantity)
    before: Cell | None = None
    for cell in cells:
        if cell.area is None or cell.covered is None:
            area = covered = None
        if area is not None and covered is not None and cell.area is not None and cell.covered is not None:
            held = min(cell.first_time - before.last_time, hold) if before else 0
            area += cell.area + held * (before.last if before else 0.0)
            covered += cell.covered + held
        before = cell
    return Cell(
        cells[0].first_time, cells[0].first, cells[-1].last_time, cells[-1].last,
        min(cell.low for cell in cells), max(cell.high for cell in cells),
        sum(cell.total for cell in cells), sum(cell.readings for cell in cells), area, covered,
        tuple(joined((cell.runs for cell in cells), growth.small)) if growth else (),
    )  # fmt: skip


@dataclass(slots=True)
class Mean:
    """A bucket's mean in the making. `whole`: nothing in it was made by an older version."""

    area: float = 0.0
    covered: int = 0
    total: float = 0.0
    readings: int = 0
    whole: bool = True


def means(
    cells: Iterable[Cell], before: tuple[int, float] | None, after: int | None, hold: int,
    start: int, end: int, step_ms: int,
) -> dict[int, Mean]:  # fmt: skip
    """Bucket -> its mean, of cells within [start, end), ascending by time and none across the edge of a
    bucket. `before`: the last reading before them, `after`: the time of the first one after them."""
    found: dict[int, Mean] = {}
    last: tuple[int, float] | None = before
    for cell in cells:
        bucket = (cell.first_time - start) // step_ms
        _hold_until(found, last, cell.first_time, bucket, hold, start, end, step_ms)
        mean = found.setdefault(bucket, Mean())
        mean.total += cell.total
        mean.readings += cell.readings
        mean.whole &= cell.area is not None
        mean.area += cell.area or 0.0
        mean.covered += cell.covered or 0
        if last is not None:
            since = max(last[0], start + bucket * step_ms)
            held = max(0, min(cell.first_time, last[0] + hold) - since)
            mean.area += held * last[1]
            mean.covered += held
        last = (cell.last_time, cell.last)
    if after is not None:
        _hold_until(found, last, after, (after - start) // step_ms, hold, start, end, step_ms)
    return found


def _hold_until(
    found: dict[int, Mean], last: tuple[int, float] | None, time: int, bucket: int, hold: int,
    start: int, end: int, step_ms: int,
) -> None:  # fmt: skip
    """What the last reading of a bucket holds until the end of its bucket, where the next one (at `time`, in
    `bucket`) lies beyond it."""
    if last is None or last[0] < start:
        return
    own = (last[0] - start) // step_ms
    if own == bucket and time < end:
        return
    held = min(time, last[0] + hold, start + (own + 1) * step_ms, end) - last[0]
    found[own].area += held * last[1]
    found[own].covered += held


def encoded(runs: Sequence[Run]) -> str:
    """Several runs as text; empty for one, whose ends the cell has."""
    return json.dumps(runs, separators=(",", ":")) if len(runs) > 1 else ""


def decoded(text: str) -> tuple[Run, ...]:
    """The reverse of `encoded`."""
    return tuple(Run(*run) for run in json.loads(text))
