"""The tables of the time series in SQLite."""

from __future__ import annotations

from typing import Final

MINUTE_MS: Final = 60_000

#: `point` has no rowid: the key is the table, 20 to 25 bytes a reading (measured 24.7 with pages half split).
#: `stale` names the minutes whose rollup does not hold: marked in the transaction that adds the points.
SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS series (
        id INTEGER PRIMARY KEY, site TEXT NOT NULL, device TEXT NOT NULL, quantity TEXT NOT NULL,
        UNIQUE (site, device, quantity))""",
    """CREATE TABLE IF NOT EXISTS point (
        series INTEGER NOT NULL, time INTEGER NOT NULL, value REAL NOT NULL,
        PRIMARY KEY (series, time)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS rollup (
        series INTEGER NOT NULL, minute INTEGER NOT NULL, low REAL NOT NULL, high REAL NOT NULL,
        total REAL NOT NULL, readings INTEGER NOT NULL, last REAL NOT NULL,
        PRIMARY KEY (series, minute)) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS stale (
        series INTEGER NOT NULL, minute INTEGER NOT NULL, PRIMARY KEY (series, minute)) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS reached (id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL)",
    "INSERT OR IGNORE INTO reached VALUES (1, 0)",
)
