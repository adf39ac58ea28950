"""Rollups of one minute and one hour, made anew from what is below them where readings have come.

A minute is computed from its readings, an hour from its minutes, both whole: right for late and repeated
readings by construction.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from store.timeseries.sqlite_schema import MINUTE_MS

#: A step in a column `now` from a column `before`, as the contract has it for counters.
STEP: Final = (
    "CASE WHEN {before} IS NULL THEN 0.0 WHEN {now} >= {before} THEN {now} - {before} ELSE {now} END"
)

#: From the first minute of series :lowest up to :minute of :series.
_DUE: Final = "s.series >= :lowest AND (s.series, s.minute) <= (:series, :minute)"
#: First and last are looked up from the minute's ends, and each reading looks up the one before it: half the
#: time of a window function, which would have all readings sorted for the grouping.
_MINUTES: Final = f"""
INSERT OR REPLACE INTO rollup (series, minute, low, high, total, readings, first, last, rise)
SELECT s.series, s.minute, min(p.value), max(p.value), sum(p.value), count(*),
       (SELECT value FROM point WHERE series = s.series AND time >= s.minute * {MINUTE_MS}
        ORDER BY time LIMIT 1),
       (SELECT value FROM point WHERE series = s.series AND time < (s.minute + 1) * {MINUTE_MS}
        ORDER BY time DESC LIMIT 1),
       total((SELECT {STEP.format(now="p.value", before="b.value")} FROM point b
              WHERE b.series = s.series AND b.time >= s.minute * {MINUTE_MS} AND b.time < p.time
              ORDER BY b.time DESC LIMIT 1))
FROM stale s CROSS JOIN point p
  ON p.series = s.series AND p.time >= s.minute * {MINUTE_MS} AND p.time < (s.minute + 1) * {MINUTE_MS}
WHERE {_DUE}
GROUP BY s.series, s.minute
"""  # noqa: S608 - constants
_HOURS: Final = f"""
INSERT OR REPLACE INTO rollup_hour (series, hour, low, high, total, readings, first, last, rise)
SELECT series, hour, min(low), max(high), sum(total), sum(readings),
       max(CASE WHEN before IS NULL THEN first END),
       (SELECT last FROM rollup WHERE series = part.series AND minute < (part.hour + 1) * 60
        ORDER BY minute DESC LIMIT 1),
       sum(rise + {STEP.format(now="first", before="before")})
FROM (SELECT h.series, h.hour, r.low, r.high, r.total, r.readings, r.first, r.rise,
             lag(r.last) OVER (PARTITION BY h.series, h.hour ORDER BY r.minute) AS before
      FROM (SELECT DISTINCT s.series, s.minute / 60 AS hour FROM stale s WHERE {_DUE}) h
      CROSS JOIN rollup r ON r.series = h.series AND r.minute >= h.hour * 60 AND r.minute < (h.hour + 1) * 60
     ) AS part
GROUP BY series, hour
"""  # noqa: S608 - constants
_NO_LONGER_STALE: Final = f"DELETE FROM stale AS s WHERE {_DUE}"  # noqa: S608 - a constant
_LAST_OF_STEP: Final = """
SELECT series, minute, n FROM (
    SELECT series, minute, row_number() OVER (ORDER BY series, minute) AS n FROM
        (SELECT series, minute FROM stale ORDER BY series, minute LIMIT :limit)
) ORDER BY n DESC LIMIT 1
"""


def roll_up(connection: sqlite3.Connection, limit: int) -> int:
    """Bring up to `limit` stale minutes, and the hours they lie in, up to date; how many minutes were.

    An hour of which other minutes are still stale is made anew with those.
    """
    row = connection.execute(_LAST_OF_STEP, {"limit": limit}).fetchone()
    if row is None:
        return 0
    series, minute, count = row
    _make_anew(connection, 0, series, minute)
    return int(count)


def roll_up_series(connection: sqlite3.Connection, series: int, before_minute: int) -> None:
    """Bring the minutes of one series before `before_minute`, and their hours, up to date."""
    _make_anew(connection, series, series, before_minute - 1)


def _make_anew(connection: sqlite3.Connection, lowest: int, series: int, minute: int) -> None:
    due = {"lowest": lowest, "series": series, "minute": minute}
    connection.execute(_MINUTES, due)
    connection.execute(_HOURS, due)
    connection.execute(_NO_LONGER_STALE, due)


def more_than(connection: sqlite3.Connection, minutes: int) -> bool:
    """Whether more than so many minutes are stale."""
    return connection.execute("SELECT 1 FROM stale LIMIT 1 OFFSET ?", (minutes,)).fetchone() is not None
