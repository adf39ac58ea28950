"""Windows over readings and rollups that are right whether or not the rollups are up to date.

Each bucket is put together from the largest cells that lie within it whole: hours, then minutes, then single
readings where a minute is stale or cut.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from store.timeseries.contract import Aggregate, Window, empty_window
from store.timeseries.counter import GLITCH_MS, Exchange, Life, lived
from store.timeseries.limits import COUNTERS, hold_ms
from store.timeseries.sqlite.rollup import ENDS, Ends, runs_of_row
from wire.durations import HOUR_MS, MINUTE_MS

_MINUTES: Final = HOUR_MS // MINUTE_MS

Span = tuple[int, int]

_CELLS: Final = f"""
WITH cell (time, low, high, total, readings, first, last, first_time, last_time, area, covered) AS (
    SELECT r.hour * {HOUR_MS}, low, high, total, readings, first, last, first_time, last_time, area, covered
    FROM json_each(:hours) AS span CROSS JOIN rollup_hour AS r
      ON r.series = :series AND r.hour >= span.value ->> 0 AND r.hour < span.value ->> 1
    UNION ALL
    SELECT r.minute * {MINUTE_MS}, low, high, total, readings, first, last, first_time, last_time,
           area, covered
    FROM json_each(:minutes) AS span CROSS JOIN rollup AS r
      ON r.series = :series AND r.minute >= span.value ->> 0 AND r.minute < span.value ->> 1
    UNION ALL
    SELECT p.time, p.value, p.value, p.value, 1, p.value, p.value, p.time, p.time, 0.0, 0
    FROM json_each(:points) AS span CROSS JOIN point AS p
      ON p.series = :series AND p.time >= span.value ->> 0 AND p.time < span.value ->> 1
)
"""  # noqa: S608 - a constant
_AGGREGATES: Final = f"""{_CELLS}
SELECT (time - :start) / :step AS bucket, min(low), max(high), sum(readings)
FROM cell GROUP BY bucket
"""  # noqa: S608 - a constant
#: With one max(), SQLite takes the other columns from its row (sqlite.org/lang_select.html#bareagg).
_LAST: Final = f"""{_CELLS}
SELECT (time - :start) / :step AS bucket, last, max(time) FROM cell GROUP BY bucket
"""  # noqa: S608 - a constant
#: What the last reading of a cell holds until the next cell's first is not in either: `before` of it lies in
#: the bucket of the later one, `after` of it, where that is another bucket, in that of the earlier one.
_MEAN: Final = f"""{_CELLS}
, neighbours AS (
    SELECT (time - :start) / :step AS bucket, total, readings, area, covered, first_time, last_time, last,
           lag(last, 1, :value_before) OVER in_time AS value_before,
           lag(last_time, 1, :time_before) OVER in_time AS time_before,
           lead(first_time, 1, :time_after) OVER in_time AS time_after
    FROM cell WINDOW in_time AS (ORDER BY time)
), held AS (
    SELECT *,
           max(0, min(first_time, time_before + :hold) - max(time_before, :start + bucket * :step))
             AS into_ms,
           CASE WHEN time_after >= min(:start + (bucket + 1) * :step, :end) THEN
             min(time_after, last_time + :hold, :start + (bucket + 1) * :step, :end) - last_time END AS out_ms
    FROM neighbours
)
SELECT bucket, total(area) + total(into_ms * value_before) + total(out_ms * last),
       total(covered) + total(into_ms) + total(out_ms), count(area) = count(*), sum(total) / sum(readings)
