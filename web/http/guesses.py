"""Who tries links that open nothing: an address that keeps guessing is refused unheard for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from web.http.rate import Buckets, Rate

#: A mistyped or outdated link on the phones of a whole office is no attack; a thousand guesses a second are.
WRONG_LINKS: Final = Rate(per_s=0.5, burst=30)


class Guesses:
    """Wrong links by address. Lives in the event loop; `monotonic` gives seconds."""

    def __init__(self, rate: Rate = WRONG_LINKS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._buckets = Buckets(rate, monotonic)
        #: Requests refused unheard, since the process started.
        self.refused = 0

    def refuse_for_s(self, address: str) -> float:
        """0.0, or how long this address is not listened to: a right link among its guesses opens nothing
        either, or it could go on guessing."""
        wait_s = self._buckets.wait_s(address)
        self.refused += wait_s > 0
        return wait_s

    def missed(self, address: str) -> None:
        """A link that opened nothing came from there."""
        self._buckets.take(address)
