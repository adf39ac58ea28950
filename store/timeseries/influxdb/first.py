"""The first value of a moment stands, in a store that would keep the last one.

What is newer than all that is known of its device cannot meet anything there; that is nearly everything, and
costs nothing. The rest is looked up before it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from store.timeseries.contract import Block, Differences, Differing

_Values = list[float | None]


class Raw(Protocol):
    """As `TimeSeries.raw`."""

    def __call__(
        self, site: str, device: str, quantity: str, start: int, end: int
    ) -> tuple[list[int], list[float]]: ...


class First:
    """Remembers the newest time of each series. `newest` (of a device) and `raw` ask the server."""

    def __init__(self, newest: Callable[[str, str], int | None], raw: Raw) -> None:
        self._ask = newest
        self._raw = raw
        self._of_device: dict[tuple[str, str], int] = {}
        self._of_series: dict[tuple[str, str, str], int] = {}

    def forget(self) -> None:
        """Something was deleted."""
        self._of_device.clear()
        self._of_series.clear()

    def only_new(self, blocks: Sequence[Block], differences: Differences) -> list[Block]:
        """The blocks without what is there already, nulls in its place. Those given are not changed."""
        made: dict[tuple[str, str], list[Block]] = {}
        for block in blocks:
            if block.time and block.values:
                earlier = made.setdefault((block.site, block.device), [])
                newest = self._newest(block)
                meets = self._may_meet(block, newest, earlier)
                earlier.append(self._without_known(block, newest, earlier, differences) if meets else block)
        found = [block for several in made.values() for block in several]
        for block in found:
            last = max(block.time)
            for quantity in block.values:
                series = (block.site, block.device, quantity)
                self._of_series[series] = max(self._of_series.get(series, last), last)
        return found

    def _newest(self, block: Block) -> int:
        """The newest time known of any of its series, -1 for none."""
        device = (block.site, block.device)
        if device not in self._of_device:
            newest = self._ask(*device)
            self._of_device[device] = -1 if newest is None else newest
        at_first = self._of_device[device]
        return max(self._of_series.get((*device, quantity), at_first) for quantity in block.values)

    def _may_meet(self, block: Block, newest: int, earlier: Sequence[Block]) -> bool:
        if min(block.time) <= newest:
            return True
        times = set(block.time)
        if len(times) < len(block.time):
            return True
        return any(
            not block.values.keys().isdisjoint(other.values) and not times.isdisjoint(other.time)
            for other in earlier
        )

    def _without_known(
        self, block: Block, newest: int, earlier: Sequence[Block], differences: Differences
    ) -> Block:
        first, last = min(block.time), min(max(block.time), newest)
        values: dict[str, _Values] = {}
        for quantity, column in block.values.items():
            known: dict[int, float] = {}
            if first <= last:
                times, stored = self._raw(block.site, block.device, quantity, first, last + 1)
                known = dict(zip(times, stored, strict=True))
            for other in earlier:
                for at, value in zip(other.time, other.values.get(quantity, ()), strict=False):
                    if value is not None:
                        known.setdefault(at, value)
            values[quantity] = _fresh(block, quantity, column, known, differences)
        return Block(block.site, block.device, block.time, values)


def _fresh(
    block: Block, quantity: str, column: Sequence[float | None], known: dict[int, float], told: Differences
) -> _Values:
    """The column without what is known; what it brings is known after it."""
    kept: _Values = []
    for at, value in zip(block.time, column, strict=True):
        if value is None or at not in known:
            kept.append(value)
            if value is not None:
                known[at] = value
            continue
        kept.append(None)
        if known[at] != value:
            told.add(Differing(block.site, block.device, quantity, at, known[at], value))
    return kept
