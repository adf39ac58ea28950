"""What the time series in SQLite lets go: old readings, old rollups, whole sites. In short steps, so that the
writer gets its turn in between.

A minute goes whole: all of its readings at once, after its rollup has been made. So a minute has all of its
readings or none, and one that has a rollup and no readings is closed: it takes no more of them.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from store.sqlite import Database
from store.timeseries.sqlite import rollup
from wire.durations import HOUR_MS, MINUTE_MS

#: Rows deleted in one transaction, which takes some 20 ms. A minute's readings are not divided.
STEP_ROWS: Final = 5_000
_BEYOND: Final = 1 << 62

#: What belongs to a series, by what it is ordered.
_ORDER: Final = {"point": "time", "rollup": "minute", "rollup_hour": "hour", "stale": "minute"}
_SERIES: Final = "SELECT id FROM series"
_SERIES_OF_SITE: Final = "SELECT id FROM series WHERE site = ?"
_OLDEST_AND_NEWEST: Final = (
    "SELECT (SELECT min(time) FROM point WHERE series = :series), "
    "(SELECT max(time) FROM point WHERE series = :series)"
)
_CLOSED: Final = f"""
SELECT minute FROM rollup AS r WHERE series = ? AND minute >= ? AND minute <= ? AND NOT EXISTS (
    SELECT 1 FROM point WHERE series = r.series AND time >= r.minute * {MINUTE_MS}
                          AND time < (r.minute + 1) * {MINUTE_MS})
"""  # noqa: S608 - a constant


def forget(database: Database, raw_before: int, rollups_before: int) -> int:
    """Delete readings before `raw_before` and rollups before `rollups_before` (UTC ms); how many readings.

    Rounded down, to a minute and an hour. The newest minute of each series stays, so that `latest` can say
    since when it is silent, and a rollup stays as long as the readings beneath it.
    """
    with database.write() as connection:
        connection.execute("UPDATE reached SET raw_before = max(raw_before, ?)", (raw_before,))
    with database.read() as connection:
        every = [series for (series,) in connection.execute(_SERIES)]
    gone = 0
    for series in every:
        oldest, newest = _oldest_and_newest(database, series)
        if oldest < raw_before:
            gone += _forget_readings(database, series, min(raw_before, newest))
            oldest, _ = _oldest_and_newest(database, series)
        hour = min(rollups_before, oldest) // HOUR_MS
        _delete(database, "rollup", series, hour * HOUR_MS // MINUTE_MS)
        _delete(database, "rollup_hour", series, hour)
    return gone


def _oldest_and_newest(database: Database, series: int) -> tuple[int, int]:
    with database.read() as connection:
        oldest, newest = connection.execute(_OLDEST_AND_NEWEST, {"series": series}).fetchone()
    return (_BEYOND, _BEYOND) if oldest is None else (oldest, newest)


def _forget_readings(database: Database, series: int, before: int) -> int:
    """Each step in one transaction: what is not rolled up yet, then the readings."""
    before -= before % MINUTE_MS
    gone = 0
    while (until := _step_end(database, "point", series, before)) is not None:
        until = min(before, until - until % MINUTE_MS + MINUTE_MS)
        with database.write() as connection:
            rollup.roll_up_series(connection, series, until // MINUTE_MS)
            cursor = connection.execute("DELETE FROM point WHERE series = ? AND time < ?", (series, until))
            gone += cursor.rowcount
    return gone


def _delete(database: Database, table: str, series: int, before: int) -> None:
    while (until := _step_end(database, table, series, before)) is not None:
        with database.write() as connection:
            connection.execute(
                f"DELETE FROM {table} WHERE series = ? AND {_ORDER[table]} < ?",  # noqa: S608 - our own table
                (series, until),
            )


def _step_end(database: Database, table: str, series: int, before: int) -> int | None:
    """Up to where a step shall go; None when nothing is left to delete.

    It is looked up outside of the transaction that deletes: between two of those, others can write.
    """
    column = _ORDER[table]
    rows = (
        f"SELECT {column} FROM {table} WHERE series = ? AND {column} < ? ORDER BY {column} LIMIT 1 OFFSET ?"  # noqa: S608
    )
    with database.read() as connection:
        if connection.execute(rows, (series, before, 0)).fetchone() is None:
            return None
        step = connection.execute(rows, (series, before, STEP_ROWS)).fetchone()
    return int(step[0]) if step else before


def erase(database: Database, site: str) -> None:
    """Delete everything of a site. What is written meanwhile goes with it; what is written after is new."""
    with database.read() as connection:
        ids = [series for (series,) in connection.execute(_SERIES_OF_SITE, (site,))]
    for series in ids:
        for table in _ORDER:
            _delete(database, table, series, _BEYOND)
    with database.write() as connection:
        for table in _ORDER:
            connection.execute(f"DELETE FROM {table} WHERE series IN ({_SERIES_OF_SITE})", (site,))  # noqa: S608
        connection.execute(f"DELETE FROM rebuild WHERE series IN ({_SERIES_OF_SITE})", (site,))  # noqa: S608
        connection.execute("DELETE FROM series WHERE site = ?", (site,))
        connection.execute("UPDATE reached SET erasures = erasures + 1")


def closed_minutes(connection: sqlite3.Connection, series: int, first_ms: int, last_ms: int) -> set[int]:
    """The minutes between two times (UTC ms, both inside) whose readings are forgotten and whose rollup is
    kept: a late reading there would spoil it, or count twice when it comes again."""
    rows = connection.execute(_CLOSED, (series, first_ms // MINUTE_MS, last_ms // MINUTE_MS))
    return {minute for (minute,) in rows}
