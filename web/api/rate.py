"""How often a token may ask: one token bucket each."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
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
        self._buckets: OrderedDict[int, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: int) -> float:
        """Take one request out of the bucket: 0.0, or how many seconds until there is one."""
        now = self._monotonic()
        left, since = self._buckets.pop(key, (float(self._rate.burst), now))
        left = min(self._rate.burst, left + (now - since) * self._rate.per_s)
        wait_s = 0.0 if left >= 1 else (1 - left) / self._rate.per_s
        self._buckets[key] = (left - 1 if left >= 1 else left, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return wait_s
