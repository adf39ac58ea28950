"""How long what is kept is kept, and the days at which it goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from store.records.records import Records
from store.timeseries.contract import TimeSeries
from wire.durations import DAY_MS

#: What is kept where nobody has said otherwise; events concern people.
LOG_DAYS: Final = 7.0
READINGS_DAYS: Final = 400.0
ROLLUPS_DAYS: Final = 3650.0
EVENTS_DAYS: Final = 90.0
QUARANTINE_DAYS: Final = 90.0
#: So long after its acceptance a batch that comes again can be told from another one under its number.
PROOF_DAYS: Final = 90.0
#: So much longer than its days a record stays for a reader that has not come by (invariant 16), and no
#: longer: a reader that is gone for good must not fill the disk.
WAIT_DAYS: Final = 30.0
#: Of the feed: whoever has not read it for so long looks at everything anew.
FEED_DAYS: Final = 30.0
#: Who opened which link when: a browser that came back within it goes on without the link.
OPENINGS_DAYS: Final = 90.0
#: The clock is believed to be so far ahead of the newest reading of all sites, and from there on as far as
#: time has passed in this process.
_BELIEVED_AHEAD_MS: Final = 2 * DAY_MS
#: UTC ms before which go: readings, rollups, events, quarantine.
_Cuts = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Retention:
    """In days. The log's is how far a reader may fall behind or start over; events concern people, so theirs
    is short (DESIGN.md, invariant 6). None: for ever. Raises ValueError for what is not positive, and for
    rollups that would go before the readings they stand for."""

    log_days: float = LOG_DAYS
    raw_days: float | None = READINGS_DAYS
    rollup_days: float | None = ROLLUPS_DAYS
    event_days: float | None = EVENTS_DAYS
    quarantine_days: float | None = QUARANTINE_DAYS
    wait_days: float = WAIT_DAYS

    def __post_init__(self) -> None:
        for name in self.__slots__:
            days = getattr(self, name)
            if days is not None and days <= 0:
                raise ValueError(f"{name} must be positive, not {days:g}")
        if self.rollup_days is not None and (self.raw_days is None or self.rollup_days < self.raw_days):
            raise ValueError("rollup_days must not be shorter than raw_days: rollups outlive readings")

    def log_before(self, now_ms: int) -> int:
        """UTC ms before which consumed batches leave the log."""
        return now_ms - round(self.log_days * DAY_MS)

    def unread_before(self, now_ms: int) -> int:
        """UTC ms before which batches leave the log, read or not."""
        return self.log_before(now_ms) - round(self.wait_days * DAY_MS)

    def proofs_before(self, now_ms: int) -> int:
        """UTC ms before which nothing is known of a batch but that it came."""
        return self.log_before(now_ms) - round(PROOF_DAYS * DAY_MS)


class BelievedClock:
    """A clock that jumped ahead would have everything forgotten at once: so retention goes by what is newest
    in the store. Where nothing comes, time goes on by a clock that cannot jump."""

    def __init__(
        self, newest: Callable[[], int | None], steady_s: Callable[[], float] = time.monotonic
    ) -> None:
        """`newest`: UTC ms of the newest reading of all sites, None where there is none."""
        self._newest = newest
        self._steady_s = steady_s
        self._last: tuple[int, float] | None = None

    def now(self, told_ms: int) -> int:
        """UTC ms, at most what the clock has told. Blocking."""
        newest, steady_s = self._newest(), self._steady_s()
        ahead = told_ms if newest is None else newest + _BELIEVED_AHEAD_MS
        if self._last is not None:
            at, since_s = self._last
            ahead = max(ahead, at + round((steady_s - since_s) * 1000))
        found = min(told_ms, ahead)
        self._last = (found, steady_s)
        return found


class Forgetting:
    """Retention at work: whole UTC days, so that a store is troubled once a day and then with one day.

    A day goes when two looks agree that its time has come: a clock that jumps ahead and is set right before
    the next look costs nothing.
    """

    def __init__(self, timeseries: TimeSeries, records: Records, retention: Retention) -> None:
        self._timeseries = timeseries
        self._records = records
        self._retention = retention
        self._seen: _Cuts = (0, 0, 0, 0)
        self._done: _Cuts = (0, 0, 0, 0)

    def forget(self, now_ms: int) -> tuple[int, int]:
        """How many readings, and how many events and quarantined items, went; 0 where nothing was due."""
        seen, self._seen = self._seen, _cuts(self._retention, now_ms)
        cuts = _earlier(seen, self._seen)
        if cuts == self._done:
            return 0, 0
        raw_before, rollups_before, events_before, quarantine_before = cuts
        readings = self._timeseries.forget(raw_before, rollups_before)
        rows = sum(self._records.forget(events_before, quarantine_before))
        self._records.feed.forget(_cut(now_ms, FEED_DAYS))
        self._records.openings.forget(_cut(now_ms, OPENINGS_DAYS))
        self._records.forget_access(now_ms)
        self._done = cuts
        return readings, rows


def _cuts(kept: Retention, now_ms: int) -> _Cuts:
    return (
        _cut(now_ms, kept.raw_days),
        _cut(now_ms, kept.rollup_days),
        _cut(now_ms, kept.event_days),
        _cut(now_ms, kept.quarantine_days),
    )


def _cut(now_ms: int, days: float | None) -> int:
    """The start of the UTC day before which things go, 0 for never."""
    if days is None:
        return 0
    return max(0, now_ms - round(days * DAY_MS)) // DAY_MS * DAY_MS


def _earlier(one: _Cuts, other: _Cuts) -> _Cuts:
    return min(one[0], other[0]), min(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
