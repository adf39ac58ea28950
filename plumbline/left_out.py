"""Steps of counters that no figure counts, for a person to look at: was a meter exchanged, did it fail?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from store.records.exchanges import told_of
from store.records.records import Records
from store.timeseries.contract import TimeSeries
from store.timeseries.counter import Mark
from store.timeseries.limits import COUNTERS

DAYS: Final = 30
_DAY_MS: Final = 86_400_000
#: Of one counter; the rest is counted.
_SHOWN: Final = 3


def left_out(timeseries: TimeSeries, records: Records, site: str, until_ms: int) -> Iterator[str]:
    """A line for each counter of `site` with resets or exchanges that nobody told of, in the `DAYS` before
    `until_ms` (UTC). Blocking. Raises StoreError."""
    said = records.exchanges.of(site)
    start = until_ms - DAYS * _DAY_MS
    for device, quantity in sorted(timeseries.latest(site)):
        if quantity in COUNTERS:
            told = told_of(said, device, quantity)
            marks = timeseries.window(
                site, device, quantity, start, until_ms, _DAY_MS, ("increase",), told
            ).marks
            steps = [mark for mark in marks if mark.why in ("reset", "exchange")]
            if steps:
                yield f"{site} / {device} {quantity}: {_shown(steps)}"


def _shown(steps: list[Mark]) -> str:
    words = [
        f"{mark.from_value:g} -> {mark.to_value:g} at "
        f"{dt.datetime.fromtimestamp(mark.to_time / 1000, dt.UTC).isoformat(timespec='seconds')} ({mark.why})"
        for mark in steps[-_SHOWN:]
    ]
    more = len(steps) - len(words)
    return ", ".join(words) + (f" and {more} before" if more else "")
