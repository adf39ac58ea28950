"""A site at a glance, from what the records keep of it: for a list of many sites. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final, Literal

from analytics.situation.age import silent_after_ms
from analytics.situation.headcount import Day, Stay
from analytics.situation.place import Place
from analytics.situation.silence import as_of
from analytics.situation.state import Reading, SiteState, Watch
from store.records.contract import AgentState
from store.records.registry import Device
from store.records.site_now import HOURS, AgentSaid, Heard, SiteNow
from wire.durations import HOUR_MS
from wire.status import DeviceStatus, Status

#: All devices that were there spoke in the hour; some; none; before: none was there yet.
Beat = Literal["whole", "part", "gap", "before"]
_NO_STREAM: Final = "0" * 26


#: A list shows no figures.
_NOTHING: Final = Watch(None, {}, frozenset(), frozenset(), frozenset())


class StateKeeper:
    """Sites as they are judged, again and again, as far as the records keep them. What an agent says changes
    rarely, so it is made once."""

    def __init__(self) -> None:
        self._agents: dict[tuple[str, str], tuple[AgentSaid, AgentState]] = {}
        self._days: dict[tuple[str, dt.time], Day] = {}

    def clear(self) -> None:
        """Sites and agents may be others now."""
        self._agents.clear()
        self._days.clear()

    def at(
        self,
        place: Place,
        known: SiteNow,
        listed: frozenset[str] | None,
        listening_since: int | None,
        now: int,
    ) -> SiteState:
        """A site at `now` (UTC ms). `listed`: the agents the registry has there, None: any may send."""
        state = SiteState(place, _NOTHING, self._today(place, now), listening_since=listening_since)
        state.heard = {device: said.time for device, said in known.devices.items()}
        state.newest = {series: Reading(time, value) for series, (time, value) in known.alarms.items()}
        state.stays = [Stay(start, end, seen_out=True) for start, end in known.stays]
        state.agents = [
            as_of(self._agent(known.site, agent, said), now, quiet=said.quiet)
            for agent, said in known.agents.items()
            if listed is None or agent in listed
        ]
        return state

    def _today(self, place: Place, now: int) -> Day:
        key = place.timezone, place.closes
        known = self._days.get(key)
        if known is None or not known.start <= now < known.end:
            known = self._days[key] = place.local_day(now)
        return known

    def _agent(self, site: str, agent: str, said: AgentSaid) -> AgentState:
        known = self._agents.get((site, agent))
        if known is None or known[0] != said:
            known = self._agents[site, agent] = said, _agent(site, agent, said)
        return known[1]


def beats(known: SiteNow, devices: Sequence[Device], now: int) -> list[Beat]:
    """The last 24 hours up to the one that runs, the oldest first. Devices that speak only when something
    happens tell nothing by their silence."""
    every, some, there = _ALL, 0, 0
    for device in devices:
        said = known.devices.get(device.id) if device.interval_ms else None
        if said is not None:
            spoke, listed = _hours(device, said, now)
            every, some, there = every & (spoke | ~listed), some | spoke, there | listed
    return [_beat(every >> back & 1, some >> back & 1, there >> back & 1) for back in _OLDEST_FIRST]


_ALL: Final = (1 << HOURS) - 1
_OLDEST_FIRST: Final = tuple(reversed(range(HOURS)))


def _hours(device: Device, said: Heard, now: int) -> tuple[int, int]:
    """In which hours it spoke and in which it was there: bit n is the hour n before the one that runs. In
    that one also who may still speak."""
    here = now // HOUR_MS
    back = min(max(here - said.time // HOUR_MS, 0), HOURS)
    awaited = now - said.time < silent_after_ms(device.interval_ms)
    age = min(max(here - said.first // HOUR_MS, 0), HOURS - 1)
    return said.hours << back | awaited, (2 << age) - 1


def _beat(every: int, some: int, there: int) -> Beat:
    if not there:
        return "before"
    return "whole" if every else "part" if some else "gap"


def _agent(site: str, agent: str, said: AgentSaid) -> AgentState:
    devices = [DeviceStatus.model_construct(device=one, fault=fault) for one, fault in said.devices.items()]
    status = Status.model_construct(online=said.online, sent=said.sent, stream=_NO_STREAM, devices=devices)
    return AgentState(site, agent, said.received, status)
