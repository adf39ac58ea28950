"""From blocks to rows: which series they belong to, which minutes they make stale, which come too late."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Final

from store.sqlite import Cell, insert_rows
from store.timeseries import columns
from store.timeseries.contract import Block, Differences, Differing
from store.timeseries.sqlite.retention import closed_minutes
from wire.durations import MINUTE_MS

_INSERT_POINT: Final = "INSERT OR IGNORE INTO point (series, time, value)"
_INSERT_STALE: Final = "INSERT OR IGNORE INTO stale (series, minute)"
_BETWEEN: Final = "SELECT time, value FROM point WHERE series = ? AND time BETWEEN ? AND ?"
_NAMES: Final = "SELECT site, device, quantity FROM series WHERE id = ?"
_SERIES_ID: Final = "SELECT id FROM series WHERE site = ? AND device = ? AND quantity = ?"
#: Rows in hand before they are inserted, so that what was just gathered is still in the processor's cache.
#: A power of two, as `insert_rows` makes of so many one statement.
_ROWS: Final = 8192

Series = tuple[str, str, str]
_Device = tuple[str, str, tuple[str, ...]]
_Columns = Mapping[str, Sequence[float | None]]


@dataclass(slots=True)
class SeriesIds:
    """The ids of each device's quantities as they were after so many erasures; another erasure, by whichever
    process, ends them."""

    erasures: int = -1
    ids: dict[_Device, list[int]] = field(default_factory=dict)


class Step:
    """What one transaction writes. `found`: ids to be remembered once it is committed."""

    def __init__(self, connection: sqlite3.Connection, known: SeriesIds, differences: Differences) -> None:
        row = connection.execute("SELECT raw_before, erasures FROM reached").fetchone()
        self._connection = connection
        self._raw_before: int = row[0]
        self.known = known if known.erasures == row[1] else SeriesIds(row[1])
        self.found: dict[_Device, list[int]] = {}
        self._differences = differences
        self.readings = 0
        self.too_late = 0
        self._series: list[int] = []
        self._time: list[int] = []
        self._values: list[float | None] = []
        self._stale: list[Cell] = []

    def write(self, blocks: Sequence[Block], position: int) -> None:
        """Add the rows of `blocks` and move the position forward."""
        for block in columns.merged(blocks):
            if not block.time:
                continue
            late = min(block.time) < self._raw_before
            if late or any(None in column for column in block.values.values()):
                self._sift(block, late=late)
            else:
                self._lay_out(block.site, block.device, block.time, block.values)
            if len(self._series) >= _ROWS:
                self._insert(len(self._series) // _ROWS * _ROWS)
        self._insert(len(self._series))
        insert_rows(self._connection, _INSERT_STALE, 2, self._stale)
        self._connection.execute("UPDATE reached SET position = max(position, ?)", (position,))

    def _sift(self, block: Block, *, late: bool) -> None:
        """Lay out each column without its nulls and without what comes too late."""
        for quantity, column in block.values.items():
            rows = [(at, value) for at, value in zip(block.time, column, strict=True) if value is not None]
            if late and rows:
                rows = self._without_closed((block.site, block.device, quantity), rows)
            if rows:
                time, values = zip(*rows, strict=True)
                self._lay_out(block.site, block.device, time, {quantity: values})

    def _without_closed(self, series: Series, rows: list[tuple[int, float]]) -> list[tuple[int, float]]:
        known = known_series(self._connection, series)
        if known is None:
            return rows
        closed = closed_minutes(self._connection, known, min(rows)[0], max(rows)[0])
        kept = [row for row in rows if row[0] // MINUTE_MS not in closed]
        self.too_late += len(rows) - len(kept)
        return kept

    def _lay_out(self, site: str, device: str, time: Sequence[int], values: _Columns) -> None:
        """Take in columns without nulls."""
        ids = self._ids((site, device, tuple(values)))
        for series, column in zip(ids, values.values(), strict=True):
            self._series.extend(repeat(series, len(time)))
            self._time += time
            self._values += column
        self.readings += len(time) * len(ids)
        for minute in {at // MINUTE_MS for at in time}:
            for series in ids:
                self._stale += (series, minute)

    def _insert(self, rows: int) -> None:
        """The first `rows` of those taken in, as cells end to end."""
        cells: list[Cell] = [None] * (3 * rows)
        cells[0::3], cells[1::3], cells[2::3] = self._series[:rows], self._time[:rows], self._values[:rows]
        before = self._connection.total_changes
        insert_rows(self._connection, _INSERT_POINT, 3, cells)
        if self._connection.total_changes - before < rows:
            self._compare(rows)
        del self._series[:rows], self._time[:rows], self._values[:rows]

    def _compare(self, rows: int) -> None:
        """Some of the first `rows` were there: a repeat, or other values."""
        came: defaultdict[int, list[tuple[int, float | None]]] = defaultdict(list)
        for series, time, value in zip(
            self._series[:rows], self._time[:rows], self._values[:rows], strict=True
        ):
            came[series].append((time, value))
        for series, readings in came.items():
            span = (series, min(readings)[0], max(readings)[0])
            kept = dict(self._connection.execute(_BETWEEN, span).fetchall())
            other = [(time, value) for time, value in readings if value is not None and kept[time] != value]
            if other:
                site, device, quantity = self._connection.execute(_NAMES, (series,)).fetchone()
                for time, value in other:
                    self._differences.add(Differing(site, device, quantity, time, kept[time], value))

    def _ids(self, device: _Device) -> list[int]:
        ids = self.known.ids.get(device) or self.found.get(device)
        if ids is None:
            ids = [_series_id(self._connection, (*device[:2], quantity)) for quantity in device[2]]
            self.found[device] = ids
        return ids


def _series_id(connection: sqlite3.Connection, series: Series) -> int:
    connection.execute("INSERT OR IGNORE INTO series (site, device, quantity) VALUES (?, ?, ?)", series)
    return int(connection.execute(_SERIES_ID, series).fetchone()[0])


def known_series(connection: sqlite3.Connection, series: Series) -> int | None:
    """The id of a series, None for one nobody has heard of."""
    row = connection.execute(_SERIES_ID, series).fetchone()
    return int(row[0]) if row else None
