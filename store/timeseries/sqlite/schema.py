"""The tables of the time series in SQLite."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from store.errors import StoreError

#: The version of these tables, as `PRAGMA user_version`. 2: times of first and last, area, covered, runs.
VERSION: Final = 2
#: What version 2 added to both rollups.
ADDED: Final = (
    "first_time INTEGER", "last_time INTEGER", "area REAL", "covered INTEGER", "runs TEXT",
)  # fmt: skip
#: One row a bucket. `area` is the sum of each reading times the ms it holds within the bucket until the next
#: one there, `covered` the sum of those ms. `runs`: those of a counter (store.timeseries.counter) as JSON
#: `[first_time, first, last_time, last], …`; null for one run, whose ends the row has. Of what version 1 made
#: and of which the readings are gone, these are null; there `rise` is the sum of the steps between readings,
#: a step down as the new value.
_ROLLUP: Final = """CREATE TABLE IF NOT EXISTS {table} (
    series INTEGER NOT NULL, {bucket} INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
    total REAL NOT NULL, readings INTEGER NOT NULL, first REAL NOT NULL, last REAL NOT NULL,
    rise REAL NOT NULL, first_time INTEGER, last_time INTEGER, area REAL, covered INTEGER, runs TEXT,
    PRIMARY KEY (series, {bucket})) WITHOUT ROWID"""

#: `point` has no rowid: the key is the table, 20 to 25 bytes a reading (measured 24.7 with pages half split).
#: `stale` names the minutes whose rollup does not hold, and with it that of their hours: marked in the
#: transaction that adds the points. In `reached`, `position` is the log's, `raw_before` how far readings have
#: been forgotten, and `erasures` counts the times that ids of series lost their meaning. `rebuild`: the
#: series whose rollups another version made, and from which minute on they still are as it made them.
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
    "rebuild": """CREATE TABLE IF NOT EXISTS rebuild (
        series INTEGER PRIMARY KEY, minute INTEGER NOT NULL)""",
    "reached": """CREATE TABLE IF NOT EXISTS reached (
        id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL,
        raw_before INTEGER NOT NULL DEFAULT 0, erasures INTEGER NOT NULL DEFAULT 0)""",
}
SCHEMA: Final = (*TABLES.values(), "INSERT OR IGNORE INTO reached (id, position) VALUES (1, 0)")


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Give the rollups of an older version the columns of this one, which takes no time; `roll_up` makes them
    anew, step by step. Raises StoreError where a newer version has been at the file."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise StoreError(f"{path} was made by a newer version (its tables are {version}): start that version")
    if version == VERSION:
        return
    there = {column for (column,) in connection.execute("SELECT name FROM pragma_table_info('rollup')")}
    if "area" not in there:
        for table in ("rollup", "rollup_hour"):
            for column in ADDED:
                connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
        connection.execute("INSERT OR REPLACE INTO rebuild (series, minute) SELECT id, 0 FROM series")
    connection.execute(f"PRAGMA user_version = {VERSION}")
