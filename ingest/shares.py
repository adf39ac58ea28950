"""How much of our time each sender has spent on what is large or set aside: who spends more waits."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

#: Of one processor, and at once: a batch that is right takes about a millisecond, a costly one hundred.
SHARE: Final = 0.1
BURST_S: Final = 0.1
#: The longest unheard make room: what they owed is forgotten.
_MOST_SENDERS: Final = 4096


class Shares:
    """A bucket a sender: what it takes (seconds of CPU) fills it, and it drains at its share."""

    def __init__(
        self, share: float = SHARE, burst_s: float = BURST_S, steady_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._share = share
        self._burst_s = burst_s
        self._steady_s = steady_s
        #: Sender -> what is in its bucket, and as of when.
        self._taken: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, sender: Hashable, cpu_s: float) -> None:
        """A sender has taken so much of our time."""
        self._taken[sender] = (self._level_s(sender) + cpu_s, self._steady_s())
        self._taken.move_to_end(sender)
        if len(self._taken) > _MOST_SENDERS:
            self._taken.popitem(last=False)

    def is_over(self, sender: Hashable) -> bool:
        """Whether it has taken more than its share."""
        return self._level_s(sender) > self._burst_s

    def _level_s(self, sender: Hashable) -> float:
        level_s, at_s = self._taken.get(sender, (0.0, 0.0))
        return max(0.0, level_s - (self._steady_s() - at_s) * self._share)
