"""From many small blocks to a few long columns, so that what follows runs at the speed of list slices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from store.timeseries.contract import Block


def merge(blocks: Iterable[Block]) -> list[Block]:
    """See `merged`."""
    return list(merged(blocks))


def merged(blocks: Iterable[Block]) -> Iterator[Block]:
    """The same readings in the order they came, in one block per (site, device, set of quantities).

    The blocks given are not changed; one that is alone of its kind is in the result as it is.
    """
    alike: dict[tuple[str, str, tuple[str, ...]], list[Block]] = {}
    for block in blocks:
        alike.setdefault((block.site, block.device, tuple(block.values)), []).append(block)
    for group in alike.values():
        yield group[0] if len(group) == 1 else _joined(group)


def _joined(blocks: list[Block]) -> Block:
    """All have the same quantities in the same order, so their columns are met in the same order too."""
    first, *rest = blocks
    time = list(first.time)
    columns = {quantity: list(column) for quantity, column in first.values.items()}
    extend = [column.extend for column in columns.values()]
    for block in rest:
        time.extend(block.time)
        for add, column in zip(extend, block.values.values(), strict=True):
            add(column)
    return Block(first.site, first.device, time, columns)


def readings_of(blocks: Iterable[Block]) -> int:
    """How many values the blocks hold, nulls not counted."""
    return sum(len(column) - column.count(None) for block in blocks for column in block.values.values())
