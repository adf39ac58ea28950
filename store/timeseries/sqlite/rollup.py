"""Rollups of one minute and one hour, made anew from what is below them where readings have come.

A minute is computed from its readings, an hour from its minutes, both whole: right for late and repeated
readings by construction.
"""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from store.timeseries.counter import Run, joined, runs_of
from store.timeseries.limits import COUNTERS, QUICK_HOLD_MS, SLOW_HOLD_MS, Growth, hold_ms
from wire.durations import MINUTE_MS
from wire.quantities import QUANTITIES

#: How long a reading of `quantity` holds, and how far a step of a counter needs no second look.
_SLOW: Final = ", ".join(f"'{name}'" for name in QUANTITIES if hold_ms(name) == SLOW_HOLD_MS)
HOLD: Final = f"CASE WHEN quantity IN ({_SLOW}) THEN {SLOW_HOLD_MS} ELSE {QUICK_HOLD_MS} END"
_SMALL: Final = "CASE quantity " + " ".join(
    f"WHEN '{name}' THEN {growth.small!r}" for name, growth in COUNTERS.items()
) + " END"  # fmt: skip
#: To be looked at reading by reading: what is not one run.
_BROKEN: Final = ""

#: From the first minute of series :lowest up to :minute of :series.
_DUE: Final = "s.series >= :lowest AND (s.series, s.minute) <= (:series, :minute)"
#: First and last are looked up from the minute's ends, and each reading looks up the next one: half the time
#: of a window function, which would have all readings sorted for the grouping. Only counters look at steps.
_NEXT: Final = """(SELECT {what} FROM point n WHERE n.series = p.series AND n.time > p.time
                   AND n.time < due.until ORDER BY n.time LIMIT 1)"""
