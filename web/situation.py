"""What can truthfully be said of a site at one moment, before any language: pure functions over the state."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal

from analytics.age import Freshness, freshness
from analytics.headcount import headcount, stays
from analytics.totals import Tally
from web.project import Device, Project, Room
from web.site_state import BUSY_SPAN_MINUTES, MINUTE_MS, POWER, Reading, SiteState

#: Chargers, a router and a work lamp stay below this; the smallest power tool at work is above (watts).
WORKING_ABOVE_W: Final = 150.0
#: A total whose base is older than midnight by more than this is still today's; a later base is said aloud.
BASE_SLACK_MS: Final = 5 * MINUTE_MS
#: So many batches are on their way at any time; only more, and older, are a backlog.
BACKLOG_ABOVE_BATCHES: Final = 4
BACKLOG_OLDER_MS: Final = MINUTE_MS
DAY_MS: Final = 86_400_000

Link = Literal["empty", "lost", "live"]
Use = Literal["working", "idle", "unknown", "unmetered"]


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
    room: Room
    temperature: Measured
    humidity: Measured


@dataclass(frozen=True, slots=True)
class People:
    """`count` None where nobody can know: `why` says so. `time` is how far the knowledge reaches (UTC ms)."""

    count: int | None
    time: int | None
    why: Literal["", "gate", "link", "never"] = ""


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

    project: Project
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
    silent: tuple[Device, ...]
    agents_lost: int
    offline_since: int | None
    dropped: Dropped | None
    backlog: Backlog | None


def judge(state: SiteState, now: int) -> Situation:
    """Everything the page may say at `now` (UTC ms)."""
    project = state.project
    newest = state.newest_time()
    lost_agents = [agent for agent in state.agents if not agent.status.online]
    silent = tuple(device for device in project.devices if _is_silent(state, device, now))
    link = _link(state, silent, len(lost_agents), newest)
    meter = next(iter(project.of_kind("electricity_meter")), None)
    water = next(iter(project.of_kind("water_meter")), None)
    power = _measured(state, meter, POWER, now) if meter else None
    return Situation(
        project=project,
        now=now,
        link=link,
        newest=newest,
        newest_freshness=_best_freshness(state, now),
        day=(dt.datetime.fromtimestamp(now / 1_000, project.zone).date() - project.started).days + 1,
        people=_people(state, link, newest, now),
        power=power,
        use=_use(state, power, now),
        energy=_total(state, meter, "active_energy_import", now) if meter else None,
        water=_total(state, water, "water_volume", now) if water else None,
        rooms=tuple(_room(state, room, now) for room in project.rooms if _climate_in(project, room)),
        silent=silent,
        agents_lost=len(lost_agents),
        offline_since=max((a.received for a in lost_agents), default=None) if newest is None else newest,
        dropped=_dropped(state),
        backlog=_backlog(state),
    )


def _link(state: SiteState, silent: tuple[Device, ...], lost_agents: int, newest: int | None) -> Link:
    if newest is None:
        return "empty"
    metering = [device for device in state.project.devices if device.kind != "gate"]
    if state.agents and lost_agents == len(state.agents):
        return "lost"
    return "lost" if metering and all(device in silent for device in metering) else "live"


def _series_of(state: SiteState, device: Device) -> list[Reading]:
    return [reading for (name, _), reading in state.newest.items() if name == device.id]


def _is_silent(state: SiteState, device: Device, now: int) -> bool:
    if device.kind == "gate":
        return _gate_fault(state, device)
    newest = max((reading.time for reading in _series_of(state, device)), default=None)
    return newest is None or freshness(now - newest, device.interval_ms) == "silent"


def _gate_fault(state: SiteState, device: Device) -> bool:
    """A gate speaks only when somebody passes: whether it could, only the agent knows."""
    said = [d for agent in state.agents for d in agent.status.devices if d.device == device.id]
    return bool(said) and all(status.fault is not None for status in said)


def _best_freshness(state: SiteState, now: int) -> Freshness:
    found = {
        freshness(now - reading.time, device.interval_ms)
        for device in state.project.devices
        if device.kind != "gate"
        for reading in _series_of(state, device)
    }
    return "fresh" if "fresh" in found else "late" if "late" in found else "silent"


def _measured(state: SiteState, device: Device, quantity: str, now: int) -> Measured:
    reading = state.newest.get((device.id, quantity))
    if reading is None:
        return Measured(None, "silent")
    return Measured(reading, freshness(now - reading.time, device.interval_ms))


def _people(state: SiteState, link: Link, newest: int | None, now: int) -> People | None:
    gates = state.project.of_kind("gate")
    if not gates:
        return None
    if link == "empty":
        return People(None, None, "never")
    if link == "lost":
        return People(None, newest, "link")
    if any(_gate_fault(state, gate) for gate in gates):
        return People(None, newest, "gate")
    return People(headcount(stays(state.passages, state.today), now), newest)


def _use(state: SiteState, power: Measured | None, now: int) -> Use:
    if power is None:
        return "unmetered"
    if power.freshness == "silent":
        return "unknown"
    recent = now // MINUTE_MS - BUSY_SPAN_MINUTES
    busy = any(watts >= WORKING_ABOVE_W for minute, watts in state.peaks.items() if minute > recent)
    return "working" if busy else "idle"


def _total(state: SiteState, device: Device, quantity: str, now: int) -> Total:
    tally = state.tallies.get((device.id, quantity), Tally())
    if tally.time is None or tally.since is None:
        return Total(None, None, "silent", None)
    fresh = freshness(now - tally.time, device.interval_ms)
    if fresh == "silent" and tally.time < state.today.start:
        return Total(None, tally.time, "silent", None)  # zero is not missing: nobody has looked today
    late_base = tally.since > state.today.start + BASE_SLACK_MS
    return Total(tally.total, tally.time, fresh, tally.since if late_base else None)


def _climate_in(project: Project, room: Room) -> list[Device]:
    return [device for device in project.of_kind("climate") if device.room == room.id]


def _room(state: SiteState, room: Room, now: int) -> RoomNow:
    """Of several devices in a room, the one that spoke last."""
    devices = _climate_in(state.project, room)

    def newest(quantity: str) -> Measured:
        found = [_measured(state, device, quantity, now) for device in devices]
        return max(found, key=lambda m: m.reading.time if m.reading else -1)

    return RoomNow(room, newest("temperature"), newest("relative_humidity"))


def _dropped(state: SiteState) -> Dropped | None:
    said = [agent.status.dropped for agent in state.agents]
    readings = sum(d.readings + d.unspooled_readings for d in said)
    events = sum(d.events for d in said)
    if not readings and not events:
        return None
    return Dropped(readings, events, max((d.last for d in said if d.last is not None), default=None))


def _backlog(state: SiteState) -> Backlog | None:
    waiting = []
    for agent in state.agents:
        spool, status = agent.status.spool, agent.status
        if not status.online or spool.oldest is None or spool.batches <= BACKLOG_ABOVE_BATCHES:
            continue
        if status.sent - spool.oldest > BACKLOG_OLDER_MS:
            waiting.append(Backlog(spool.batches, spool.oldest))
    if not waiting:
        return None
    return Backlog(sum(b.batches for b in waiting), min(b.oldest for b in waiting))
