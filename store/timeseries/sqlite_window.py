"""Windows over readings and rollups that are right whether or not the rollups are up to date.

Each bucket is put together from the largest cells that lie within it whole: hours, then minutes, then single
readings where a minute is stale or cut.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from store.timeseries.contract import Aggregate, Window, empty_window
from store.timeseries.sqlite_rollup import STEP
from store.timeseries.sqlite_schema import HOUR_MS, MINUTE_MS

_MINUTES: Final = HOUR_MS // MINUTE_MS

Span = tuple[int, int]

_CELLS: Final = f"""
WITH cell (time, low, high, total, readings, first, last, rise) AS (
    SELECT r.hour * {HOUR_MS}, low, high, total, readings, first, last, rise
    FROM json_each(:hours) AS span CROSS JOIN rollup_hour AS r
      ON r.series = :series AND r.hour >= span.value ->> 0 AND r.hour < span.value ->> 1
    UNION ALL
    SELECT r.minute * {MINUTE_MS}, low, high, total, readings, first, last, rise
    FROM json_each(:minutes) AS span CROSS JOIN rollup AS r
      ON r.series = :series AND r.minute >= span.value ->> 0 AND r.minute < span.value ->> 1
    UNION ALL
    SELECT p.time, p.value, p.value, p.value, 1, p.value, p.value, 0.0
    FROM json_each(:points) AS span CROSS JOIN point AS p
      ON p.series = :series AND p.time >= span.value ->> 0 AND p.time < span.value ->> 1
)
"""  # noqa: S608 - a constant
_AGGREGATES: Final = f"""{_CELLS}
SELECT (time - :start) / :step AS bucket, min(low), max(high), sum(total) / sum(readings), sum(readings)
FROM cell GROUP BY bucket
"""  # noqa: S608 - a constant
#: With one max(), SQLite takes the other columns from its row (sqlite.org/lang_select.html#bareagg).
_LAST: Final = f"""{_CELLS}
SELECT (time - :start) / :step AS bucket, last, max(time) FROM cell GROUP BY bucket
"""  # noqa: S608 - a constant
_INCREASE: Final = f"""{_CELLS}
SELECT (time - :start) / :step AS bucket, sum(rise + {STEP.format(now="first", before="before")})
FROM (SELECT time, first, rise, lag(last, 1, :base) OVER (ORDER BY time) AS before FROM cell) GROUP BY bucket
"""  # noqa: S608 - a constant
_COLUMN: Final[dict[Aggregate, int]] = {"min": 0, "max": 1, "mean": 2, "count": 3}

_STALE: Final = "SELECT minute FROM stale WHERE series = ? AND minute >= ? AND minute < ? ORDER BY minute"
_POINT_BEFORE: Final = (
    f"SELECT time / {MINUTE_MS}, value FROM point WHERE series = ? AND time < ? ORDER BY time DESC LIMIT 1"  # noqa: S608
)
_MINUTE_BEFORE: Final = (
    "SELECT minute, last FROM rollup WHERE series = ? AND minute < ? ORDER BY minute DESC LIMIT 1"
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
    start: int,
    end: int,
    step_ms: int,
    aggregates: Sequence[Aggregate],
) -> Window:
    """The window of one series; all null for None, a series nobody has heard of.

    Readings from `end` on do not count, also where the last bucket reaches beyond it.
    Raises ValueError for a step or a number of buckets out of bounds.
    """
    found = empty_window(start, end, step_ms, aggregates)
    if series is None or not found.time:
        return found
    bound = {"series": series, "start": start, "step": step_ms} | _spans(
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
    if "increase" in aggregates:
        bound["base"] = _value_before(connection, series, start)
        for bucket, value in connection.execute(_INCREASE, bound).fetchall():
            found.columns["increase"][bucket] = value
    return found


def _spans(
    connection: sqlite3.Connection, series: int, start: int, end: int, step_ms: int
) -> dict[str, int | float | str | None]:
    rows = connection.execute(_STALE, (series, start // MINUTE_MS, -(-end // MINUTE_MS))).fetchall()
    made = plan(start, end, step_ms, [minute for (minute,) in rows])
    return {
        "hours": json.dumps(made.hours),
        "minutes": json.dumps(made.minutes),
        "points": json.dumps(made.points),
    }


def plan(start: int, end: int, step_ms: int, stale: Sequence[int]) -> Plan:
    """The largest cells for buckets [start + i * step_ms, …) up to `end`, all in UTC ms. `stale` minutes,
    ascending, and their hours do not hold. Where buckets do not begin on whole minutes, only readings do.
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
    broken = sorted(_cut_hours(first, beyond, step_ms // MINUTE_MS) | by_hour.keys())
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


def _value_before(connection: sqlite3.Connection, series: int, time: int) -> float | None:
    """The value of the newest reading before `time`; from the rollup where the reading is forgotten."""
    point = connection.execute(_POINT_BEFORE, (series, time)).fetchone()
    minute = connection.execute(_MINUTE_BEFORE, (series, time // MINUTE_MS)).fetchone()
    newest = max((row for row in (point, minute) if row), key=lambda row: int(row[0]), default=None)
    return float(newest[1]) if newest else None
