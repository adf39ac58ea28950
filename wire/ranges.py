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
        """Those numbers that `other` does not hold. Both are walked through once."""
        found = Ranges()
        at = 0
        for first, last in self.pairs():
            while at < len(other._last) and other._last[at] < first:
                at += 1
            at = found._append_holes(first, last, other, at)
        return found

    def _append_holes(self, first: int, last: int, other: Ranges, at: int) -> int:
        """What of `first..last` the ranges of `other` from `at` on do not hold; which of them is next."""
        while at < len(other._first) and other._first[at] <= last:
            if other._first[at] > first:
                self._append(first, other._first[at] - 1)
            first = other._last[at] + 1
            if first > last:
                return at
            at += 1
        self._append(first, last)
        return at

    def within(self, other: Ranges) -> Ranges:
        """Those numbers that `other` holds too. Both are walked through once."""
        found = Ranges()
        mine = theirs = 0
        while mine < len(self._first) and theirs < len(other._first):
            first = max(self._first[mine], other._first[theirs])
            last = min(self._last[mine], other._last[theirs])
            if first <= last:
                found._append(first, last)
            if self._last[mine] <= other._last[theirs]:
                mine += 1
            else:
                theirs += 1
        return found

    def _append(self, first: int, last: int) -> None:
        """Behind all others."""
        if self._last and first == self._last[-1] + 1:
            self._last[-1] = last
        else:
            self._first.append(first)
            self._last.append(last)

    def highest(self, count: int) -> Ranges:
        """The `count` highest numbers, or all where there are fewer."""
        kept: list[tuple[int, int]] = []
        for first, last in reversed(self.pairs()):
            if count <= 0:
                break
            kept.append((max(first, last - count + 1), last))
            count -= last - first + 1
        return Ranges(reversed(kept))
