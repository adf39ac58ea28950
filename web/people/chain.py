"""The last look at a firm's whole log of access: whether anything in it was altered, and when."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from store.records.access import Access
from store.records.access_log import AccessLog

#: Firms whose last look is remembered by a process.
MOST: Final = 1_000
_FAULT: Final = re.compile(r"entry (\d+) (is missing|was altered)")


@dataclass(frozen=True, slots=True)
class Looked:
    """`at`: UTC ms; `entries` that were whole. `fault`: the kind of break and where it is, None for none."""

    at: int
    entries: int
    fault: tuple[str, int] | None = None


class Looks:
    """Lives in the event loop but for `look`."""

    def __init__(self) -> None:
        self._last: OrderedDict[str, Looked] = OrderedDict()

    def last(self, access: Access) -> Looked | None:
        """The last one of this process."""
        return self._last.get(access.firm)

    def look(self, log: AccessLog, access: Access, now: int) -> Looked:
        """From the first entry to the last. Blocking. Raises Denied."""
        entries, _ = log.head(access)
        return Looked(now, entries, _fault_of(log.first_fault(access)))

    def keep(self, access: Access, looked: Looked) -> None:
        """It is the last one now."""
        self._last[access.firm] = looked
        self._last.move_to_end(access.firm)
        if len(self._last) > MOST:
            self._last.popitem(last=False)


def _fault_of(said: str | None) -> tuple[str, int] | None:
    if said is None:
        return None
    found = _FAULT.fullmatch(said)
    if found is None:
        return "cut", 0
    return ("missing" if found[2] == "is missing" else "altered"), int(found[1])
