"""Numbers and times as the pages print them, by language (Babel)."""

from __future__ import annotations

import datetime as dt
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_gmt, get_timezone_name
from babel.numbers import format_decimal

from web.language import LOCALE, Language, typeset
from web.messages import say

#: (age below this, key, one unit in ms): the browser ticks by the same table, see static/ages.js.
_AGES: Final = (
    (60_000, "age.seconds", 1_000),
    (3_600_000, "age.minutes", 60_000),
    (86_400_000, "age.hours", 3_600_000),
)
JUST_NOW_MS: Final = 3_000
DAY_MS: Final = 86_400_000
_DAY_AND_MONTH: Final[dict[Language, str]] = {"zh": "M月d日", "en": "d MMM"}


class Amount(NamedTuple):
    """A number and its unit, as two strings: they are set in different sizes."""

    text: str
    unit: str


def decimal(value: float, places: int, language: Language) -> str:
    """`value` with exactly `places` decimals; never "-0"."""
    rounded = round(value, places) + 0.0
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return format_decimal(rounded, pattern, locale=LOCALE[language])


def power(watts: float, language: Language) -> Amount:
    """Watts below 1 kW, else kilowatts with two decimals."""
    if abs(round(watts)) < 1_000:
        return Amount(decimal(watts, 0, language), "W")
    return Amount(decimal(watts / 1_000, 2, language), "kW")


def energy(kilowatt_hours: float, language: Language) -> Amount:
    """Kilowatt-hours, finer while they are few."""
    places = 2 if kilowatt_hours < 1 else 1 if kilowatt_hours < 100 else 0
    return Amount(decimal(kilowatt_hours, places, language), "kWh")


def litres(volume: float, language: Language) -> Amount:
    """Litres, with one decimal below ten."""
    return Amount(decimal(volume, 1 if volume < 10 else 0, language), "L")


def celsius(degrees: float, language: Language) -> Amount:
    """Degrees Celsius to a tenth."""
    return Amount(decimal(degrees, 1, language), "°C")


def percent(share: float, language: Language) -> Amount:
    """Whole percent."""
    return Amount(decimal(share, 0, language), "%")


def age(age_ms: int, language: Language) -> str:
    """How long ago, rounded down."""
    if age_ms < JUST_NOW_MS:
        return say(language, "age.now")
    for below_ms, key, unit_ms in _AGES:
        if age_ms < below_ms:
            return say(language, key, n=age_ms // unit_ms)
    return say(language, "age.days", n=age_ms // DAY_MS)


def moment(time_ms: int, now_ms: int, zone: ZoneInfo, language: Language) -> str:
    """The local time of a moment; with its date where that is not today's."""
    local = dt.datetime.fromtimestamp(time_ms / 1_000, zone)
    clock = format_time(local, "HH:mm", tzinfo=zone, locale=LOCALE[language])
    if local.date() == dt.datetime.fromtimestamp(now_ms / 1_000, zone).date():
        return clock
    return f"{day(local.date(), language)} {clock}"


def zone_name(zone: ZoneInfo, language: Language) -> str:
    """What people call a time zone: China Time, 中国时间; GMT-12:00 where it belongs to no region."""
    if zone.key.startswith("Etc/"):
        return get_timezone_gmt(dt.datetime(2000, 1, 1, tzinfo=zone), locale=LOCALE[language])
    return get_timezone_name(zone, locale=LOCALE[language])


def day(date: dt.date, language: Language) -> str:
    """Day and month."""
    return typeset(format_date(date, _DAY_AND_MONTH[language], locale=LOCALE[language]), language)
