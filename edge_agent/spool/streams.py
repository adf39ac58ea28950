"""Which stream a batch of the spool belongs to, and its seq there. No I/O.

The spool numbers its batches through; a stream begins after some number of the spool and counts from 1. Every
run of the agent begins one: a card image put back, a card cloned into a second Pi, a spool that a power cut
set back then never count on under numbers that have come before with other content. What was sealed before
keeps its name, so that sending it again is a repeat (docs/decisions/0019-a-stream-a-run.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

from wire.ranges import Ranges

Pair = tuple[int, int]
_WITHOUT_END: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Streams:
    """(base, stream), ascending: of `stream` are the numbers above `base` up to the base of the next one,
    each with the seq number - base."""

    begun: tuple[tuple[int, str], ...]

    @property
    def current(self) -> str:
        """The one that new batches get."""
        return self.begun[-1][1]

    @property
    def base(self) -> int:
        """After which number the current one began."""
        return self.begun[-1][0]

    def begin(self, base: int, stream: str) -> Self:
        """With another one; of those that had no number none is left."""
        return type(self)((*(one for one in self.begun if one[0] < base), (base, stream)))

    def needed(self, named: Ranges) -> Self:
        """Without those before the current one that no number in `named` is of."""
        kept = [
            (base, stream)
            for base, stream in self.begun[:-1]
            if named.within(Ranges([self._span(stream)])).pairs()
        ]
        return type(self)((*kept, self.begun[-1]))

    def numbers(self, stream: str, seqs: Iterable[Pair]) -> Ranges:
        """The numbers of these seqs of a stream; none where the stream is not ours."""
        if all(name != stream for _, name in self.begun):
            return Ranges()
        first, last = self._span(stream)
        base = first - 1
        shifted = ((low + base, min(high + base, last)) for low, high in seqs)
        return Ranges((low, high) for low, high in shifted if low <= high)

    def named(self, numbers: Ranges) -> list[tuple[str, list[Pair]]]:
        """These numbers by stream and seq, the oldest stream first; without those of no stream of ours."""
        found = []
        for base, stream in self.begun:
            part = numbers.within(Ranges([self._span(stream)])).pairs()
            if part:
                found.append((stream, [(first - base, last - base) for first, last in part]))
        return found

    def _span(self, stream: str) -> Pair:
        """First and last number."""
        bases = [base for base, _ in self.begun]
        at = next(at for at, one in enumerate(self.begun) if one[1] == stream)
        return bases[at] + 1, bases[at + 1] if at + 1 < len(bases) else _WITHOUT_END
