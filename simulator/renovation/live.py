"""A renovation as the devices on serial lines ask for it: one moment at a time, at its own pace."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import Final

import numpy as np

from simulator.model.calendar import SiteCalendar
from simulator.model.electricity import MeterReading
from simulator.model.people import Swipe
from simulator.model.rooms import RoomReading
from simulator.renovation.electricity import Phases
from simulator.renovation.readings import registers
from simulator.renovation.renovation import Renovation
from wire.durations import DAY_MS

#: Cards of 125 kHz readers: a version byte, then 32 bits.
_VERSION: Final = "0a"


class LiveRenovation:
    """What the lines of `simulator.site` read of a renovation.

    At `now_ms` it is the same hour of the site's day `day`; from then on its time passes `pace` times as fast
    as ours. After the last day the site stays as it was left. Moments are ours, UTC milliseconds.
    """

    def __init__(self, site: Renovation, now_ms: int, day: int = 0, pace: float = 1.0) -> None:
        self.seed = site.seed
        self.calendar = SiteCalendar(site.days.timezone)
        self._site = site
        self._began_ms, self._pace = now_ms, pace
        since_midnight_ms = now_ms - self.calendar.start_ms(self.calendar.date_at(now_ms))
        self._origin_ms = site.first_ms + day * DAY_MS + since_midnight_ms
        self._registers = registers(site)
        self._passes = site.passes()
        self._latest: tuple[int, MeterReading] | None = None

    def meter(self, time_ms: int) -> MeterReading:
        """The main meter's display, which changes once a second; phases that are not there show 0."""
        second = time_ms // 1000
        if self._latest is None or self._latest[0] != second:
            at = self._site_time(second * 1000)
            supply = self._site.electricity(at)
            shown = self._registers.energy.shown(
                lambda when: self._site.electricity(when).watt_hours / 1000, at
            )
            self._latest = second, _display(supply, float(shown[0]))
        return self._latest[1]

    def water_litres(self, time_ms: int) -> int:
        """The water meter's counter."""
        return int(self._registers.water.shown(self._site.litres, self._site_time(time_ms))[0])

    def room(self, device: str, time_ms: int) -> RoomReading:
        """What the sensor `th-<room>` shows. Raises StopIteration for a room there is not."""
        air = self._site.room(device.removeprefix("th-"), self._site_time(time_ms))
        return RoomReading(round(float(air.temperature[0]), 1), round(float(air.humidity[0]), 1))

    def swipes(self, start_ms: int, end_ms: int) -> list[Swipe]:
        """Cards held to the readers in [start, end), in order."""
        first, last = (int(self._moment(time_ms)) for time_ms in (start_ms, end_ms))
        times = [event.time_ms for event in self._passes]
        seen = self._passes[bisect_left(times, first) : bisect_left(times, last)]
        return [
            Swipe(
                "gate-in" if event.direction == "in" else "gate-out",
                self._began_ms + math.ceil((event.time_ms - self._origin_ms) / self._pace),
                f"{_VERSION}{event.card:08x}",
                "in" if event.direction == "in" else "out",
                event.trade,
            )
            for event in seen
        ]

    def _moment(self, time_ms: int) -> float:
        return self._origin_ms + (time_ms - self._began_ms) * self._pace

    def _site_time(self, time_ms: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        within = min(max(self._moment(time_ms), self._site.first_ms), self._site.last_ms - 1)
        return np.array([int(within)], dtype=np.int64)


def _display(supply: Phases, energy_kwh: float) -> MeterReading:
    watts, reactive = (tuple(float(row[0]) for row in rows) for rows in (supply.watts, supply.reactive))
    factors = [
        active / max(math.hypot(active, var), 1e-6) for active, var in zip(watts, reactive, strict=True)
    ]
    whole = math.hypot(sum(watts), sum(reactive))
    return MeterReading(
        voltage=_three([round(float(row[0]), 1) for row in supply.volts]),
        current=_three([round(float(row[0]), 3) for row in supply.amperes]),
        power=_three_whole(watts),
        reactive_power=_three_whole(reactive),
        power_factors=_three([round(factor, 3) for factor in factors]),
        power_factor=round(sum(watts) / max(whole, 1e-6), 3),
        frequency=round(float(supply.hertz[0]), 2),
        energy_kwh=energy_kwh,
    )


def _three(values: list[float]) -> tuple[float, float, float]:
    first, second, third = [*values, 0.0, 0.0][:3]
    return first, second, third


def _three_whole(values: tuple[float, ...]) -> tuple[int, int, int]:
    first, second, third = (round(value) for value in (*values, 0.0, 0.0)[:3])
    return first, second, third
