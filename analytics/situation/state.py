"""What is known of one site right now, in memory. Values in, values out; no I/O.

Batches are reduced to digests in a thread (`digest`), digests are folded into the state in the event loop
(`SiteState.take`). Late readings never override newer ones: they only say that totals or chart must be read
again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from analytics.situation.age import AHEAD_AT_MOST_MS
from analytics.situation.headcount import Day, Passage, Stay
from analytics.situation.place import Place
from analytics.situation.showing import METERS
from analytics.totals import ELECTRICITY, WATER, Limit, Tally
from store.log.change import Change
from store.records.contract import AgentState, SiteEvent
from wire.batch import Batch, Event, Frame
from wire.durations import DAY_MS, MINUTE_MS
from wire.kinds import BADGE_READER
from wire.quantities import QUANTITIES

Series = tuple[str, str]
#: Work with tools comes in bursts: a site whose power rose within this span still counts as working.
BUSY_SPAN_MINUTES: Final = 10
#: How far before midnight the base of today's totals is looked for.
BASE_LOOKBACK_MS: Final = DAY_MS
#: Two days of a large site are some hundred passages; beyond the bound the oldest go and are counted.
MOST_PASSAGES: Final = 5_000
#: Readings of one series whose time has not come yet: ten minutes at 1 Hz. Beyond the bound the one furthest
#: ahead is left to the store, and counted.
MOST_AHEAD: Final = 600

POWER, ENERGY, WATER_VOLUME = "active_power", "active_energy_import", "water_volume"


@dataclass(frozen=True, slots=True)
class Reading:
    """One value at one time (UTC ms)."""

    time: int
    value: float


@dataclass(frozen=True, slots=True)
class Watch:
    """What of a site is shown."""

    power: Series | None
    counters: dict[Series, Limit]
    #: Devices of which every quantity is shown, in their room or for the site.
    shown: frozenset[str]
    badge_readers: frozenset[str]
    #: Every device that speaks by itself, also one of which no figure is shown: its silence is told.
    speaking: frozenset[str]

    def takes(self, series: Series) -> bool:
        """Whether it is shown anywhere."""
        device, quantity = series
        named = series in self.counters or series == self.power
        return named or (device in self.shown and quantity in QUANTITIES)

    def tells_now(self, series: Series) -> bool:
        """Whether its newest reading alone is of interest."""
        return series not in self.counters and series != self.power


def watch(place: Place) -> Watch:
    """The first electricity and water meter, what hangs in the rooms and every badge reader of a site."""
    counters: dict[Series, Limit] = {}
    meters = place.of_kind("electricity_meter")[:1]
    counters |= {(device.id, ENERGY): ELECTRICITY for device in meters}
    counters |= {(device.id, WATER_VOLUME): WATER for device in place.of_kind("water_meter")[:1]}
    return Watch(
        power=(meters[0].id, POWER) if meters else None,
        counters=counters,
        shown=frozenset(
            device.id
            for device in place.devices
            if device.kind != BADGE_READER and (device.room is not None or device.kind not in METERS)
        ),
        badge_readers=frozenset(device.id for device in place.of_kind(BADGE_READER)),
        speaking=frozenset(device.id for device in place.devices if device.kind != BADGE_READER),
    )


@dataclass(frozen=True, slots=True)
class Digest:
    """What one batch says about what is watched. Columns ascend by time, nulls are left out."""

    columns: dict[Series, list[Reading]]
    passages: frozenset[Passage]
    #: Device -> when it spoke, ascending, of whatever it said.
    spoke: dict[str, list[int]] = field(default_factory=dict)


def digest(batch: Batch, watched: Watch) -> Digest:
    """The part of a batch that a page shows."""
    columns: dict[Series, list[Reading]] = {}
    spoke: dict[str, list[int]] = {}
    for frame in batch.frames:
        if frame.device in watched.speaking:
            spoke[frame.device] = sorted({*spoke.get(frame.device, ()), *_times_with_a_value(frame)})
        for quantity, values in frame.values.items():
            series = (frame.device, quantity)
            if watched.takes(series):
                pairs = zip(frame.time, values, strict=True)
                columns.setdefault(series, []).extend(Reading(t, v) for t, v in pairs if v is not None)
    for series, column in columns.items():
        column.sort(key=_time)
        if watched.tells_now(series):
            del column[:-1]
    return Digest(columns, frozenset(passages(batch.events, watched)), spoke)


def _times_with_a_value(frame: Frame) -> list[int]:
    columns = frame.values.values()
    said = {row for column in columns for row, value in enumerate(column) if value is not None}
    return [frame.time[row] for row in said]


def passages(events: Iterable[Event], watched: Watch) -> Iterable[Passage]:
    """The badge events of the watched badge readers."""
    for event in events:
        if event.kind == "badge" and event.badge is not None and event.device in watched.badge_readers:
            yield Passage(event.time, event.badge, event.direction)


@dataclass(frozen=True, slots=True)
class Said:
    """An entry of the log: what of an agent has changed."""

    agent: str
    change: Change


@dataclass(frozen=True, slots=True)
class Listening:
    """An entry of the log: the sites are heard from UTC ms `since` on."""

    since: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What the stores know of a site: the newest readings, today's totals, recent passages and power."""

    newest: dict[Series, Reading]
    tallies: dict[Series, Tally]
    passages: frozenset[Passage]
    recent_power: list[Reading]
    #: Device -> the time of its newest reading.
    spoke: dict[str, int] = field(default_factory=dict)
    usual_start: int | None = None