FROM held GROUP BY bucket
"""  # noqa: S608 - a constant
_RUNS: Final = f"""
SELECT time, first, last_time, last, rise, runs FROM (
    SELECT coalesce(r.first_time, r.hour * {HOUR_MS}) AS time, r.first,
           coalesce(r.last_time, (r.hour + 1) * {HOUR_MS} - 1) AS last_time, r.last,
           CASE WHEN r.area IS NULL THEN r.rise END AS rise, r.runs
    FROM json_each(:hours) AS span CROSS JOIN rollup_hour AS r
      ON r.series = :series AND r.hour >= span.value ->> 0 AND r.hour < span.value ->> 1
    UNION ALL
    SELECT {ENDS.format(r="r")}
    FROM json_each(:minutes) AS span CROSS JOIN rollup AS r
      ON r.series = :series AND r.minute >= span.value ->> 0 AND r.minute < span.value ->> 1
    UNION ALL
    SELECT p.time, p.value, p.time, p.value, NULL, NULL
    FROM json_each(:points) AS span CROSS JOIN point AS p
      ON p.series = :series AND p.time >= span.value ->> 0 AND p.time < span.value ->> 1
) ORDER BY time
"""  # noqa: S608 - a constant
_COLUMN: Final[dict[Aggregate, int]] = {"min": 0, "max": 1, "count": 2}

_STALE: Final = "SELECT minute FROM stale WHERE series = ? AND minute >= ? AND minute < ? ORDER BY minute"
_POINT_BEFORE: Final = (
    "SELECT time, value FROM point WHERE series = ? AND time < ? ORDER BY time DESC LIMIT 1"
)
_MINUTE_BEFORE: Final = (
    f"SELECT coalesce(last_time, (minute + 1) * {MINUTE_MS} - 1), last FROM rollup "  # noqa: S608
    "WHERE series = ? AND minute < ? ORDER BY minute DESC LIMIT 1"
)
_POINT_AFTER: Final = "SELECT time, value FROM point WHERE series = ? AND time >= ? ORDER BY time LIMIT 1"
_MINUTE_AFTER: Final = (
    f"SELECT coalesce(first_time, minute * {MINUTE_MS}), first FROM rollup "  # noqa: S608
    "WHERE series = ? AND minute >= ? ORDER BY minute LIMIT 1"
)


@dataclass(slots=True)
class Plan:
    """Which cells make up a window, as half-open spans: hours and minutes since 1970, readings by UTC ms."""

    hours: list[Span] = field(default_factory=list)
    minutes: list[Span] = field(default_factory=list)
    points: list[Span] = field(default_factory=list)


def window(
    connection: sqlite3.Connection,
    series: int | None,
    quantity: str,
    start: int,
    end: int,
    step_ms: int,
    aggregates: Sequence[Aggregate],
    exchanges: Sequence[Exchange] = (),
) -> Window:
    """The window of one series; all null for None, a series nobody has heard of.

    Readings from `end` on do not count, also where the last bucket reaches beyond it.
    Raises ValueError for a step or a number of buckets out of bounds.
    """
    found = empty_window(start, end, step_ms, aggregates)
    if series is None or not found.time:
        return found
    bound = {"series": series, "start": start, "end": end, "step": step_ms} | _spans(
        connection, series, start, end, step_ms
    )
    several = [aggregate for aggregate in aggregates if aggregate in _COLUMN]
    if several:
        for bucket, *values in connection.execute(_AGGREGATES, bound).fetchall():
            for aggregate in several:
                found.columns[aggregate][bucket] = values[_COLUMN[aggregate]]
    if "last" in aggregates:
        for bucket, value, _ in connection.execute(_LAST, bound).fetchall():
            found.columns["last"][bucket] = value
    if {"mean", "covered"} & set(aggregates):
        _fill_mean(connection, found, quantity, bound)
    if "increase" in aggregates and quantity in COUNTERS:
        grown = life(connection, series, quantity, start, end, step_ms, exchanges)
        found.put_growth(grown)
    return found


def _fill_mean(
    connection: sqlite3.Connection, found: Window, quantity: str, bound: Mapping[str, Any]
) -> None:
    """Mean and covered share, as far as they are asked for."""
    series, start, end = bound["series"], bound["start"], bound["end"]
    before, after = _before(connection, series, start), _after(connection, series, end)
    held = {
        "hold": hold_ms(quantity),
        "time_before": before[0] if before else None,
        "value_before": before[1] if before else None,
        "time_after": after[0] if after else None,
    }
    for bucket, area, covered, whole, plain in connection.execute(_MEAN, {**bound, **held}).fetchall():
        length = min(found.step_ms, end - found.time[bucket])
        found.put_mean(bucket, plain, (area, covered) if whole else None, length)


def life(
    connection: sqlite3.Connection,
    series: int | None,
    quantity: str,
    start: int,
    end: int,
    step_ms: int,
    exchanges: Sequence[Exchange] = (),
) -> Life:
    """See the contract. What happened up to GLITCH_MS before and after is looked at with it."""
    growth = COUNTERS[quantity]
    if series is None:
        return Life(growth, start, end, step_ms)
    edges = [told.at // MINUTE_MS for told in exchanges]
    before, after = _before(connection, series, start), _after(connection, series, end + GLITCH_MS)
    rows: list[Ends] = []
    if before is not None:
        since = (before[0] - GLITCH_MS) // MINUTE_MS * MINUTE_MS
        rows += _rows(connection, series, since, start, HOUR_MS, edges) or [(*before, *before, None, None)]
    rows += _rows(connection, series, start, end, step_ms, edges)
    rows += _rows(connection, series, end, end + GLITCH_MS, HOUR_MS, edges)
    if after is not None:
        rows.append((*after, *after, None, None))
    runs = (run for row in rows for run in runs_of_row(row, growth))
    return lived(runs, growth, start, end, step_ms, exchanges)


def _rows(
    connection: sqlite3.Connection, series: int, start: int, end: int, step_ms: int, edges: Sequence[int]
) -> list[Ends]:
    spans = _spans(connection, series, start, end, step_ms, edges)
    return connection.execute(_RUNS, {"series": series, **spans}).fetchall()


def _spans(
    connection: sqlite3.Connection, series: int, start: int, end: int, step_ms: int, edges: Sequence[int] = ()
) -> dict[str, str]:
    rows = connection.execute(_STALE, (series, start // MINUTE_MS, -(-end // MINUTE_MS))).fetchall()
    made = plan(start, end, step_ms, [minute for (minute,) in rows], edges)
    return {
        "hours": json.dumps(made.hours),
        "minutes": json.dumps(made.minutes),
        "points": json.dumps(made.points),
    }


def plan(start: int, end: int, step_ms: int, stale: Sequence[int], edges: Sequence[int] = ()) -> Plan:
    """The largest cells for buckets [start + i * step_ms, …) up to `end`, all in UTC ms. `stale` minutes,
    ascending, and their hours do not hold; no cell reaches across the minutes that are `edges`.
    Where buckets do not begin on whole minutes, only readings do.
    """
    if start % MINUTE_MS or step_ms % MINUTE_MS:
        return Plan(points=[(start, end)])
    first, beyond = start // MINUTE_MS, end // MINUTE_MS
    due = [minute for minute in stale if first <= minute < beyond]
    made = Plan(points=[(minute * MINUTE_MS, (minute + 1) * MINUTE_MS) for minute in due])
    if end % MINUTE_MS:
        made.points.append((beyond * MINUTE_MS, end))
    if step_ms < HOUR_MS:
        made.minutes = list(_without(due, first, beyond))
        return made
    by_hour: defaultdict[int, list[int]] = defaultdict(list)
    for minute in due:
        by_hour[minute // _MINUTES].append(minute)
    cut = {edge // _MINUTES for edge in edges if edge % _MINUTES and first < edge < beyond}
    broken = sorted(_cut_hours(first, beyond, step_ms // MINUTE_MS) | by_hour.keys() | cut)
    made.hours = list(_without(broken, -(-first // _MINUTES), beyond // _MINUTES))
    for hour in broken:
        low, high = max(hour * _MINUTES, first), min((hour + 1) * _MINUTES, beyond)
        made.minutes += _without(by_hour.get(hour, ()), low, high)
    return made


def _cut_hours(first: int, beyond: int, step: int) -> set[int]:
    """The hours in which a bucket begins or the window ends, all in minutes."""
    return {edge // _MINUTES for edge in (*range(first, beyond, step), beyond) if edge % _MINUTES}


def _without(holes: Iterable[int], low: int, high: int) -> Iterator[Span]:
    """What is left of [low, high) without the `holes` (ascending) in it."""
    for hole in holes:
        if low <= hole < high:
            if low < hole:
                yield low, hole
            low = hole + 1
    if low < high:
        yield low, high


def _before(connection: sqlite3.Connection, series: int, time: int) -> tuple[int, float] | None:
    """The newest reading before `time`; from the rollup where the reading is forgotten."""
    point = connection.execute(_POINT_BEFORE, (series, time)).fetchone()
    minute = connection.execute(_MINUTE_BEFORE, (series, time // MINUTE_MS)).fetchone()
    return max((row for row in (point, minute) if row), default=None)


def _after(connection: sqlite3.Connection, series: int, time: int) -> tuple[int, float] | None:
    """The first reading from `time` on; from the rollup where the reading is forgotten."""
    point = connection.execute(_POINT_AFTER, (series, time)).fetchone()
    minute = connection.execute(_MINUTE_AFTER, (series, -(-time // MINUTE_MS))).fetchone()
    return min((row for row in (point, minute) if row), default=None)
