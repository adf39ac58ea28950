"""Days on the pages of people, which belong to no site: those of the firm's time zone."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from web.kit.language import Language
from web.kit.numbers import day


def day_of(time_ms: int, now_ms: int, zone: ZoneInfo, language: Language) -> str:
    """Its date, with the year where that is another."""
    date, today = (dt.datetime.fromtimestamp(ms / 1_000, zone).date() for ms in (time_ms, now_ms))
    return day(date, language, with_year=date.year != today.year)


def begins(date: dt.date, zone: ZoneInfo) -> int:
    """UTC ms at which a day begins."""
    return round(dt.datetime.combine(date, dt.time(), zone).timestamp() * 1_000)
