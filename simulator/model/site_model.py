"""One site at any moment, past or present: the only door to the model."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from simulator.model.activity import DayActivity
from simulator.model.calendar import SiteCalendar
from simulator.model.electricity import Mains, MeterReading, base_wh
from simulator.model.people import DayPeople, Swipe
from simulator.model.plan import DayPlan, plan_day
from simulator.model.rooms import ROOMS, RoomClimate, RoomReading, Wetness
from simulator.model.weather import DayWeather

#: When the meters of every simulated site were mounted, at zero.
MOUNTED: Final = date(2024, 1, 1)
#: After five e-foldings an old coat is dry.
_WET_DAYS: Final = 30
#: Days kept in memory: a page of history and the day before and after.
_DAYS_KEPT: Final = 16


class Day:
    """Everything that is drawn once per day."""

    __slots__ = ("activity", "climates", "end_ms", "litres_before", "people", "start_ms", "tool_wh_before")

    def __init__(self, model: SiteModel, day: date) -> None:
        plan = model.plan(day)
        self.start_ms = model.calendar.start_ms(day)
        self.end_ms = model.calendar.end_ms(day)
        self.tool_wh_before, self.litres_before = model.counted_before(day)
        self.activity = DayActivity(model.seed, plan, self.start_ms)
        self.people = DayPeople(model.seed, plan, self.start_ms)
        weather = DayWeather(model.seed, day, self.start_ms, self.end_ms - self.start_ms)
        earlier = [(back, model.plan(day - timedelta(days=back))) for back in range(1, _WET_DAYS)]
        self.climates = {}
        for room in ROOMS:
            left = [(back, before.wet_m2.get(room.name, 0.0)) for back, before in earlier]
            wetness = Wetness(self.start_ms, left, plan.wet_m2.get(room.name, 0.0))
            self.climates[room.device] = RoomClimate(
                model.seed, room, self.start_ms, plan.crew, weather, wetness
            )


class SiteModel:
    """A renovation site drawn from (seed, time zone). Any order of asking gives the same answers.

    Moments before the meters were mounted (2024) raise ValueError.
    """

    def __init__(self, seed: int, timezone: str) -> None:
        self.seed = seed
        self.calendar = SiteCalendar(timezone)
        self._mounted_ms = self.calendar.start_ms(MOUNTED)
        self._mains = Mains(seed)
        self._plans: dict[date, DayPlan] = {}
        self._counted: list[tuple[float, int]] = [(0.0, 0)]
        self._days: dict[date, Day] = {}
        self._latest: Day | None = None
        self._shown: tuple[int, MeterReading] | None = None

    def meter(self, time_ms: int) -> MeterReading:
        """The main meter's display; like a real one it changes once a second."""
        time_ms -= time_ms % 1000
        if self._shown is None or self._shown[0] != time_ms:
            day = self._day_at(time_ms)
            since_ms = time_ms - self._mounted_ms
            energy_wh = day.tool_wh_before + day.activity.tool_wh(time_ms) + base_wh(since_ms)
            self._shown = time_ms, self._mains.reading(time_ms, since_ms, day.activity, energy_wh)
        return self._shown[1]

    def water_litres(self, time_ms: int) -> int:
        """The water meter's counter."""
        day = self._day_at(time_ms)
        return day.litres_before + day.activity.litres(time_ms)

    def room(self, device: str, time_ms: int) -> RoomReading:
        """What the sensor `device` (th-living, …) shows. Raises KeyError for another."""
        return self._day_at(time_ms).climates[device].at(time_ms)

    def headcount(self, time_ms: int) -> int:
        """People really inside: what badges try to tell."""
        return self._day_at(time_ms).people.headcount(time_ms)

    def swipes(self, start_ms: int, end_ms: int) -> list[Swipe]:
        """Cards held to the readers in [start, end), in order."""
        found: list[Swipe] = []
        at_ms = start_ms
        while at_ms < end_ms:
            day = self._day_at(at_ms)
            found += day.people.between(start_ms, end_ms)
            at_ms = day.end_ms
        return found

    def plan(self, day: date) -> DayPlan:
        """What is done on `day`."""
        if day not in self._plans:
            self._plans[day] = plan_day(self.seed, day)
        return self._plans[day]

    def counted_before(self, day: date) -> tuple[float, int]:
        """Tool energy (Wh) and litres from the mounting of the meters to the beginning of `day`."""
        index = (day - MOUNTED).days
        if index < 0:
            raise ValueError(f"{day} is before the meters were mounted ({MOUNTED})")
        while len(self._counted) <= index:
            energy_wh, litres = self._counted[-1]
            plan = self.plan(MOUNTED + timedelta(days=len(self._counted) - 1))
            self._counted.append((energy_wh + plan.tool_wh, litres + plan.litres))
        return self._counted[index]

    def _day_at(self, time_ms: int) -> Day:
        latest = self._latest
        if latest is None or not latest.start_ms <= time_ms < latest.end_ms:
            self._latest = latest = self._drawn(self.calendar.date_at(time_ms))
        return latest

    def _drawn(self, day: date) -> Day:
        if day not in self._days:
            if len(self._days) >= _DAYS_KEPT:
                self._days.pop(next(iter(self._days)))
            self._days[day] = Day(self, day)
        return self._days[day]
