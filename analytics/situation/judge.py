"""What can truthfully be said of a site at one moment, before any language: pure functions over the state."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from analytics.situation.age import Freshness
from analytics.situation.agents import Agent, ability, agents_now, reader_of
from analytics.situation.headcount import Stay, headcount, stays
from analytics.situation.place import Place
from analytics.situation.showing import ALARMS, expected_of, in_order
from analytics.situation.silence import device_freshness
from analytics.situation.state import BUSY_SPAN_MINUTES, POWER, Reading, SiteState
from analytics.totals import Tally
from store.records.registry import Device, Room
from wire.durations import MINUTE_MS
from wire.kinds import BADGE_READER
from wire.quantities import QUANTITIES

#: Chargers, a router and a work lamp stay below this; the smallest power tool at work is above (watts).
WORKING_ABOVE_W: Final = 150.0
#: A total whose base is older than midnight by more than this is still today's; a later base is said aloud.
BASE_SLACK_MS: Final = 5 * MINUTE_MS
#: So many batches are on their way at any time; only more, and older, are a backlog.
BACKLOG_ABOVE_BATCHES: Final = 4
BACKLOG_OLDER_MS: Final = MINUTE_MS

Link = Literal["empty", "lost", "live"]
Use = Literal["working", "idle", "unknown", "unmetered"]
#: alarm: smoke, gas or water; silent: the site or something at it; late: something; empty: nothing ever came.
Standing = Literal["alarm", "silent", "late", "well", "empty"]


@dataclass(frozen=True, slots=True)
class Measured:
    """A reading and how fresh it is; `reading` None where there never was one."""

    reading: Reading | None
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class Total:
    """Growth of a counter since local midnight; `since` where it could only be counted from later on."""

    value: float | None
    time: int | None
    freshness: Freshness
    since: int | None


@dataclass(frozen=True, slots=True)
class RoomNow:
    """What is measured in a room, or of the site as a whole (`room` None), by quantity in the order of
    `showing`."""

    room: Room | None
    measured: dict[str, Measured]


@dataclass(frozen=True, slots=True)
class Alarm:
    """A device that says that there is smoke, gas or water, and when it last said so."""

    device: Device
    quantity: str
    time: int


@dataclass(frozen=True, slots=True)
class People:
    """`count` None where nobody can know: `why` says so. `time` is how far the knowledge reaches (UTC ms).
    `left`: where nobody is there, the stay that ended last, today or yesterday."""

    count: int | None
    time: int | None
    why: Literal["", "reader", "link", "never"] = ""
    left: Stay | None = None


@dataclass(frozen=True, slots=True)
class Dropped:
    readings: int
    events: int
    last: int | None


@dataclass(frozen=True, slots=True)
class Backlog:
    batches: int
    oldest: int


@dataclass(frozen=True, slots=True)
class Situation:
    """One moment. `day` counts from 1 on the first day of work; 0 or less before it."""

    place: Place
    now: int
    link: Link
    newest: int | None
    newest_freshness: Freshness
    day: int
    people: People | None
    power: Measured | None
    use: Use
    energy: Total | None
    water: Total | None
    rooms: tuple[RoomNow, ...]
    alarms: tuple[Alarm, ...]
    silent: tuple[Device, ...]
    #: Agents that are offline or have not been heard for long, and when the last of them was.
    agents_lost: int
    offline_since: int | None
    #: How far the clock of an agent that is heard is from ours (ms, its time less ours); None: none is.
    clock_off_ms: int | None
    dropped: Dropped | None
    backlog: Backlog | None
    #: When work usually starts, in ms after midnight, where the days agree on it.
    usual_start: int | None = None


@dataclass(frozen=True, slots=True)
class Glance:
    """Of a Situation what tells whether a site needs a look. `late`: devices that should have spoken again
    and are not yet silent."""

    place: Place
    now: int
    link: Link
    newest: int | None
    people: People | None
    alarms: tuple[Alarm, ...]
    silent: tuple[Device, ...]
    late: tuple[Device, ...]
    agents_lost: int
    offline_since: int | None
    clock_off_ms: int | None

    @property
    def standing(self) -> Standing:
        """What a list of sites is ordered by."""
        if self.alarms:
            return "alarm"
        if self.link == "empty":
            return "empty"
        if self.link == "lost" or self.silent or self.agents_lost:
            return "silent"
        return "late" if self.late or self.clock_off_ms is not None else "well"


def glance(state: SiteState, now: int) -> Glance:
    """As `judge`, without the figures: for a list of many sites."""
    agents, ages = _agents(state, now), _ages(state, now)
    lost = [agent for agent in agents if agent.condition in ("offline", "silent")]
    silent = _silent(state, agents, ages)
    newest = _newest(state, agents, now)
    link = _link(state, agents, silent, newest)
    return Glance(
        place=state.place,
        now=now,
        link=link,
        newest=newest,
        people=_people(state, agents, link, newest, now),
        alarms=tuple(_alarms(state)),
        silent=silent,
        late=tuple(one for one in _metering(state) if _is_late(one, agents, state, ages)),
        agents_lost=len(lost),
        offline_since=max((agent.heard for agent in lost), default=None),
        clock_off_ms=_clock_off_ms(agents),
    )


def judge(state: SiteState, now: int) -> Situation:
    """Everything that may be said at `now` (UTC ms)."""
    place = state.place
    agents = _agents(state, now)
    lost = [agent for agent in agents if agent.condition in ("offline", "silent")]
    silent = _silent(state, agents, _ages(state, now))
    newest = _newest(state, agents, now)
    link = _link(state, agents, silent, newest)
    meter = next(iter(place.of_kind("electricity_meter")), None)
    water = next(iter(place.of_kind("water_meter")), None)
    power = _measured(state, agents, meter, POWER, now) if meter else None
    return Situation(
        place=place,
        now=now,
        link=link,
        newest=newest,
        newest_freshness=_best_freshness(state, agents, now),
        day=(dt.datetime.fromtimestamp(now / 1_000, place.zone).date() - place.started).days + 1,
        people=_people(state, agents, link, newest, now),
        power=power,
        use=_use(state, power, now),
        energy=_total(state, agents, meter, "active_energy_import", now) if meter else None,
        water=_total(state, agents, water, "water_volume", now) if water else None,
        rooms=tuple(_rooms(state, agents, now)),
        alarms=tuple(_alarms(state)),
        silent=silent,
        agents_lost=len(lost),
        offline_since=max((agent.heard for agent in lost), default=None),
        clock_off_ms=_clock_off_ms(agents),
        dropped=_dropped(state),
        backlog=_backlog(agents),
        usual_start=state.usual_start,
    )


def _agents(state: SiteState, now: int) -> list[Agent]:
    devices = [device.id for device in state.place.devices]
    newest = state.spoke().get
    return agents_now(state.agents, devices, state.reads, newest, now, state.listening_since)


def _metering(state: SiteState) -> list[Device]:
    """The devices that speak by themselves."""
    return [device for device in state.place.devices if device.kind != BADGE_READER]


def _newest(state: SiteState, agents: Sequence[Agent], now: int) -> int | None:
    """When the site was last heard: its newest reading; where none is metered, the word of its agents."""
    if _metering(state) and (reading := state.newest_time()) is not None:
        return reading
    heard = [agent.heard for agent in agents if not _metering(state)]
    passed = state.last_passage(now)
    return max(heard if passed is None else [*heard, passed], default=None)


def _link(state: SiteState, agents: Sequence[Agent], silent: tuple[Device, ...], newest: int | None) -> Link:
    if newest is None:
        return "empty"
    heard = [agent for agent in agents if agent.condition in ("live", "clock", "awaited")]
    if agents and not heard:
        return "lost"
    if any(agent.reads for agent in heard):
        return "live"
    metering = _metering(state)
    return "lost" if metering and all(device in silent for device in metering) else "live"


def _ages(state: SiteState, now: int) -> dict[str, Freshness]:
    """Device -> how old its newest reading is, of those that speak by themselves."""
    newest = state.spoke().get
    return {
        one.id: device_freshness(newest(one.id), one.interval_ms, now, state.listening_since)
        for one in _metering(state)
    }


def _silent(state: SiteState, agents: Sequence[Agent], ages: Mapping[str, Freshness]) -> tuple[Device, ...]:
    def is_silent(device: Device) -> bool:
        if device.kind == BADGE_READER:
            return ability(device.id, agents) != "able"
        return ages[device.id] == "silent"

    return tuple(device for device in state.place.devices if is_silent(device))


def _is_late(
    device: Device, agents: Sequence[Agent], state: SiteState, ages: Mapping[str, Freshness]
) -> bool:
    """As `_fresh` has it, of one that has ever spoken."""
    if ages[device.id] != "fresh":
        return ages[device.id] == "late" and device.id in state.spoke()
    reader = reader_of(device.id, agents)
    return reader is not None and not reader.live


def _fresh(state: SiteState, agents: Sequence[Agent], device: Device, time: int, now: int) -> Freshness:
    """By age; what its agent will not renew, for the agent is lost or its clock is off, is late at best."""
    by_age = device_freshness(time, device.interval_ms, now, state.listening_since)
    reader = reader_of(device.id, agents)
    return "late" if by_age == "fresh" and reader is not None and not reader.live else by_age


def _best_freshness(state: SiteState, agents: Sequence[Agent], now: int) -> Freshness:
    spoke = state.spoke()
    found = {
        _fresh(state, agents, device, time, now)
        for device in _metering(state)
        if (time := spoke.get(device.id)) is not None
    }
    if not _metering(state) and any(agent.live for agent in agents):
        return "fresh"
    return "fresh" if "fresh" in found else "late" if "late" in found else "silent"


def _measured(state: SiteState, agents: Sequence[Agent], device: Device, quantity: str, now: int) -> Measured:
    reading = state.newest.get((device.id, quantity))
    if reading is None:
        return Measured(None, "silent")
    return Measured(reading, _fresh(state, agents, device, reading.time, now))


def _people(
    state: SiteState, agents: Sequence[Agent], link: Link, newest: int | None, now: int
) -> People | None:
    badge_readers = state.place.of_kind(BADGE_READER)
    if not badge_readers:
        return None
    if link == "empty":
        return People(None, None, "never")
    if link == "lost":
        return People(None, newest, "link")
    able = {ability(one.id, agents) for one in badge_readers}
    if able != {"able"}:
        return People(None, newest, "link" if "unheard" in able else "reader")
    readers = [reader for one in badge_readers if (reader := reader_of(one.id, agents)) is not None]
    known_to = min((reader.heard for reader in readers), default=newest)
    today = stays(state.passages, state.today) if state.stays is None else state.stays
    there = headcount(today, now)
    return People(there, known_to, left=None if there else _left(state, today, now))


def _left(state: SiteState, today: Sequence[Stay], now: int) -> Stay | None:
    """The stay that ended last."""
    yesterday = state.place.local_day(state.today.start - 1)
    over = [stay for stay in (*stays(state.passages, yesterday), *today) if stay.end <= now]
    return max(over, key=lambda stay: stay.end, default=None)


def _use(state: SiteState, power: Measured | None, now: int) -> Use:
    if power is None:
        return "unmetered"
    if power.freshness == "silent":
        return "unknown"
    recent = now // MINUTE_MS - BUSY_SPAN_MINUTES
    busy = any(watts >= WORKING_ABOVE_W for minute, watts in state.peaks.items() if minute > recent)
    return "working" if busy else "idle"


def _total(state: SiteState, agents: Sequence[Agent], device: Device, quantity: str, now: int) -> Total:
    tally = state.tallies.get((device.id, quantity), Tally())
    if tally.time is None or tally.since is None:
        return Total(None, None, "silent", None)
    fresh = _fresh(state, agents, device, tally.time, now)
    if fresh == "silent" and tally.time < state.today.start:
        return Total(None, tally.time, "silent", None)  # zero is not missing: nobody has looked today
    late_base = tally.since > state.today.start + BASE_SLACK_MS
    return Total(tally.total, tally.time, fresh, tally.since if late_base else None)


def _rooms(state: SiteState, agents: Sequence[Agent], now: int) -> Iterator[RoomNow]:
    """Every room in which something is measured; last the site, where devices hang in none."""
    for room in (*state.place.rooms, None):
        here = [
            device
            for device in state.place.devices
            if device.room == (room.id if room else None) and device.id in state.watched.shown
        ]
        measured = {name: _in_room(state, agents, here, name, now) for name in _quantities(state, here)}
        if measured:
            yield RoomNow(room, measured)


def _quantities(state: SiteState, devices: Sequence[Device]) -> list[str]:
    """What devices measure: all they have ever said; of one that has said nothing what its kind will say."""
    ids = {device.id for device in devices}
    told = {series for series in state.newest if series[0] in ids and state.watched.tells_now(series)}
    spoken = {device for device, _ in told}
    awaited = {name for one in devices if one.id not in spoken for name in expected_of(one.kind)}
    return in_order({quantity for _, quantity in told} | awaited)


def _in_room(
    state: SiteState, agents: Sequence[Agent], devices: Sequence[Device], quantity: str, now: int
) -> Measured:
    """Of several devices in a room, the one that spoke last; of a state, one that says yes."""
    found = [
        (device, measured)
        for device in devices
        if (measured := _measured(state, agents, device, quantity, now)).reading is not None
    ]
    if not found:
        return Measured(None, "silent")
    is_state = QUANTITIES[quantity].kind == "state"

    def rank(one: tuple[Device, Measured]) -> tuple[bool, float, int]:
        reading, freshness = one[1].reading or Reading(0, 0.0), one[1].freshness
        return freshness != "silent", reading.value if is_state else 0.0, reading.time

    return max(found, key=rank)[1]


def _alarms(state: SiteState) -> Iterator[Alarm]:
    """Also of a device that has fallen silent since: what it said last was an alarm."""
    for quantity in ALARMS:
        for device in state.place.devices:
            reading = state.newest.get((device.id, quantity))
            if reading is not None and reading.value >= 1:
                yield Alarm(device, quantity, reading.time)


def _dropped(state: SiteState) -> Dropped | None:
    said = [agent.status.dropped for agent in state.agents]
    readings = sum(d.readings + d.unspooled_readings for d in said)
    events = sum(d.events for d in said)
    if not readings and not events:
        return None
    return Dropped(readings, events, max((d.last for d in said if d.last is not None), default=None))


def _clock_off_ms(agents: Sequence[Agent]) -> int | None:
    off = [one.state.status.sent - one.state.received for one in agents if one.condition == "clock"]
    return max(off, key=abs, default=None)


def _backlog(agents: Sequence[Agent]) -> Backlog | None:
    waiting = []
    for agent in agents:
        status, spool = agent.state.status, agent.state.status.spool
        if not agent.live or spool.oldest is None or spool.batches <= BACKLOG_ABOVE_BATCHES:
            continue
        if status.sent - spool.oldest > BACKLOG_OLDER_MS:
            waiting.append(Backlog(spool.batches, spool.oldest))
    if not waiting:
        return None
    return Backlog(sum(b.batches for b in waiting), min(b.oldest for b in waiting))
