"""Days of a site, read from the stores. Blocking: called in threads."""

from __future__ import annotations

import datetime as dt
import math
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from analytics.day.story import DayStory, Held, Point, Span, tell, when_of
from analytics.gaps import gaps
from analytics.situation.age import AHEAD_AT_MOST_MS
from analytics.situation.headcount import Day, Passage
from analytics.situation.place import Place
from analytics.situation.state import ENERGY, POWER, WATER_VOLUME, Series, site_passages, watch
from store.records.exchanges import MeterExchange, told_of
from store.records.records import Records
from store.timeseries.contract import TimeSeries
from store.timeseries.counter import Life
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

#: A phone is some 360 px wide: finer steps of the curve would not be seen. Time-weighted means of it would
#: take ten times as long to read as the highest values do (`make bench ONLY=pages`).
POWER_STEP_MS: Final = 5 * MINUTE_MS
#: A slow meter speaks so often at least.
_LONGEST_STEP_MINUTES: Final = 60
#: Of so many gaps the edges are looked at to the minute.
_MOST_REFINED: Final = 6
#: Settled days that are kept: some kilobytes each.
MOST_KEPT: Final = 500
#: Readings on their way at midnight, and clocks a little apart.
_SETTLES_AFTER_MS: Final = 10 * MINUTE_MS

_Key = tuple[Place, dt.date, tuple[MeterExchange, ...]]


class Days:
    """The stories of days. A settled one is read once and kept, as long as nobody says anything new of its
    meters. `events_days`: passages are kept for so long, None: without an end."""

    def __init__(self, timeseries: TimeSeries, records: Records, events_days: float | None = None) -> None:
        self._timeseries = timeseries
        self._records = records
        self._events_ms = None if events_days is None else round(events_days * DAY_MS)
        self._kept: OrderedDict[_Key, DayStory] = OrderedDict()
        self._lock = threading.Lock()

    def story(self, place: Place, date: dt.date, now: int, known_to: int | None = None) -> DayStory:
        """A local day as of `now`. `known_to`: as far as it is known who is there, where that is not to the
        end. Raises StoreError."""
        day = day_of(place, date)
        if (when := when_of(day, day_of(place, place.started).start, now)) in ("ahead", "before"):
            return DayStory(date, day, when, day.start)
        said = tuple(self._records.exchanges.of(place.site))
        key = (place, date, said)
        with self._lock:
            if (found := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return found
        settled = self._is_settled(place, day, now)
        told = self._told(place, date, day, said, now, day.end if known_to is None else known_to, settled)
        if settled:
            self._keep(key, told)
        return told

    def _keep(self, key: _Key, told: DayStory) -> None:
        with self._lock:
            self._kept[key] = told
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def _told(
        self,
        place: Place,
        date: dt.date,
        day: Day,
        said: Sequence[MeterExchange],
        now: int,
        known_to: int,
        settled: bool,
    ) -> DayStory:
        power, gaps = self._power(place, day, now)
        held = Held(
            power,
            gaps,
            self._life(place, ENERGY, day, said),
            self._life(place, WATER_VOLUME, day, said),
            self._passages(place, day, now),
        )
        return tell(date, day, held, now, known_to, settled=settled)

    def _power(self, place: Place, day: Day, now: int) -> tuple[list[Point] | None, list[Span]]:
        """What was furthest from zero in each step that has begun, and when the meter that draws the day (of
        a site without electricity the water's) was not read."""
        watched = watch(place)
        series = watched.power or next(iter(watched.counters), None)
        if series is None:
            return None, []
        interval_ms = next(device.interval_ms for device in place.devices if device.id == series[0])
        step_ms = power_step_ms(interval_ms)
        until = min(day.end, now)
        end = min(day.end, (now // step_ms + 1) * step_ms)
        window = self._timeseries.window(place.site, *series, day.start, end, step_ms, ("min", "max"))
        points = list(zip(window.time, map(_furthest, *window.columns.values()), strict=True))
        heard = [time for time, value in points if value is not None]
        found = gaps(heard, day.start, until, step_ms, 1.0)
        exact = [
            self._refined(place, series, gap, step_ms, day.start, until) for gap in found[:_MOST_REFINED]
        ]
        return (points if series[1] == POWER else None), [*exact, *found[_MOST_REFINED:]]

    def _refined(self, place: Place, series: Series, gap: Span, step_ms: int, start: int, until: int) -> Span:
        """A gap with its edges to the minute: within the steps before and after it."""
        low, high = max(start, gap[0] - step_ms), min(until, gap[1] + step_ms)
        before = self._minutes(place, series, low, gap[0])
        after = self._minutes(place, series, gap[1], high)
        return before[-1] + MINUTE_MS if before else gap[0], after[0] if after else gap[1]

    def _minutes(self, place: Place, series: Series, start: int, end: int) -> list[int]:
        """Those with a reading."""
        if start >= end:
            return []
        window = self._timeseries.window(place.site, *series, start, end, MINUTE_MS, ("count",))
        return [time for time, n in zip(window.time, window.columns["count"], strict=True) if n]

    def _life(self, place: Place, quantity: str, day: Day, said: Sequence[MeterExchange]) -> Life | None:
        """By the hour."""
        series = next((one for one in watch(place).counters if one[1] == quantity), None)
        if series is None:
            return None
        told = told_of(said, *series)
        return self._timeseries.life(place.site, *series, day.start, day.end, HOUR_MS, told)

    def _passages(self, place: Place, day: Day, now: int) -> frozenset[Passage] | None:
        """None where nobody is counted, and where passages of that day are gone."""
        watched = watch(place)
        if not watched.badge_readers or (self._events_ms is not None and day.start < now - self._events_ms):
            return None
        end = min(day.end, now + AHEAD_AT_MOST_MS)
        return site_passages(self._records.events.between(place.site, day.start, end, "badge"), watched)

    def _is_settled(self, place: Place, day: Day, now: int) -> bool:
        """Whether a day is over and every agent has been heard since, with nothing of it left on site."""
        if now < day.end + _SETTLES_AFTER_MS:
            return False
        agents = self._records.agent_states.of(place.site)
        return all(
            one.received >= day.end + _SETTLES_AFTER_MS
            and (one.status.spool.oldest is None or one.status.spool.oldest >= day.end)
            for one in agents
        )


def day_of(place: Place, date: dt.date) -> Day:
    """A local day in UTC ms; of 23 or 25 hours where the clocks change."""
    noon = dt.datetime.combine(date, dt.time(12), place.zone)
    return place.local_day(round(noon.timestamp() * 1_000))


def power_step_ms(interval_ms: int) -> int:
    """How long a step of the curve is: whole minutes, and so long that a meter which speaks in time has a
    reading in each, or every pause between two readings would part the line."""
    minutes = min(math.ceil(2 * interval_ms / MINUTE_MS), _LONGEST_STEP_MINUTES)
    return max(POWER_STEP_MS, minutes * MINUTE_MS)


def _furthest(low: float | None, high: float | None) -> float | None:
    """From zero: a site may feed in."""
    return high if low is None or high is None or high >= -low else low
