"""Moments on the pages of people, which belong to no site and so to no site's time zone."""

from __future__ import annotations

import datetime as dt
from typing import Final
from zoneinfo import ZoneInfo

from web.kit.language import Language
from web.kit.numbers import day, moment

#: The product is at home in one time zone (GB/T 7408 dates, no daylight saving).
ZONE: Final = ZoneInfo("Asia/Shanghai")


def day_of(time_ms: int, now_ms: int, language: Language) -> str:
    """Its date, with the year where that is another."""
    date, today = (dt.datetime.fromtimestamp(ms / 1_000, ZONE).date() for ms in (time_ms, now_ms))
    return day(date, language, with_year=date.year != today.year)


def moment_of(time_ms: int, now_ms: int, language: Language) -> str:
    """Its time of the day, with its date where that is not today's."""
    return moment(time_ms, now_ms, ZONE, language)


def begins(date: dt.date) -> int:
    """UTC ms at which a day begins."""
    return round(dt.datetime.combine(date, dt.time(), ZONE).timestamp() * 1_000)
