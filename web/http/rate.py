"""How often a token may ask: one token bucket each."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

#: Buckets remembered. Beyond it the one longest unused is forgotten: it is most likely full again.
MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_s` requests a second in the long run, `burst` at once."""

    per_s: float = 20.0
    burst: int = 100

    def __post_init__(self) -> None:
        if self.per_s <= 0 or self.burst < 1:
            raise ValueError(f"{self}: per_s must be above 0 and burst at least 1")


class Buckets:
    """One bucket per key, each full at first. Lives in the event loop; `monotonic` gives seconds."""

    def __init__(
        self, rate: Rate, monotonic: Callable[[], float] = time.monotonic, most: int = MOST_REMEMBERED
    ) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._most = most
        #: key -> (requests left, as of when).
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Hashable) -> float:
        """Take one request out of the bucket: 0.0, or how many seconds until there is one."""
        now = self._monotonic()
        left = self._left(key, now)
        wait_s = self._until_one(left)
        self._buckets.pop(key, None)
        self._buckets[key] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return wait_s

    def wait_s(self, key: Hashable) -> float:
        """How many seconds until there is a request in the bucket; takes none."""
        return self._until_one(self._left(key, self._monotonic()))

    def _left(self, key: Hashable, now: float) -> float:
        left, since = self._buckets.get(key, (float(self._rate.burst), now))
        return min(self._rate.burst, left + (now - since) * self._rate.per_s)

    def _until_one(self, left: float) -> float:
        return 0.0 if left >= 1 else (1 - left) / self._rate.per_s
