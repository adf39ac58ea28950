"""From many small blocks to a few long columns, so that what follows runs at the speed of list slices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from store.sqlite import Cell
from store.timeseries.contract import Block
from store.timeseries.sqlite_schema import MINUTE_MS


@dataclass(slots=True)
class Columns:
    """What one device sent with the same quantities: `time` and each of `values` have the same length."""

    site: str
    device: str
    quantities: tuple[str, ...]
    time: list[int]
    values: list[list[float | None]]

    def minutes(self) -> set[int]:
        """The minutes since 1970 that have a reading here."""
        return {time // MINUTE_MS for time in self.time}


def merge(blocks: Iterable[Block]) -> list[Columns]:
    """The same readings, in the order they came, in one `Columns` per (site, device, set of quantities)."""
    merged: dict[tuple[str, str, tuple[str, ...]], Columns] = {}
    for block in blocks:
        key = (block.site, block.device, tuple(block.values))
        columns = merged.get(key)
        if columns is None:
            merged[key] = Columns(*key, list(block.time), [list(column) for column in block.values.values()])
            continue
        columns.time += block.time
        for column, more in zip(columns.values, block.values.values(), strict=True):
            column.extend(more)
    return list(merged.values())


def cells(series: int, time: Sequence[int], values: Sequence[float | None]) -> list[Cell]:
    """(series, time, value) end to end, without the nulls."""
    if None in values:
        kept = [(at, value) for at, value in zip(time, values, strict=True) if value is not None]
        time, values = [at for at, _ in kept], [value for _, value in kept]
    laid: list[Cell] = [series] * (3 * len(values))
    laid[1::3] = time
    laid[2::3] = values
    return laid
