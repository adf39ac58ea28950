"""What the pages read from the stores. Blocking: called in threads."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analytics.gaps import gaps
from analytics.situation.age import AHEAD_AT_MOST_MS
from analytics.situation.headcount import Passage, presence, stays
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
from store.timeseries.contract import TimeSeries, Window
from wire.durations import DAY_MS, MINUTE_MS

#: Who may send is asked again after so long: a removed agent is not missed any more.
DIRECTORY_FOR_S: Final = 10.0
#: 24 of them on a chart of a day.
_LONGEST_STEP_MINUTES: Final = 60
_CHART: Final = ("mean", "max", "min")


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns of the last 24 h by step: mean (weighted by time), highest and, where power flowed back, lowest
    power in W; null where there was no reading.

    `gaps` and `presence` are spans (from, to). All times UTC ms.
    """

    start: int
    end: int
    step_ms: int
    time: list[int]
    mean: list[float | None]
    peak: list[float | None]
    low: list[float | None]
    gaps: list[tuple[int, int]]
    presence: list[tuple[int, int]]
    midnight: int


class StoredSites:
    """The two stores a page reads, and the questions it asks them."""

    def __init__(self, timeseries: TimeSeries, records: Records) -> None:
        self._timeseries = timeseries
        self._records = records
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
        passages = site_passages(events, watched)
        return Stored(
            {series: reading for series, reading in newest.items() if watched.takes(series)},
            self.totals(place, now),
            passages,
            self._recent_power(place.site, watched, now),
            _spoke(newest, watched),
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

    def chart(self, place: Place, passages: frozenset[Passage], known_to: int, now: int) -> Chart:
        """The last 24 h up to the minute that is running. Presence is drawn as far as `known_to`: of a site
        that has not been heard since, nobody knows who is there."""
        meter = next(iter(place.of_kind("electricity_meter")), None)
        step_ms = chart_step_ms(meter.interval_ms if meter else 0)
        end = now // step_ms * step_ms + step_ms
        start = end - DAY_MS
        power = self._power_by_step(place, start, end, step_ms)
        measured = [
            t for t, watts in zip(power.time, power.columns["mean"], strict=True) if watts is not None
        ]
        both = [
            stay
            for day in (place.local_day(now, days=-1), place.local_day(now))
            for stay in stays(passages, day)
        ]
        return Chart(
            start, end, step_ms, power.time,
            mean=_rounded(power.columns["mean"]),
            peak=_rounded(power.columns["max"]),
            low=_negative(power.columns["min"]),
            gaps=gaps(measured, start, min(end, now), step_ms),
            presence=presence(both, start, min(known_to, now)),
            midnight=place.local_day(now).start,
        )  # fmt: skip

    def _power_by_step(self, place: Place, start: int, end: int, step_ms: int) -> Window:
        power = watch(place).power
        if power is None:
            return Window(step_ms, [], {aggregate: [] for aggregate in _CHART})
        return self._timeseries.window(place.site, *power, start, end, step_ms, _CHART)

    def _recent_power(self, site: str, watched: Watch, now: int) -> list[Reading]:
        if watched.power is None:
            return []
        since = now - BUSY_SPAN_MINUTES * MINUTE_MS
        times, values = self._timeseries.raw(site, *watched.power, since, now + 1)
        return [Reading(t, v) for t, v in zip(times, values, strict=True)]


def chart_step_ms(interval_ms: int) -> int:
    """How long a step of the chart is: whole minutes, and so long that a meter which speaks in time has a
    reading in each, or every pause between two readings would part the line."""
    minutes = math.ceil(2 * interval_ms / MINUTE_MS)
    return min(max(1, minutes), _LONGEST_STEP_MINUTES) * MINUTE_MS


def _spoke(newest: dict[Series, Reading], watched: Watch) -> dict[str, int]:
    found: dict[str, int] = {}
    for (device, _), reading in newest.items():
        if device in watched.speaking:
            found[device] = max(reading.time, found.get(device, reading.time))
    return found


def _negative(column: list[float | None]) -> list[float | None]:
    """What lies below zero; an empty column where nothing does."""
    found = [watts if watts is not None and watts < 0 else None for watts in _rounded(column)]
    return found if any(watts is not None for watts in found) else []


def _rounded(column: list[float | None]) -> list[float | None]:
    """To whole watts: the chart has some hundred pixels, the network is a phone's."""
    return [None if value is None else float(round(value)) for value in column]
