"""How soon somebody may try again: a wait that doubles with each failure, per account and per address.

An account's wait has a low ceiling, for whoever knows a login could else lock its owner out; an address's
has a high one. What nobody signs in by waits as what somebody does.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: Keys remembered; beyond it the one longest unused is forgotten.
MOST_REMEMBERED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Bound:
    """`free` tries without a wait; then 1 s, doubled with each, `longest_s` at most. Forgotten after a
    `quiet_s` without a try."""

    free: int
    longest_s: float
    quiet_s: float = 3_600.0


ACCOUNT: Final = Bound(free=5, longest_s=60.0)
ADDRESS: Final = Bound(free=20, longest_s=900.0)


@dataclass(frozen=True, slots=True)
class _Tries:
    count: int
    last: float
    next: float


class Throttle:
    """Lives in the event loop; `monotonic` gives seconds. A process has its own count."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, most: int = MOST_REMEMBERED) -> None:
        self._monotonic = monotonic
        self._most = most
        self._tries: OrderedDict[tuple[str, str], _Tries] = OrderedDict()
        #: Tries that were turned away.
        self.refused = 0

    def take(self, account: str, address: str) -> float:
        """Begin a try: 0.0, or how many seconds until there may be one. It counts as failed until `succeeded`
        says otherwise, so that many at once are no way round."""
        now = self._monotonic()
        keys = (("account", account.casefold()), ACCOUNT), (("address", address), ADDRESS)
        wait_s = max(self._wait_s(key, now) for key, _ in keys)
        if wait_s > 0:
            self.refused += 1
            return wait_s
        for key, bound in keys:
            self._count(key, bound, now)
        return 0.0

    def succeeded(self, account: str, address: str) -> None:
        """The try that was begun was none to count: the account's are forgotten, the address has one less."""
        self._tries.pop(("account", account.casefold()), None)
        if tries := self._tries.get(("address", address)):
            self._tries["address", address] = _Tries(max(0, tries.count - 1), tries.last, tries.last)

    def _wait_s(self, key: tuple[str, str], now: float) -> float:
        tries = self._tries.get(key)
        return 0.0 if tries is None else max(0.0, tries.next - now)

    def _count(self, key: tuple[str, str], bound: Bound, now: float) -> None:
        before = self._tries.pop(key, None)
        count = 1 + (before.count if before and now - before.last < bound.quiet_s else 0)
        beyond = count - bound.free
        wait_s = min(bound.longest_s, 2.0 ** min(beyond - 1, 30)) if beyond > 0 else 0.0
        self._tries[key] = _Tries(count, now, now + wait_s)
        if len(self._tries) > self._most:
            self._tries.popitem(last=False)
