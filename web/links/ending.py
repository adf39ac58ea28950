"""How long a link holds: whoever has it sees the page, so it must end."""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

#: A link outlives the handover of the work by so much, unless its end is named.
DAYS_AFTER_HANDOVER: Final = 30
#: The same of one for work whose handover nobody has said, from the day it is made.
DAYS_WITHOUT_HANDOVER: Final = 180


def end_of_link(zone: ZoneInfo, expires: dt.date | None, handover: dt.date | None) -> int | None:
    """UTC ms from which on a link is over: after its last day, local time; None: it has no end."""
    last = expires
    if last is None and handover is not None:
        last = handover + dt.timedelta(days=DAYS_AFTER_HANDOVER)
    if last is None:
        return None
    midnight = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), zone)
    return round(midnight.timestamp() * 1_000)


def last_day(zone: ZoneInfo, expires: int) -> dt.date:
    """The last day, local time, on which a link that is over at UTC ms `expires` opens something."""
    return dt.datetime.fromtimestamp(expires / 1_000 - 1, zone).date()


def usual_last_day(zone: ZoneInfo, handover: dt.date | None, now: int) -> dt.date:
    """That of a link made at UTC ms `now` where nobody names one: never a day that is past."""
    today = dt.datetime.fromtimestamp(now / 1_000, zone).date()
    if handover is None:
        return today + dt.timedelta(days=DAYS_WITHOUT_HANDOVER)
    return max(handover, today) + dt.timedelta(days=DAYS_AFTER_HANDOVER)
