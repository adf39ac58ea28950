"""The time series in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from store.sqlite import Cell, Database, insert_rows
from store.timeseries import columns, sqlite_rollup
from store.timeseries.contract import Aggregate, Block, Latest, Window
from store.timeseries.sqlite_schema import MINUTE_MS, SCHEMA

_INSERT_POINT: Final = "INSERT OR IGNORE INTO point (series, time, value)"
_INSERT_STALE: Final = "INSERT OR IGNORE INTO stale (series, minute)"
_SERIES_ID: Final = "SELECT id FROM series WHERE site = ? AND device = ? AND quantity = ?"
#: One step to the end of each series: the newest is looked up, not kept, so late data cannot spoil it.
_LATEST: Final = """
SELECT device, quantity, time, value FROM series CROSS JOIN point
  ON point.series = series.id AND time = (SELECT max(time) FROM point WHERE point.series = series.id)
WHERE site = ?
"""

_Series = tuple[str, str, str]


class SqliteTimeSeries:
    """`store.timeseries.contract.TimeSeries` on SQLite (WAL, synchronous=NORMAL: the log fills it anew).

    The first value of a (site, device, quantity, time) stands: a repeat changes nothing, whatever it says.
    Raises StoreError where the disk will not.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, SCHEMA, "NORMAL")
        self._ids: dict[_Series, int] = {}

    def write(self, blocks: Sequence[Block], position: int) -> int:
        """See the contract. A position before the one already reached does not take it back."""
        merged = columns.merge(blocks)
        found: dict[_Series, int] = {}
        with self._database.write() as connection:
            points: list[Cell] = []
            stale: list[Cell] = []
            for block in merged:
                self._lay_out(connection, block, found, points, stale)
            insert_rows(connection, _INSERT_POINT, 3, points)
            insert_rows(connection, _INSERT_STALE, 2, stale)
            connection.execute("UPDATE reached SET position = max(position, ?)", (position,))
        self._ids.update(found)
        return len(points) // 3

    def _lay_out(
        self,
        connection: sqlite3.Connection,
        block: Block,
        found: dict[_Series, int],
        points: list[Cell],
        stale: list[Cell],
    ) -> None:
        """Add the rows of `block` to `points` and `stale`, and series new to us to `found`."""
        minutes = {time // MINUTE_MS for time in block.time}
        for quantity, column in block.values.items():
            key = (block.site, block.device, quantity)
            series = self._ids.get(key) or found.get(key)
            if series is None:
                series = found[key] = _series_id(connection, key)
            points += _rows(series, block.time, column)
            for minute in minutes:
                stale += (series, minute)

    def position(self) -> int:
        """See the contract."""
        with self._database.read() as connection:
            return int(connection.execute("SELECT position FROM reached").fetchone()[0])

    def latest(self, site: str) -> dict[tuple[str, str], Latest]:
        """See the contract."""
        with self._database.read() as connection:
            rows = connection.execute(_LATEST, (site,)).fetchall()
        return {(device, quantity): Latest(time, value) for device, quantity, time, value in rows}

    def raw(
        self, site: str, device: str, quantity: str, start: int, end: int
    ) -> tuple[list[int], list[float]]:
        """See the contract."""
        with self._database.read() as connection:
            series = _known_series(connection, (site, device, quantity))
            rows = connection.execute(
                "SELECT time, value FROM point WHERE series = ? AND time >= ? AND time < ? ORDER BY time",
                (series, start, end),
            ).fetchall()
        return [time for time, _ in rows], [value for _, value in rows]

    def window(
        self,
        site: str,
        device: str,
        quantity: str,
        start: int,
        end: int,
        step_ms: int,
        aggregates: Sequence[Aggregate],
    ) -> Window:
        """See the contract, and `sqlite_rollup.window` for bounds."""
        with self._database.read() as connection:
            series = _known_series(connection, (site, device, quantity))
            return sqlite_rollup.window(connection, series, start, end, step_ms, aggregates)

    def roll_up(self, limit: int) -> int:
        """See the contract."""
        with self._database.write() as connection:
            return sqlite_rollup.roll_up(connection, limit)

    def close(self) -> None:
        """See the contract."""
        self._database.close()


def _rows(series: int, time: Sequence[int], values: Sequence[float | None]) -> list[Cell]:
    """(series, time, value) end to end, without the nulls."""
    if None in values:
        kept = [(at, value) for at, value in zip(time, values, strict=True) if value is not None]
        time, values = [at for at, _ in kept], [value for _, value in kept]
    cells: list[Cell] = [series] * (3 * len(values))
    cells[1::3] = time
    cells[2::3] = values
    return cells


def _series_id(connection: sqlite3.Connection, series: _Series) -> int:
    connection.execute("INSERT OR IGNORE INTO series (site, device, quantity) VALUES (?, ?, ?)", series)
    return int(connection.execute(_SERIES_ID, series).fetchone()[0])


def _known_series(connection: sqlite3.Connection, series: _Series) -> int | None:
    row = connection.execute(_SERIES_ID, series).fetchone()
    return int(row[0]) if row else None
