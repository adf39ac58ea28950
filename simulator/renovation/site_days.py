"""Local days of a site, counted from its first: their midnights, dates and whether people work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from simulator.model.calendar import SiteCalendar
from simulator.renovation.arrays import Whole
from wire.durations import HOUR_MS

#: Longer than any renovation here, with the airing behind it.
MOST_DAYS = 280


@dataclass(frozen=True, slots=True)
class SiteDays:
    """Days 0, 1, … of a site that begins on `start`; midnights are UTC milliseconds."""

    start: date
    timezone: str
    midnights: Whole

    def date(self, day: int) -> date:
        """The local date of a day."""
        return self.start + timedelta(days=day)

    def midnight(self, day: int) -> datetime:
        """The midnight at which a day begins, aware."""
        return datetime.fromtimestamp(int(self.midnights[day]) / 1000, ZoneInfo(self.timezone))

    def at(self, day: int, hour: float) -> int:
        """A moment `hour` hours after a day's midnight."""
        return int(self.midnights[day]) + int(hour * HOUR_MS)

    def day_of(self, time_ms: int) -> int:
        """The day a moment falls on."""
        return int(np.searchsorted(self.midnights, time_ms, side="right")) - 1


def site_days(start: date, timezone: str, days: int = MOST_DAYS) -> SiteDays:
    """Days from `start` on. Raises ZoneInfoNotFoundError for a zone nobody knows."""
    calendar = SiteCalendar(timezone)
    midnights = [calendar.start_ms(start + timedelta(days=n)) for n in range(days + 1)]
    return SiteDays(start, timezone, np.array(midnights, dtype=np.int64))
