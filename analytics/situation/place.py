"""The site that is judged: its rooms and devices, as the registry lists them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from analytics.situation.headcount import Day
from store.records.registry import Device, Room


@dataclass(frozen=True, slots=True)
class Place:
    """A site where work goes on. `timezone`: IANA; `closes`: the end of the working day, local time."""

    site: str
    timezone: str
    started: dt.date
    closes: dt.time
    rooms: tuple[Room, ...]
    devices: tuple[Device, ...]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def of_kind(self, kind: str) -> list[Device]:
        """Its devices of one kind, as listed. Of several meters the first is the one the house hangs on."""
        return [device for device in self.devices if device.kind == kind]

    def local_day(self, at_ms: int, days: int = 0) -> Day:
        """The local day that holds `at_ms`, or one `days` later."""
        return local_day(self.zone, self.closes, at_ms, days)


def local_day(zone: ZoneInfo, closes: dt.time, at_ms: int, days: int = 0) -> Day:
    """The day that holds `at_ms` (UTC ms), or one `days` later, where the working day ends at `closes`. Knows
    days of 23 and 25 hours."""
    date = dt.datetime.fromtimestamp(at_ms / 1_000, zone).date() + dt.timedelta(days=days)

    def at(day: dt.date, time: dt.time) -> int:
        return round(dt.datetime.combine(day, time, zone).timestamp() * 1_000)

    return Day(at(date, dt.time()), at(date, closes), at(date + dt.timedelta(days=1), dt.time()))