_MINUTES: Final = f"""
WITH due AS MATERIALIZED (
    SELECT s.series, s.minute, s.minute * {MINUTE_MS} AS since, (s.minute + 1) * {MINUTE_MS} AS until,
           {HOLD} AS hold, {_SMALL} AS small
    FROM stale s CROSS JOIN series ON series.id = s.series WHERE {_DUE})
INSERT OR REPLACE INTO rollup (series, minute, low, high, total, readings, first, last, rise,
                               first_time, last_time, area, covered, runs)
SELECT series, minute, min(value), max(value), sum(value), count(*),
       (SELECT value FROM point WHERE series = one.series AND time >= since ORDER BY time LIMIT 1),
       (SELECT value FROM point WHERE series = one.series AND time < until ORDER BY time DESC LIMIT 1),
       0.0, min(time), max(time), total(value * held), cast(total(held) AS INTEGER),
       CASE WHEN count(step) > total(step BETWEEN 0.0 AND small) THEN '{_BROKEN}' END
FROM (SELECT due.series, due.minute, due.since, due.until, due.small, p.time, p.value,
             min({_NEXT.format(what="n.time")} - p.time, due.hold) AS held,
             CASE WHEN due.small IS NOT NULL THEN {_NEXT.format(what="n.value")} - p.value END AS step
      FROM due CROSS JOIN point p ON p.series = due.series AND p.time >= due.since AND p.time < due.until
     ) AS one
GROUP BY series, minute
"""  # noqa: S608 - constants
_HOURS: Final = f"""
INSERT OR REPLACE INTO rollup_hour (series, hour, low, high, total, readings, first, last, rise,
                                    first_time, last_time, area, covered, runs)
SELECT series, hour, min(low), max(high), sum(total), sum(readings),
       max(CASE WHEN before_time IS NULL THEN first END),
       (SELECT last FROM rollup WHERE series = part.series AND minute < (part.hour + 1) * 60
        ORDER BY minute DESC LIMIT 1),
       sum(rise), min(first_time), max(last_time),
       CASE WHEN count(area) = count(*)
            THEN total(area) + total(before * max(0, min(first_time - before_time, hold))) END,
       CASE WHEN count(area) = count(*)
            THEN cast(total(covered) + total(max(0, min(first_time - before_time, hold))) AS INTEGER) END,
       CASE WHEN count(runs) > 0 OR count(area) < count(*)
              OR total(first - before NOT BETWEEN 0.0 AND small) > 0
            THEN '{_BROKEN}' END
FROM (SELECT h.series, h.hour, h.hold, h.small, r.low, r.high, r.total, r.readings, r.first, r.rise, r.area,
             r.covered, CASE WHEN h.small IS NOT NULL THEN r.runs END AS runs,
             coalesce(r.first_time, r.minute * {MINUTE_MS}) AS first_time,
             coalesce(r.last_time, (r.minute + 1) * {MINUTE_MS} - 1) AS last_time,
             lag(r.last) OVER earlier AS before,
             lag(coalesce(r.last_time, (r.minute + 1) * {MINUTE_MS} - 1)) OVER earlier AS before_time
      FROM (SELECT DISTINCT s.series, s.minute / 60 AS hour, {HOLD} AS hold, {_SMALL} AS small
            FROM stale s CROSS JOIN series ON series.id = s.series WHERE {_DUE}) h
      CROSS JOIN rollup r ON r.series = h.series AND r.minute >= h.hour * 60 AND r.minute < (h.hour + 1) * 60
      WINDOW earlier AS (PARTITION BY h.series, h.hour ORDER BY r.minute)
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
_BROKEN_MINUTES: Final = f"""
SELECT s.series, s.minute, quantity FROM stale s
CROSS JOIN rollup r ON r.series = s.series AND r.minute = s.minute AND r.runs = '{_BROKEN}'
CROSS JOIN series ON series.id = s.series WHERE {_DUE}
"""  # noqa: S608 - constants
_BROKEN_HOURS: Final = f"""
SELECT DISTINCT s.series, s.minute / 60, quantity FROM stale s
CROSS JOIN rollup_hour r ON r.series = s.series AND r.hour = s.minute / 60 AND r.runs = '{_BROKEN}'
CROSS JOIN series ON series.id = s.series WHERE {_DUE}
"""  # noqa: S608 - constants
_POINTS: Final = "SELECT time, value FROM point WHERE series = ? AND time >= ? AND time < ? ORDER BY time"
#: The ends of a row, and its runs where there are several.
ENDS: Final = f"""coalesce({{r}}.first_time, {{r}}.minute * {MINUTE_MS}), {{r}}.first,
    coalesce({{r}}.last_time, ({{r}}.minute + 1) * {MINUTE_MS} - 1), {{r}}.last,
    CASE WHEN {{r}}.area IS NULL THEN {{r}}.rise END, {{r}}.runs"""
_RUNS: Final = f"SELECT {ENDS.format(r='rollup')} FROM rollup WHERE series = ? AND minute >= ? AND minute < ?"  # noqa: S608
_OLD_MINUTES: Final = """
SELECT minute FROM rollup WHERE series = ? AND minute >= ? ORDER BY minute LIMIT ?
"""

Ends = tuple[int, float, int, float, float | None, str | None]


def roll_up(connection: sqlite3.Connection, limit: int) -> int:
    """Bring up to `limit` stale minutes, and the hours they lie in, up to date; how many minutes were.

    An hour of which other minutes are still stale is made anew with those. Where none is stale, rollups of
    another version are made anew.
    """
    row = connection.execute(_LAST_OF_STEP, {"limit": limit}).fetchone()
    if row is None:
        return _rebuild(connection, limit)
    series, minute, count = row
    _make_anew(connection, 0, series, minute)
    return int(count)


def roll_up_series(connection: sqlite3.Connection, series: int, before_minute: int) -> None:
    """Bring the minutes of one series before `before_minute`, and their hours, up to date."""
    _make_anew(connection, series, series, before_minute - 1)


def _make_anew(connection: sqlite3.Connection, lowest: int, series: int, minute: int) -> None:
    due = {"lowest": lowest, "series": series, "minute": minute}
    connection.execute(_MINUTES, due)
    for broken, at, quantity in connection.execute(_BROKEN_MINUTES, due).fetchall():
        readings = connection.execute(_POINTS, (broken, at * MINUTE_MS, (at + 1) * MINUTE_MS)).fetchall()
        runs = runs_of(readings, COUNTERS[quantity].small)
        _keep_runs(connection, "UPDATE rollup SET runs = ? WHERE series = ? AND minute = ?", runs, broken, at)
    connection.execute(_HOURS, due)
    for broken, at, quantity in connection.execute(_BROKEN_HOURS, due).fetchall():
        runs = []
        if quantity in COUNTERS:
            growth = COUNTERS[quantity]
            rows = connection.execute(_RUNS, (broken, at * 60, (at + 1) * 60)).fetchall()
            runs = joined((runs_of_row(row, growth) for row in rows), growth.small)
        _keep_runs(
            connection, "UPDATE rollup_hour SET runs = ? WHERE series = ? AND hour = ?", runs, broken, at
        )
    connection.execute(_NO_LONGER_STALE, due)


def _keep_runs(connection: sqlite3.Connection, update: str, runs: list[Run], series: int, at: int) -> None:
    connection.execute(update, (json.dumps(runs) if len(runs) > 1 else None, series, at))


def runs_of_row(row: Ends, growth: Growth) -> list[Run]:
    """The runs of a rollup's row as `ENDS` gives it."""
    first_time, first, last_time, last, rise, runs = row
    if runs:
        return [Run(*run) for run in json.loads(runs)]
    if rise is not None and not _one_run(row, growth):
        return [Run(first_time, first, first_time, first), Run(last_time, last, last_time, last)]
    return [Run(first_time, first, last_time, last)]


def _one_run(row: Ends, growth: Growth) -> bool:
    """Whether a row of another version has no step down in it, and none that cannot have been real."""
    first_time, first, last_time, last, rise, _ = row
    grown = last - first
    return (
        rise is not None
        and grown >= 0
        and abs(rise - grown) <= 1e-6 * max(1.0, abs(last))
        and growth.allows(grown, last_time - first_time)
    )


def _rebuild(connection: sqlite3.Connection, limit: int) -> int:
    """Make up to `limit` minutes of another version's rollups anew, with their hours; how many."""
    row = connection.execute("SELECT series, minute FROM rebuild ORDER BY series LIMIT 1").fetchone()
    if row is None:
        return 0
    series, since = row
    minutes = [minute for (minute,) in connection.execute(_OLD_MINUTES, (series, since, limit))]
    if len(minutes) < limit:
        connection.execute("DELETE FROM rebuild WHERE series = ?", (series,))
    else:
        connection.execute("UPDATE rebuild SET minute = ? WHERE series = ?", (minutes[-1] + 1, series))
    if minutes:
        marks = [(series, minute) for minute in minutes]
        connection.executemany("INSERT OR IGNORE INTO stale (series, minute) VALUES (?, ?)", marks)
        _make_anew(connection, series, series, minutes[-1])
    return max(1, len(minutes))


def more_than(connection: sqlite3.Connection, minutes: int) -> bool:
    """Whether more than so many minutes are stale."""
    return connection.execute("SELECT 1 FROM stale LIMIT 1 OFFSET ?", (minutes,)).fetchone() is not None
