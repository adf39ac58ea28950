"""One-minute rollups, and windows over them that are right whether or not the rollups are up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from store.timeseries.contract import Aggregate, Window
from store.timeseries.sqlite_schema import MINUTE_MS

#: A window is for a chart or a rule, not for an export.
MOST_BUCKETS: Final = 200_000

#: The last point before the minute's end lies in the minute, as the minute has one.
_ROLL_UP: Final = f"""
INSERT OR REPLACE INTO rollup (series, minute, low, high, total, readings, last)
SELECT s.series, s.minute, min(p.value), max(p.value), sum(p.value), count(*),
       (SELECT value FROM point WHERE series = s.series AND time < (s.minute + 1) * {MINUTE_MS}
        ORDER BY time DESC LIMIT 1)
FROM stale s CROSS JOIN point p
  ON p.series = s.series AND p.time >= s.minute * {MINUTE_MS} AND p.time < (s.minute + 1) * {MINUTE_MS}
WHERE (s.series, s.minute) <= (:series, :minute)
GROUP BY s.series, s.minute
"""  # noqa: S608 - a constant
_NO_LONGER_STALE: Final = "DELETE FROM stale WHERE (series, minute) <= (:series, :minute)"
_LAST_OF_STEP: Final = """
SELECT series, minute, n FROM (
    SELECT series, minute, row_number() OVER (ORDER BY series, minute) AS n FROM
        (SELECT series, minute FROM stale ORDER BY series, minute LIMIT :limit)
) ORDER BY n DESC LIMIT 1
"""

#: Whole minutes from the rollup where it holds and from the points where it is stale; the rest from points.
_CELLS: Final = f"""
WITH cell (time, low, high, total, readings, last) AS (
    SELECT minute * {MINUTE_MS}, low, high, total, readings, last FROM rollup r
    WHERE series = :series AND minute >= :first AND minute < :beyond
      AND NOT EXISTS (SELECT 1 FROM stale WHERE series = :series AND minute = r.minute)
    UNION ALL
    SELECT p.time, p.value, p.value, p.value, 1, p.value FROM stale s CROSS JOIN point p
      ON p.series = s.series AND p.time >= s.minute * {MINUTE_MS} AND p.time < (s.minute + 1) * {MINUTE_MS}
    WHERE s.series = :series AND s.minute >= :first AND s.minute < :beyond
    UNION ALL
    SELECT time, value, value, value, 1, value FROM point
    WHERE series = :series AND time >= :rest AND time < :end
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
_COLUMN: Final[dict[Aggregate, int]] = {"min": 1, "max": 2, "mean": 3, "count": 4}


def roll_up(connection: sqlite3.Connection, limit: int) -> int:
    """Bring up to `limit` stale minutes up to date; how many were."""
    row = connection.execute(_LAST_OF_STEP, {"limit": limit}).fetchone()
    if row is None:
        return 0
    series, minute, count = row
    bound = {"series": series, "minute": minute}
    connection.execute(_ROLL_UP, bound)
    connection.execute(_NO_LONGER_STALE, bound)
    return int(count)


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
    empty = _empty(start, end, step_ms, aggregates)
    if series is None or not empty.time:
        return empty
    bound = _bound(series, start, end, step_ms)
    if set(aggregates) - {"last"}:
        for bucket, *values in connection.execute(_AGGREGATES, bound).fetchall():
            for aggregate in aggregates:
                if aggregate != "last":
                    empty.columns[aggregate][bucket] = values[_COLUMN[aggregate] - 1]
    if "last" in aggregates:
        column = empty.columns["last"]
        for bucket, value, _ in connection.execute(_LAST, bound).fetchall():
            column[bucket] = value
    return empty


def _empty(start: int, end: int, step_ms: int, aggregates: Sequence[Aggregate]) -> Window:
    if step_ms < 1:
        raise ValueError(f"step_ms is {step_ms}, at least 1")
    time = range(start, end, step_ms)
    if len(time) > MOST_BUCKETS:
        raise ValueError(f"{len(time)} buckets, at most {MOST_BUCKETS}: take a longer step")
    return Window(step_ms, list(time), {aggregate: [None] * len(time) for aggregate in aggregates})


def _bound(series: int, start: int, end: int, step_ms: int) -> dict[str, int]:
    """Rollups serve where every bucket begins on a whole minute; the part of a minute before `end` never."""
    bound = {
        "series": series,
        "start": start,
        "end": end,
        "step": step_ms,
        "first": 0,
        "beyond": 0,
        "rest": start,
    }
    if start % MINUTE_MS == 0 and step_ms % MINUTE_MS == 0:
        bound["first"], bound["beyond"] = start // MINUTE_MS, end // MINUTE_MS
        bound["rest"] = bound["beyond"] * MINUTE_MS
    return bound
