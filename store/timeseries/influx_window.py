"""Windows put together from hours, minutes and single readings, so that each is right and few are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from store.timeseries.contract import Aggregate, Window
from store.timeseries.influx_query import (
    HOUR_MS,
    HOURS,
    MINUTE_MS,
    MINUTES,
    PARTS,
    RAW,
    Questions,
    Series,
    by_time,
    name,
    select,
    where,
)
from store.timeseries.influx_rollup import steps_of
from store.timeseries.influx_stale import coarse
from wire.ranges import Ranges

#: A window asks for at most this many stretches of stale minutes; what lies between is read with them.
_MOST_STRETCHES: Final = 8
_NEEDS: Final[dict[Aggregate, tuple[str, ...]]] = {
    "min": ("min",), "max": ("max",), "mean": ("sum", "count"), "last": ("last",), "count": ("count",),
    "increase": ("increase",),
}  # fmt: skip


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


def unit_of(start: int, step_ms: int) -> int:
    """The longest of hour, minute and 1 ms that all buckets begin on: what they may be put together from."""
    units = (HOUR_MS, MINUTE_MS, 1)
    return next(unit for unit in units if start % unit == 0 and step_ms % unit == 0)


def segments(start: int, end: int, step_ms: int, stale: Ranges) -> list[Segment]:
    """What answers which part. `stale`: minutes whose rollups do not hold. Of an hour with a stale minute the
    others are taken by the minute; the part of a minute before `end` is single readings."""
    unit_ms = unit_of(start, step_ms)
    if unit_ms == 1:
        return [Segment(RAW, start, end)]
    first, beyond = start // MINUTE_MS, end // MINUTE_MS
    bad = coarse(_within(stale, first, beyond - 1), _MOST_STRETCHES)
    parts: list[Segment] = []
    at = first
    for low, high in [*bad, (beyond, beyond - 1)]:
        parts += _clean(at, low, by_hours=unit_ms == HOUR_MS)
        parts += [Segment(RAW, low * MINUTE_MS, (high + 1) * MINUTE_MS)]
        at = high + 1
    parts += [Segment(RAW, beyond * MINUTE_MS, end)]
    return _joined(parts)


class Windows:
    """Answers windows of one store. Raises StoreError."""

    def __init__(self, questions: Questions, raw: Raw) -> None:
        self._questions = questions
        self._raw = raw

    def bare(self, window: Window, series: tuple[str, str, str], end: int) -> None:
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

    def fill(self, window: Window, series: tuple[str, str, str], end: int, stale: Ranges) -> None:
        """Fill the columns of a window that ends at `end`."""
        start = window.time[0]
        wanted = {part for aggregate in window.columns for part in _NEEDS[aggregate]}
        if "increase" in wanted and unit_of(start, window.step_ms) > 1:
            stale = self._with_successors(series, stale, start, end)
        parts = [
            Segment(segment.source, *span)
            for segment in segments(start, end, window.step_ms, stale)
            for span in self._questions.spans(segment.start, segment.end)
        ]
        buckets = _Buckets(len(window.time))
        statements = [_statement(series, part, start, window.step_ms, wanted) for part in parts]
        asked = [statement for statement in statements if statement]
        answers = iter(self._questions.ask_all(asked))
        for part, statement in zip(parts, statements, strict=True):
            for table in next(answers) if statement else ():
                buckets.take(table, start, window.step_ms)
            if part.source == RAW and "increase" in wanted:
                self._increase(buckets, series, part, start, window.step_ms)
        for aggregate, column in window.columns.items():
            column[:] = buckets.column(aggregate)

    def _increase(
        self, buckets: _Buckets, series: tuple[str, str, str], part: Segment, start: int, step_ms: int
    ) -> None:
        time, values = self._raw(*series, part.start, part.end)
        if not values:
            return
        for at, step in zip(time, steps_of(values, self._before(series, part.start)), strict=True):
            buckets.add("increase", (at - start) // step_ms, step)

    def _before(self, series: tuple[str, str, str], time: int) -> float | None:
        """The reading before `time`, from the rollups where it is forgotten."""
        site, device, quantity = series
        whole = time // MINUTE_MS * MINUTE_MS  # the minute `time` lies in may end with a later reading
        for past in self._questions.pasts(time):
            for answer in self._questions.ask_all([
                select(f"last({name(quantity)})", RAW, where(site, [device], end=time) + past),
                select(f"last({name(f'{quantity}.last')})", MINUTES, where(site, [device], end=whole) + past),
            ]):  # fmt: skip
                for table in answer:
                    return float(table.columns["last"][0])
        return None

    def _with_successors(self, series: tuple[str, str, str], stale: Ranges, start: int, end: int) -> Ranges:
        """And the minutes whose first step begins in a stale one: the next with readings of each."""
        site, device, quantity = series
        bad = coarse(_within(stale, start // MINUTE_MS, end // MINUTE_MS), _MOST_STRETCHES)
        after = [(last + 1) * MINUTE_MS for _, last in bad]
        if any(first < start // MINUTE_MS for first, _ in stale):
            after.append(start)
        fields = f"first({name(f'{quantity}.last')})"
        statements = [
            select(fields, MINUTES, where(site, [device], at, self._questions.reach(at, end))) for at in after
        ]
        found = Ranges(bad)
        for answer in self._questions.ask_all(statements):
            for table in answer:
                found.add(table.time[0] // MINUTE_MS)
        return found


class _Buckets:
    """Parts of buckets, added up. Segments come in the order of time, so the last `last` stands."""

    def __init__(self, count: int) -> None:
        self._columns: dict[str, list[Any]] = {part: [None] * count for part in PARTS}

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
        if aggregate != "mean":
            return self._columns[aggregate]
        pairs = zip(self._columns["sum"], self._columns["count"], strict=True)
        return [total / count if count else None for total, count in pairs]


def _statement(
    series: tuple[str, str, str], part: Segment, start: int, step_ms: int, wanted: set[str]
) -> str | None:
    """The question for a segment; None where only the increase is asked for, of single readings."""
    site, device, quantity = series
    functions = {
        part_name: (part_name, quantity)
        if part.source == RAW
        else (PARTS[part_name], f"{quantity}.{part_name}")
        for part_name in PARTS
        if part_name in wanted and not (part.source == RAW and part_name == "increase")
    }
    if not functions:
        return None
    fields = ", ".join(f"{how}({name(of)}) AS {name(to)}" for to, (how, of) in functions.items())
    condition = where(site, [device], part.start, part.end)
    return select(fields, part.source, condition, f"{by_time(start, step_ms)} fill(none)")


def _clean(first: int, beyond: int, *, by_hours: bool) -> Iterator[Segment]:
    """Minutes [first, beyond) from rollups."""
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
