"""Days as people on the site live them: local midnights in UTC milliseconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


class SiteCalendar:
    """Local dates of one time zone. Raises zoneinfo.ZoneInfoNotFoundError for a zone nobody knows."""

    def __init__(self, timezone: str) -> None:
        self.timezone = timezone
        self._zone = ZoneInfo(timezone)

    def date_at(self, time_ms: int) -> date:
        """The local date at a moment."""
        return datetime.fromtimestamp(time_ms // 1000, self._zone).date()

    def start_ms(self, day: date) -> int:
        """Local midnight at which `day` begins."""
        midnight = datetime(day.year, day.month, day.day, tzinfo=self._zone)
        return int(midnight.timestamp()) * 1000

    def end_ms(self, day: date) -> int:
        """Local midnight at which `day` ends: 23 or 25 hours later where clocks change."""
        return self.start_ms(day + timedelta(days=1))


def working_timezone(now_ms: int, preferred: str = "Asia/Shanghai") -> str:
    """A zone in which it is now the middle of a working day, so that a demo always has something to show.

    `preferred` while it is 08:45 to 16:30 there, else the `Etc/GMT` zone where it is about 10:30 to 11:30.
    """
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    local = now.astimezone(ZoneInfo(preferred))
    if 8 * 60 + 45 <= local.hour * 60 + local.minute <= 16 * 60 + 30:
        return preferred
    minutes = now.hour * 60 + now.minute
    offset_h = (11 * 60 + 30 - minutes) // 60
    if offset_h < -12:  # west of the date line there is no zone: the same hour, a day later, east of it
        offset_h += 24
    # POSIX signs: Etc/GMT-8 is eight hours ahead of Greenwich.
    return "Etc/GMT" if offset_h == 0 else f"Etc/GMT{-offset_h:+d}"
