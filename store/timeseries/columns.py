"""From many small blocks to a few long columns, so that what follows runs at the speed of list slices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from store.timeseries.contract import Block


def merge(blocks: Iterable[Block]) -> list[Block]:
    """The same readings in the order they came, in one block per (site, device, set of quantities).

    Lists of the result belong to it alone: the blocks given are not changed.
    """
    merged: dict[tuple[str, str, tuple[str, ...]], tuple[list[int], dict[str, list[float | None]]]] = {}
    for block in blocks:
        key = (block.site, block.device, tuple(block.values))
        if key not in merged:
            columns = {quantity: list(column) for quantity, column in block.values.items()}
            merged[key] = (list(block.time), columns)
            continue
        time, columns = merged[key]
        time.extend(block.time)
        for quantity, column in block.values.items():
            columns[quantity].extend(column)
    return [Block(site, device, *columns) for (site, device, _), columns in merged.items()]


def by_quantity(blocks: Iterable[Block]) -> dict[str, list[float | None]]:
    """All values of each quantity in one new list, whatever device and time they belong to."""
    gathered: dict[str, list[float | None]] = {}
    for block in blocks:
        for quantity, column in block.values.items():
            if quantity in gathered:
                gathered[quantity].extend(column)
            else:
                gathered[quantity] = list(column)
    return gathered


def readings(gathered: Mapping[str, Sequence[float | None]]) -> int:
    """How many values the columns hold, nulls not counted."""
    return sum(len(column) - column.count(None) for column in gathered.values())
