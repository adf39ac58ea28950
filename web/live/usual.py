"""When work usually starts on a site. Blocking: called in threads."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from analytics.day.story import usual_start
from analytics.situation.place import Place
from analytics.situation.state import site_passages, watch
from store.records.events import Events
from wire.durations import HOUR_MS

#: From so many days it is told when work usually starts.
_DAYS: Final = 14
#: Days that are over hardly change, and a fortnight of passages takes long to read; but what a site sends
#: late may be of them.
_GOOD_FOR_MS: Final = HOUR_MS


@dataclass(frozen=True, slots=True)
class _Told:
    place: Place
    date: dt.date
    at: int
    start: int | None


class UsualStarts:
    """One a site, looked up again after an hour, on another day, and where the place is not what it was."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._told: dict[str, _Told] = {}

    def of(self, place: Place, now: int) -> int | None:
        """In ms after midnight; None where the days do not agree on it. Raises StoreError."""
        date = dt.datetime.fromtimestamp(now / 1_000, place.zone).date()
        told = self._told.get(place.site)
        if told is None or (told.place, told.date) != (place, date) or not 0 <= now - told.at < _GOOD_FOR_MS:
            told = self._told[place.site] = _Told(place, date, now, self._read(place, now))
        return told.start

    def _read(self, place: Place, now: int) -> int | None:
        days = [place.local_day(now, days=-ago) for ago in range(1, _DAYS + 1)]
        events = self._events.between(place.site, days[-1].start, days[0].end, "badge")
        return usual_start(site_passages(events, watch(place)), days)
