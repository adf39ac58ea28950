"""What the pages read from the stores. Blocking: called in threads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from analytics.situation.age import AHEAD_AT_MOST_MS
from analytics.situation.place import Place
from analytics.situation.state import (
    BUSY_SPAN_MINUTES,
    Reading,
    Series,
    Stored,
    Watch,
    site_passages,
    watch,
)
from analytics.totals import Tally, tally_of
from store.records.contract import AgentState
from store.records.exchanges import told_of
from store.records.records import Records
from store.records.registry import Directory
from store.timeseries.contract import TimeSeries
from web.live.usual import UsualStarts
from wire.durations import DAY_MS, MINUTE_MS

#: Who may send is asked again after so long: a removed agent is not missed any more.
DIRECTORY_FOR_S: Final = 10.0


class StoredSites:
    """The two stores a page reads, and the questions it asks them."""

    def __init__(self, timeseries: TimeSeries, records: Records) -> None:
        self._timeseries = timeseries
        self._records = records
        self._usual = UsualStarts(records.events)
        self._directory = Directory()
        self._directory_at_s = -DIRECTORY_FOR_S
        self._owners: dict[str, str] = {}
        self._owners_at_s = -DIRECTORY_FOR_S

    def position(self) -> int:
        """The log offset that both stores have reached at least."""
        return min(self._timeseries.position(), self._records.readers.position("events"))

    def agents(self, sites: Sequence[str]) -> dict[str, list[AgentState]]:
        """What the agents of sites say of themselves; without those that were taken out of the registry."""
        found: dict[str, list[AgentState]] = {site: [] for site in sites}
        for one in self._records.agent_states.of(*sites):
            listed = self._listed(one.site)
            if listed is None or one.agent in listed:
                found[one.site].append(one)
        return found

    def firm_of(self, site: str) -> str | None:
        """Whose a site is, None where it is in no registry."""
        late = time.monotonic() - self._owners_at_s >= DIRECTORY_FOR_S
        if site not in self._owners and late:
            self._owners_at_s = time.monotonic()
            self._owners = {one.id: one.firm for one in self._records.sites.all_sites()}
        return self._owners.get(site)

    def _listed(self, site: str) -> frozenset[str] | None:
        """The agents that the registry has there, None where it takes any."""
        if time.monotonic() - self._directory_at_s >= DIRECTORY_FOR_S:
            self._directory_at_s = time.monotonic()
            self._directory = self._records.directory()
        return self._directory.agents.get(site)

    def beginning(self, place: Place, now: int) -> Stored:
        """What a state begins from."""
        watched = watch(place)
        newest = self._newest(place.site, now)
        yesterday = place.local_day(now, days=-1)
        events = self._records.events.between(place.site, yesterday.start, now + DAY_MS, "badge")
        return Stored(
            {series: reading for series, reading in newest.items() if watched.takes(series)},
            self.totals(place, now),
            site_passages(events, watched),
            self._recent_power(place.site, watched, now),
            _spoke(newest, watched),
            self._usual.of(place, now),
        )

    def _newest(self, site: str, now: int) -> dict[Series, Reading]:
        """The newest reading of each series whose time has come."""
        latest = self._timeseries.latest(site, now + AHEAD_AT_MOST_MS)
        return {series: Reading(one.time, one.value) for series, one in latest.items()}

    def totals(self, place: Place, now: int) -> dict[Series, Tally]:
        """Today's totals, from the rollups and the readings that are not in them yet."""
        today = place.local_day(now)
        span = today.start, today.end, today.end - today.start
        said = self._records.exchanges.of(place.site)
        return {
            series: tally_of(self._timeseries.life(place.site, *series, *span, told_of(said, *series)))
            for series in watch(place).counters
        }

    def _recent_power(self, site: str, watched: Watch, now: int) -> list[Reading]:
        if watched.power is None:
            return []
        since = (now // MINUTE_MS - BUSY_SPAN_MINUTES) * MINUTE_MS
        window = self._timeseries.window(site, *watched.power, since, now + 1, MINUTE_MS, ("max",))
        (peaks,) = window.columns.values()
        return [Reading(t, v) for t, v in zip(window.time, peaks, strict=True) if v is not None]


def _spoke(newest: dict[Series, Reading], watched: Watch) -> dict[str, int]:
    found: dict[str, int] = {}
    for (device, _), reading in newest.items():
        if device in watched.speaking:
            found[device] = max(reading.time, found.get(device, reading.time))
    return found
