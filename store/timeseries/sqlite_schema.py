"""The tables of the time series in SQLite."""

from __future__ import annotations

from typing import Final

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000

#: One row a bucket. `rise` is the sum of the steps between its readings (a step down counts as the new
#: value), so that the increase of several buckets is their rises and the steps from each `last` to the next
#: `first`.
_ROLLUP: Final = """CREATE TABLE IF NOT EXISTS {table} (
    series INTEGER NOT NULL, {bucket} INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
    total REAL NOT NULL, readings INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL,
    rise REAL NOT NULL, PRIMARY KEY (series, {bucket})) WITHOUT ROWID"""

#: `point` has no rowid: the key is the table, 20 to 25 bytes a reading (measured 24.7 with pages half split).
#: `stale` names the minutes whose rollup does not hold, and with it that of their hours: marked in the
#: transaction that adds the points. In `reached`, `position` is the log's, `raw_before` how far readings have
#: been forgotten, and `erasures` counts the times that ids of series lost their meaning.
TABLES: Final = {
    "series": """CREATE TABLE IF NOT EXISTS series (
        id INTEGER PRIMARY KEY, site TEXT NOT NULL, device TEXT NOT NULL, quantity TEXT NOT NULL,
        UNIQUE (site, device, quantity))""",
    "point": """CREATE TABLE IF NOT EXISTS point (
        series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL NOT NULL,
        PRIMARY KEY (series, time)) WITHOUT ROWID""",
    "rollup": _ROLLUP.format(table="rollup", bucket="minute"),
    "rollup_hour": _ROLLUP.format(table="rollup_hour", bucket="hour"),
    "stale": """CREATE TABLE IF NOT EXISTS stale (
        series INTEGER NOT NULL, minute INTEGER NOT NULL, PRIMARY KEY (series, minute)) WITHOUT ROWID""",
    "reached": """CREATE TABLE IF NOT EXISTS reached (
        id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL,
        raw_before INTEGER NOT NULL DEFAULT 0, erasures INTEGER NOT NULL DEFAULT 0)""",
}
SCHEMA: Final = (*TABLES.values(), "INSERT OR IGNORE INTO reached (id, position) VALUES (1, 0)")
