"""Sets of whole numbers kept as ranges: which batches of a stream have come, which are missing."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator


class Ranges:
    """Ascending, disjoint, non-adjacent closed ranges `[first, last]`.

    >>> Ranges([(1, 2), (3, 5), (9, 9)]).pairs()
    [(1, 5), (9, 9)]
    """

    __slots__ = ("_first", "_last")

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._first: list[int] = []
        self._last: list[int] = []
        for first, last in pairs:
            self.add(first, last)

    def add(self, first: int, last: int | None = None) -> None:
        """Take in `first..last` (one number when `last` is left out)."""
        last = first if last is None else last
        if last < first:
            raise ValueError(f"range runs backwards: {first}..{last}")
        low = bisect_right(self._last, first - 2)
        high = bisect_right(self._first, last + 1)
        if low < high:
            first = min(first, self._first[low])
            last = max(last, self._last[high - 1])
        self._first[low:high] = [first]
        self._last[low:high] = [last]

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._first, number) - 1
        return at >= 0 and number <= self._last[at]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self.pairs())

    def __len__(self) -> int:
        """How many numbers, not how many ranges."""
        return sum(last - first + 1 for first, last in zip(self._first, self._last, strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranges) and self.pairs() == other.pairs()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Ranges({self.pairs()})"

    def pairs(self) -> list[tuple[int, int]]:
        """The ranges, ascending."""
        return list(zip(self._first, self._last, strict=True))

    def missing(self, first: int = 1, last: int | None = None) -> list[tuple[int, int]]:
        """The holes between `first` and `last` (the highest number held, when left out)."""
        end = (self._last[-1] if self._last else first - 1) if last is None else last
        holes: list[tuple[int, int]] = []
        at = first
        for low, high in self.pairs():
            if low > end:
                break
            if low > at:
                holes.append((at, low - 1))
            at = max(at, high + 1)
        if at <= end:
            holes.append((at, end))
        return holes

    def minus(self, other: Ranges) -> Ranges:
        """Those numbers that `other` does not hold."""
        return Ranges(hole for first, last in self.pairs() for hole in other.missing(first, last))

    def within(self, other: Ranges) -> Ranges:
        """Those numbers that `other` holds too."""
        return self.minus(self.minus(other))

    def highest(self, count: int) -> Ranges:
        """The `count` highest numbers, or all where there are fewer."""
        kept = Ranges()
        for first, last in reversed(self.pairs()):
            if count <= 0:
                break
            kept.add(max(first, last - count + 1), last)
            count -= last - first + 1
        return kept
