"""Windows put together from hours, minutes and single readings, so that each is right and few are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from store.timeseries import cells
from store.timeseries.cells import Cell
from store.timeseries.contract import Aggregate, Window
from store.timeseries.counter import GLITCH_MS, Exchange, Life, Run, lived
from store.timeseries.influxdb.query import (
    HOURS,
    MINUTES,
    RAW,
    SPAN_3_MS,
    Questions,
    Series,
    by_time,
    name,
    select,
    where,
)
from store.timeseries.influxdb.rollup import cells_of, fields_of
from store.timeseries.influxdb.stale import coarse
from store.timeseries.limits import COUNTERS, hold_ms
from wire.durations import HOUR_MS, MINUTE_MS
from wire.ranges import Ranges

#: A window asks for at most this many stretches of stale minutes; what lies between is read with them.
_MOST_STRETCHES: Final = 8
#: What the server adds up by itself, and how it does so with parts of a rollup.
_HOW: Final[dict[Aggregate, str]] = {"min": "min", "max": "max", "last": "last", "count": "sum"}


class Raw(Protocol):
    """As `TimeSeries.raw`."""

    def __call__(
        self, site: str, device: str, quantity: str, start: int, end: int
    ) -> tuple[list[int], list[float]]: ...


@dataclass(frozen=True, slots=True)
class Segment:
    """UTC ms [start, end), answered from one measurement."""

    source: str
    start: int
    end: int


Series3 = tuple[str, str, str]


def unit_of(start: int, step_ms: int) -> int:
    """The longest of hour, minute and 1 ms that all buckets begin on: what they may be put together from."""
    units = (HOUR_MS, MINUTE_MS, 1)
    return next(unit for unit in units if start % unit == 0 and step_ms % unit == 0)


def segments(start: int, end: int, step_ms: int, stale: Ranges, edges: Sequence[int] = ()) -> list[Segment]:
    """What answers which part. `stale`: minutes whose rollups do not hold. `edges`: minutes that no hour
    reaches across. Of an hour with a stale minute the others are taken by the minute; the part of a minute
    before `end` is single readings."""
    unit_ms = unit_of(start, step_ms)
    if unit_ms == 1:
        return [Segment(RAW, start, end)]
    first, beyond = start // MINUTE_MS, end // MINUTE_MS
    bad = coarse(_within(stale, first, beyond - 1), _MOST_STRETCHES)
    parts: list[Segment] = []
    at = first
    for low, high in [*bad, (beyond, beyond - 1)]:
        parts += _clean(at, low, edges, by_hours=unit_ms == HOUR_MS)
        parts += [Segment(RAW, low * MINUTE_MS, (high + 1) * MINUTE_MS)]
        at = high + 1
    parts += [Segment(RAW, beyond * MINUTE_MS, end)]
    return _joined(parts)


class Windows:
    """Answers windows of one store. Raises StoreError."""

    def __init__(self, questions: Questions, raw: Raw) -> None:
        self._questions = questions
        self._raw = raw

    def bare(self, window: Window, series: Series3, end: int) -> None:
        """Fill a window without increases from single readings, in one question."""
        site, device, quantity = series
        fields = ", ".join(f"{how}({name(quantity)}) AS {name(how)}" for how in window.columns)
        rest = f"{by_time(window.time[0], window.step_ms)} fill(none)"
        condition = where(site, [device], window.time[0], end)
        for table in self._questions.ask(select(fields, RAW, condition, rest)):
            numbers = [(time - window.time[0]) // window.step_ms for time in table.time]
            for aggregate, column in window.columns.items():
                for number, value in zip(numbers, table.columns[aggregate], strict=True):
                    column[number] = value

    def fill(
        self, window: Window, series: Series3, end: int, stale: Ranges, exchanges: Sequence[Exchange] = ()
    ) -> None:
        """Fill the columns of a window that ends at `end`."""
        start, step_ms = window.time[0], window.step_ms
        wanted = [aggregate for aggregate in window.columns if aggregate in _HOW]
        if wanted:
            buckets = _Buckets(len(window.time))
            parts = self._parts(segments(start, end, step_ms, stale))
            statements = [_statement(series, part, start, step_ms, wanted) for part in parts]
            for answer in self._questions.ask_all(statements):
                for table in answer:
                    buckets.take(table, start, step_ms)
            for aggregate in wanted:
                window.columns[aggregate][:] = buckets.column(aggregate)
        if {"mean", "covered"} & window.columns.keys():
            self._fill_mean(window, series, end, stale)
        if "increase" in window.columns and series[2] in COUNTERS:
            window.put_growth(self.life(series, start, end, step_ms, stale, exchanges))

    def _fill_mean(self, window: Window, series: Series3, end: int, stale: Ranges) -> None:
        start, step_ms = window.time[0], window.step_ms
        found = self._cells(series, segments(start, end, step_ms, stale), start, step_ms)
        if not found:
            return
        before, after = self._before(series, start), self._after(series, end)
        hold = hold_ms(series[2])
        for bucket, mean in cells.means(
            found, before, after[0] if after else None, hold, start, end, step_ms
        ).items():
            held = (mean.area, mean.covered) if mean.whole else None
            length = min(step_ms, end - window.time[bucket])
            window.put_mean(bucket, mean.total / mean.readings, held, length)

    def life(
        self,
        series: Series3,
        start: int,
        end: int,
        step_ms: int,
        stale: Ranges,
        exchanges: Sequence[Exchange],
    ) -> Life:
        """See the contract. What happened up to GLITCH_MS before and after is looked at with it."""
        edges = [told.at // MINUTE_MS for told in exchanges]
        before, after = self._before(series, start), self._after(series, end + GLITCH_MS)
        runs: list[Run] = []
        if before is not None:
            since = (before[0] - GLITCH_MS) // MINUTE_MS * MINUTE_MS
            earlier = self._cells(series, segments(since, start, HOUR_MS, stale, edges), since, HOUR_MS)
            runs += [run for cell in earlier for run in cell.runs] or [Run(*before, *before)]
        later = (end, end + GLITCH_MS, HOUR_MS)
        for first, until, step in ((start, end, step_ms), later):
            found = self._cells(series, segments(first, until, step, stale, edges), first, step, edges)
            runs += [run for cell in found for run in cell.runs]
        if after is not None:
            runs.append(Run(*after, *after))
        return lived(runs, COUNTERS[series[2]], start, end, step_ms, exchanges)

    def _parts(self, parts: Sequence[Segment]) -> list[Segment]:
        """As one question may cover them."""
        return [
            Segment(part.source, *span)
            for part in parts
            for span in self._questions.spans(part.start, part.end)
        ]

    def _cells(
        self, series: Series3, parts: Sequence[Segment], start: int, step_ms: int, edges: Sequence[int] = ()
    ) -> list[Cell]:
        """The cells of segments, ascending by time; of single readings one for each bucket, or for each
        reading where a meter was exchanged."""
        site, device, quantity = series
        found: list[Cell] = []
        for part in self._parts(parts):
            if part.source == RAW:
                time, values = self._raw(site, device, quantity, part.start, part.end)
                width = 1 if edges else step_ms
                found += [cell for _, cell in cells.by_bucket(time, values, quantity, start, width)]
                continue
            inside = where(site, [device], part.start, part.end)
            for table in self._questions.ask(select(fields_of(quantity), part.source, inside)):
                width = HOUR_MS if part.source == HOURS else MINUTE_MS
                found += [cell for _, cell in cells_of(table, quantity, width)]
        return found

    def _before(self, series: Series3, time: int) -> tuple[int, float] | None:
        """The last reading before `time`, from the rollups where it is forgotten."""
        site, device, quantity = series
        whole = time // MINUTE_MS * MINUTE_MS  # the minute `time` lies in may end with a later reading
        for past in self._questions.pasts(time):
            raw, rolled = self._questions.ask_all([
                select(f"last({name(quantity)})", RAW, where(site, [device], end=time) + past),
                select(fields_of(quantity), MINUTES, where(site, [device], end=whole) + past,
                       " ORDER BY time DESC LIMIT 1"),
            ])  # fmt: skip
            found = [(table.time[0], float(table.columns["last"][0])) for table in raw]
            for table in rolled:
                found += [(cell.last_time, cell.last) for _, cell in cells_of(table, quantity, MINUTE_MS)]
            if found:
                return max(found)
        return None

    def _after(self, series: Series3, time: int) -> tuple[int, float] | None:
        """The first reading from `time` on, from the rollups where it is forgotten."""
        site, device, quantity = series
        until = time + SPAN_3_MS if self._questions.bounded else None
        whole = -(-time // MINUTE_MS) * MINUTE_MS
        raw, rolled = self._questions.ask_all([
            select(f"first({name(quantity)})", RAW, where(site, [device], time, until)),
            select(fields_of(quantity), MINUTES, where(site, [device], whole, until),
                   " ORDER BY time LIMIT 1"),
        ])  # fmt: skip
        found = [(table.time[0], float(table.columns["first"][0])) for table in raw]
        for table in rolled:
            found += [(cell.first_time, cell.first) for _, cell in cells_of(table, quantity, MINUTE_MS)]
        return min(found, default=None)


class _Buckets:
    """Parts of buckets, added up. Segments come in the order of time, so the last `last` stands."""

    def __init__(self, count: int) -> None:
        self._columns: dict[str, list[Any]] = {part: [None] * count for part in _HOW}

    def take(self, table: Series, start: int, step_ms: int) -> None:
        numbers = [(time - start) // step_ms for time in table.time]
        for part, values in table.columns.items():
            column = self._columns[part]
            if all(column[number] is None for number in numbers):
                for number, value in zip(numbers, values, strict=True):
                    column[number] = value
                continue
            for number, value in zip(numbers, values, strict=True):
                if value is not None:
                    self.add(part, number, value)

    def add(self, part: str, number: int, value: float) -> None:
        column = self._columns[part]
        held = column[number]
        if held is None or part == "last":
            column[number] = value
        elif part == "min":
            column[number] = min(held, value)
        elif part == "max":
            column[number] = max(held, value)
        else:
            column[number] = held + value

    def column(self, aggregate: Aggregate) -> list[float | None]:
        return self._columns[aggregate]


def _statement(series: Series3, part: Segment, start: int, step_ms: int, wanted: Sequence[Aggregate]) -> str:
    """The question for a segment."""
    site, device, quantity = series
    raw = part.source == RAW
    fields = ", ".join(
        f"{one if raw else _HOW[one]}({name(quantity if raw else f'{quantity}.{one}')}) AS {name(one)}"
        for one in wanted
    )
    condition = where(site, [device], part.start, part.end)
    return select(fields, part.source, condition, f"{by_time(start, step_ms)} fill(none)")


def _clean(first: int, beyond: int, edges: Sequence[int], *, by_hours: bool) -> Iterator[Segment]:
    """Minutes [first, beyond) from rollups."""
    for edge in sorted(edges):
        if by_hours and edge % 60 and first < edge < beyond:
            low, high = max(first, edge // 60 * 60), min(beyond, (edge // 60 + 1) * 60)
            yield from _clean(first, low, (), by_hours=True)
            yield Segment(MINUTES, low * MINUTE_MS, high * MINUTE_MS)
            first = high
    low, high = -(-first // 60), beyond // 60
    if not by_hours or low >= high:
        yield Segment(MINUTES, first * MINUTE_MS, beyond * MINUTE_MS)
        return
    yield Segment(MINUTES, first * MINUTE_MS, low * HOUR_MS)
    yield Segment(HOURS, low * HOUR_MS, high * HOUR_MS)
    yield Segment(MINUTES, high * HOUR_MS, beyond * MINUTE_MS)


def _joined(parts: Sequence[Segment]) -> list[Segment]:
    """Without those that are nothing, and neighbours from one measurement as one."""
    joined: list[Segment] = []
    for part in parts:
        if part.start >= part.end:
            continue
        if joined and joined[-1].source == part.source and joined[-1].end == part.start:
            joined[-1] = Segment(part.source, joined[-1].start, part.end)
        else:
            joined.append(part)
    return joined


def _within(ranges: Ranges, first: int, last: int) -> Ranges:
    pairs = ((max(low, first), min(high, last)) for low, high in ranges)
    return Ranges((low, high) for low, high in pairs if low <= high)