@dataclass(slots=True)
class SiteState:
    """Lives in the event loop; nothing here blocks."""

    place: Place
    watched: Watch
    today: Day
    newest: dict[Series, Reading] = field(default_factory=dict)
    #: Device -> when it last spoke, of whatever it said.
    heard: dict[str, int] = field(default_factory=dict)
    tallies: dict[Series, Tally] = field(default_factory=dict)
    passages: set[Passage] = field(default_factory=set)
    #: Today's stays, where they were counted from the passages before; None: they are to be.
    stays: Sequence[Stay] | None = None
    agents: list[AgentState] = field(default_factory=list)
    #: Minute -> highest power of it, for the last BUSY_SPAN_MINUTES.
    peaks: dict[int, float] = field(default_factory=dict)
    passages_dropped: int = 0
    #: What is stamped later than now, by series: a clock ahead must not hide what is true now.
    ahead: dict[Series, deque[Reading]] = field(default_factory=dict)
    ahead_dropped: int = 0
    #: Since when we hear the sites, after a start or an outage of ours (UTC ms).
    listening_since: int | None = None
    #: Agent -> the devices it last said it reads: its last will does not repeat them.
    reads: dict[str, frozenset[str]] = field(default_factory=dict)
    #: When work usually starts, in ms after midnight; None where the days do not say so.
    usual_start: int | None = None
    #: A late counter reading came: today's totals must be read again.
    totals_stale: bool = False
    #: A late power reading came, or somebody passed a badge reader: today's story must be told anew.
    story_stale: bool = False

    def restore(self, stored: Stored) -> None:
        """Take in what the stores know. Newer readings that are here already stay."""
        for series, reading in stored.newest.items():
            self._see(series, reading)
        for device, time in stored.spoke.items():
            self._hear_device(device, time)
        self.recount(stored.tallies)
        self._pass(stored.passages)
        self._peak(stored.recent_power)
        self.usual_start = stored.usual_start
        self.totals_stale = False

    def take(self, digest: Digest, now: int) -> None:
        """Fold in a batch. What is stamped later than now waits for its time."""
        for series, column in digest.columns.items():
            due = bisect_right(column, now + AHEAD_AT_MOST_MS, key=_time)
            self._wait(series, column[due:])
            self._fold(series, column[:due], now)
        for device, times in digest.spoke.items():
            if due := bisect_right(times, now + AHEAD_AT_MOST_MS):
                self._hear_device(device, times[due - 1])
        if not digest.passages <= self.passages:
            self._pass(digest.passages)
            self.story_stale = True

    def ripen(self, now: int) -> None:
        """Fold in what waited for its time."""
        for series, waiting in self.ahead.items():
            column = []
            while waiting and waiting[0].time <= now:
                column.append(waiting.popleft())
            self._fold(series, column, now)
        self.ahead = {series: waiting for series, waiting in self.ahead.items() if waiting}

    def note(self, news: Said | Listening) -> None:
        """Take in an entry of the log that is no batch."""
        if isinstance(news, Listening):
            self.listening_since = news.since
            return
        known = {one.agent: one.status for one in self.agents}
        said = news.change.status
        told = {name: getattr(said, name) for name in ("online", "sent", "stream", "devices")}
        status = known.get(news.agent, said).model_copy(update=told)
        state = AgentState(self.place.site, news.agent, news.change.received, status)
        self.hear([*(one for one in self.agents if one.agent != news.agent), state])

    def hear(self, agents: Sequence[AgentState]) -> None:
        """What all agents of the site say of themselves; what of one of them was received later stays."""
        known = {one.agent: one for one in self.agents}
        newer = [(known.get(one.agent, one), one) for one in agents]
        self.agents = [old if old.received > one.received else one for old, one in newer]
        said = {one.agent: frozenset(d.device for d in one.status.devices) for one in agents}
        self.reads |= {agent: devices for agent, devices in said.items() if devices}

    def _wait(self, series: Series, column: list[Reading]) -> None:
        if not column:
            return
        known = sorted({*self.ahead.get(series, ()), *column}, key=_time)
        self.ahead_dropped += max(0, len(known) - MOST_AHEAD)
        self.ahead[series] = deque(known[:MOST_AHEAD])

    def _fold(self, series: Series, column: list[Reading], now: int) -> None:
        if column:
            late = series in self.newest and column[0].time <= self.newest[series].time
            if series == self.watched.power:
                self._peak(column)
                self.story_stale |= late and column[-1].time >= now - DAY_MS
            if series in self.watched.counters:
                self._count(series, column)
            self._see(series, column[-1])

    def turn_day(self, today: Day) -> None:
        """A new local day: totals must be counted anew."""
        if today != self.today:
            self.today = today
            self.totals_stale = self.story_stale = True

    def newest_time(self) -> int | None:
        """The time of the newest reading of the site's devices, None without any."""
        return max(self.spoke().values(), default=None)

    def spoke(self) -> dict[str, int]:
        """Device -> the time of its newest reading."""
        found = dict(self.heard)
        for (device, _), reading in self.newest.items():
            found[device] = max(reading.time, found.get(device, 0))
        return found

    def last_passage(self, now: int) -> int | None:
        """When somebody last passed a badge reader, up to `now`."""
        return max((one.time for one in self.passages if one.time <= now), default=None)

    def _hear_device(self, device: str, time: int) -> None:
        self.heard[device] = max(time, self.heard.get(device, time))

    def _see(self, series: Series, reading: Reading) -> None:
        known = self.newest.get(series)
        if known is None or reading.time > known.time:
            self.newest[series] = reading

    def _count(self, series: Series, column: list[Reading]) -> None:
        tally, limit = self.tallies.get(series, Tally()), self.watched.counters[series]
        if tally.time is not None and column[0].time < tally.time:
            late_to = min(column[-1].time, tally.time)
            self.totals_stale |= late_to >= self.today.start - BASE_LOOKBACK_MS
        first_of_today = bisect_left(column, self.today.start, key=_time)
        if first_of_today and (tally.time is None or column[first_of_today - 1].time > tally.time):
            base = column[first_of_today - 1]
            tally = Tally(since=base.time, time=base.time, value=base.value)
        for reading in column[first_of_today : bisect_left(column, self.today.end, key=_time)]:
            tally = tally.add(reading.time, reading.value, limit)
        self.tallies[series] = tally

    def recount(self, tallies: dict[Series, Tally]) -> None:
        """Take in totals read from the stores. They may end before what is already here; a counter carries
        its past with it, so its newest reading closes that."""
        for series, tally in tallies.items():
            newest, limit = self.newest.get(series), self.watched.counters[series]
            if newest is not None and self.today.start <= newest.time < self.today.end:
                self.tallies[series] = tally.add(newest.time, newest.value, limit)
            else:
                self.tallies[series] = tally

    def _peak(self, column: list[Reading]) -> None:
        newest = max(column[-1].time // MINUTE_MS if column else 0, max(self.peaks, default=0))
        oldest = newest - BUSY_SPAN_MINUTES
        for reading in column[bisect_left(column, (oldest + 1) * MINUTE_MS, key=_time) :]:
            minute = reading.time // MINUTE_MS
            self.peaks[minute] = max(self.peaks.get(minute, reading.value), reading.value)
        self.peaks = {minute: watts for minute, watts in self.peaks.items() if minute > oldest}

    def _pass(self, found: Iterable[Passage]) -> None:
        self.passages |= set(found)
        surplus = len(self.passages) - MOST_PASSAGES
        if surplus > 0:
            self.passages -= set(sorted(self.passages, key=lambda passage: passage.time)[:surplus])
            self.passages_dropped += surplus


def _time(reading: Reading) -> int:
    return reading.time


def site_passages(events: Iterable[SiteEvent], watched: Watch) -> frozenset[Passage]:
    """Stored events as passages."""
    return frozenset(passages((found.event for found in events), watched))
