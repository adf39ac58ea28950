"""From blocks to rows: which series they belong to, which minutes they make stale, which come too late."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from store.sqlite import Cell, insert_rows
from store.timeseries import columns
from store.timeseries.contract import Block
from store.timeseries.sqlite_retention import closed_minutes
from store.timeseries.sqlite_schema import MINUTE_MS

_INSERT_POINT: Final = "INSERT OR IGNORE INTO point (series, time, value)"
_INSERT_STALE: Final = "INSERT OR IGNORE INTO stale (series, minute)"
_SERIES_ID: Final = "SELECT id FROM series WHERE site = ? AND device = ? AND quantity = ?"

Series = tuple[str, str, str]


@dataclass(slots=True)
class SeriesIds:
    """Ids of series as they were after so many erasures; another erasure, by whichever process, ends them."""

    erasures: int = -1
    ids: dict[Series, int] = field(default_factory=dict)


class Step:
    """What one transaction writes. `found`: ids to be remembered once it is committed."""

    def __init__(self, connection: sqlite3.Connection, known: SeriesIds) -> None:
        row = connection.execute("SELECT raw_before, erasures FROM reached").fetchone()
        self._connection = connection
        self._raw_before: int = row[0]
        self.known = known if known.erasures == row[1] else SeriesIds(row[1])
        self.found: dict[Series, int] = {}
        self.readings = 0
        self.too_late = 0
        self._points: list[Cell] = []
        self._stale: list[Cell] = []

    def write(self, blocks: Sequence[Block], position: int) -> None:
        """Add the rows of `blocks` and move the position forward."""
        for block in columns.merge(blocks):
            if block.time:
                self._lay_out(block)
        insert_rows(self._connection, _INSERT_POINT, 3, self._points)
        insert_rows(self._connection, _INSERT_STALE, 2, self._stale)
        self._connection.execute("UPDATE reached SET position = max(position, ?)", (position,))

    def _lay_out(self, block: Block) -> None:
        minutes = {time // MINUTE_MS for time in block.time}
        may_be_closed = min(minutes) * MINUTE_MS < self._raw_before
        for quantity, column in block.values.items():
            time, values = _without_nulls(block.time, column)
            if not values:
                continue
            self.readings += len(values)
            series = self._id((block.site, block.device, quantity))
            open_minutes = minutes
            if may_be_closed:
                time, values, open_minutes = self._without_closed(series, time, values)
            self._points += _rows(series, time, values)
            for minute in open_minutes:
                self._stale += (series, minute)

    def _id(self, series: Series) -> int:
        known = self.known.ids.get(series) or self.found.get(series)
        if known is None:
            known = self.found[series] = _series_id(self._connection, series)
        return known

    def _without_closed(
        self, series: int, time: Sequence[int], values: Sequence[float]
    ) -> tuple[Sequence[int], Sequence[float], set[int]]:
        """The readings whose minutes take some yet, and those minutes."""
        closed = closed_minutes(self._connection, series, min(time), max(time))
        kept = [pair for pair in zip(time, values, strict=True) if pair[0] // MINUTE_MS not in closed]
        self.too_late += len(time) - len(kept)
        return [at for at, _ in kept], [value for _, value in kept], {at // MINUTE_MS for at, _ in kept}


def _without_nulls(
    time: Sequence[int], values: Sequence[float | None]
) -> tuple[Sequence[int], Sequence[float]]:
    if None not in values:
        return time, values  # type: ignore[return-value]  # no null among them
    kept = [(at, value) for at, value in zip(time, values, strict=True) if value is not None]
    return [at for at, _ in kept], [value for _, value in kept]


def _rows(series: int, time: Sequence[int], values: Sequence[float]) -> list[Cell]:
    """(series, time, value) end to end."""
    cells: list[Cell] = [series] * (3 * len(values))
    cells[1::3] = time
    cells[2::3] = values
    return cells


def _series_id(connection: sqlite3.Connection, series: Series) -> int:
    connection.execute("INSERT OR IGNORE INTO series (site, device, quantity) VALUES (?, ?, ?)", series)
    found = known_series(connection, series)
    if found is None:
        raise sqlite3.DatabaseError(f"series {series} was added and is not there")
    return found


def known_series(connection: sqlite3.Connection, series: Series) -> int | None:
    """The id of a series, None for one nobody has heard of."""
    row = connection.execute(_SERIES_ID, series).fetchone()
    return int(row[0]) if row else None
