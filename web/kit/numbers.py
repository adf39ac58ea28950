"""Numbers and times as the pages print them, by language (Babel)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, get_timezone_gmt, get_timezone_name

from web.kit.language import LANGUAGES, LOCALE, Language, typeset
from web.kit.words import say
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS
from wire.quantities import Quantity

#: (age below this, key, one unit in ms): the browser ticks by the same table, see static/ages.js.
_AGES: Final = (
    (MINUTE_MS, "age.seconds", 1_000),
    (HOUR_MS, "age.minutes", MINUTE_MS),
    (DAY_MS, "age.hours", HOUR_MS),
)
JUST_NOW_MS: Final = 3_000
_DAY_AND_MONTH: Final[dict[Language, str]] = {"zh": "M月d日", "en": "d MMM"}
_WEEKDAY: Final[dict[Language, str]] = {"zh": "M月d日 EEE", "en": "EEE d MMM"}
_WEEKDAY_AND_YEAR: Final[dict[Language, str]] = {"zh": "y年M月d日 EEE", "en": "EEE d MMM y"}
_DAY_AND_YEAR: Final[dict[Language, str]] = {"zh": "y年M月d日", "en": "d MMM y"}


#: Decimals of what has always the same: a tenth of a degree, whole percent.
_PLACES: Final = {"Cel": 1, "%": 0}


class Step(NamedTuple):
    """A way to print an amount: `places` decimals of value / `divisor`, in `unit`, for amounts below `below`
    (in the unit of the value)."""

    below: float
    places: int
    divisor: float
    unit: str


POWER_STEPS: Final = (Step(1_000, 0, 1, "W"), Step(math.inf, 2, 1_000, "kW"))
ENERGY_STEPS: Final = (
    Step(1, 2, 1, "kWh"), Step(100, 1, 1, "kWh"), Step(math.inf, 0, 1, "kWh"),
)  # fmt: skip
LITRE_STEPS: Final = (Step(10, 1, 1, "L"), Step(math.inf, 0, 1, "L"))


class Amount(NamedTuple):
    """A number and its unit, as two strings: they are set in different sizes."""

    text: str
    unit: str


#: A way to print an amount in a language.
Print = Callable[[float, Language], Amount]


def decimal(value: float, places: int, language: Language) -> str:
    """`value` with exactly `places` decimals; never "-0"."""
    del language  # Chinese and English group and point alike (CLDR): Babel takes a hundred times as long
    return f"{round(value, places) + 0.0:,.{places}f}"


def power(watts: float, language: Language) -> Amount:
    """Watts below 1 kW, else kilowatts with two decimals."""
    return _stepped(watts, POWER_STEPS, language)


def energy(kilowatt_hours: float, language: Language) -> Amount:
    """Kilowatt-hours, finer while they are few."""
    return _stepped(kilowatt_hours, ENERGY_STEPS, language)


def litres(volume: float, language: Language) -> Amount:
    """Litres, with one decimal below ten."""
    return _stepped(volume, LITRE_STEPS, language)


def _stepped(value: float, steps: Sequence[Step], language: Language) -> Amount:
    """By the first step in which the figure, as it would be printed, is still below its bound: rounding comes
    before choosing, or 99.96 would be 100.0 beside a 100."""
    for step in steps:
        shown = round(value / step.divisor, step.places)
        if abs(shown) * step.divisor < step.below:
            break
    return Amount(decimal(shown, step.places, language), step.unit)


def reading(row: Quantity, value: float, language: Language) -> Amount:
    """A value of any quantity, with its unit; of a state its word."""
    if row.kind == "state":
        return Amount(row.called[value >= 0.5][LANGUAGES.index(language)], "")
    if row.unit == "W":
        return power(value, language)
    places = _PLACES[row.unit] if row.unit in _PLACES else _places(value)
    return Amount(decimal(value, places, language), row.display_unit)


def _places(value: float) -> int:
    """Three figures that say something, as they are printed: 9.996 is 10.0."""
    return next((places for places, below in ((2, 10), (1, 100)) if abs(round(value, places)) < below), 0)


def age(age_ms: int, language: Language) -> str:
    """How long ago, rounded down."""
    if age_ms < JUST_NOW_MS:
        return say(language, "age.now")
    for below_ms, key, unit_ms in _AGES:
        if age_ms < below_ms:
            return say(language, key, n=age_ms // unit_ms)
    return say(language, "age.days", n=age_ms // DAY_MS)


def span(length_ms: int, language: Language) -> str:
    """How long, rounded down, in minutes at least."""
    for unit_ms, key in ((DAY_MS, "span.days"), (HOUR_MS, "span.hours")):
        if length_ms >= 2 * unit_ms:
            return say(language, key, n=length_ms // unit_ms)
    return say(language, "span.minutes", n=length_ms // MINUTE_MS)


def moment(time_ms: int, now_ms: int, zone: ZoneInfo, language: Language) -> str:
    """The local time of a moment; with its date where that is not today's, with the
    year where that is another."""
    local = dt.datetime.fromtimestamp(time_ms / 1_000, zone)
    clock = format_time(local, "HH:mm", tzinfo=zone, locale=LOCALE[language])
    today = dt.datetime.fromtimestamp(now_ms / 1_000, zone).date()
    if local.date() == today:
        return clock
    return f"{day(local.date(), language, with_year=local.year != today.year)} {clock}"


def zone_name(zone: ZoneInfo, language: Language) -> str:
    """What people call a time zone: China Time, 中国时间; GMT-12:00 where it belongs to no region."""
    if zone.key.startswith("Etc/"):
        return get_timezone_gmt(dt.datetime(2000, 1, 1, tzinfo=zone), locale=LOCALE[language])
    return get_timezone_name(zone, locale=LOCALE[language])


def day(date: dt.date, language: Language, *, with_year: bool = False) -> str:
    """Day and month."""
    pattern = (_DAY_AND_YEAR if with_year else _DAY_AND_MONTH)[language]
    return typeset(format_date(date, pattern, locale=LOCALE[language]), language)


def weekday(date: dt.date, language: Language, *, with_year: bool = False) -> str:
    """Day and month, and which day of the week it is."""
    pattern = (_WEEKDAY_AND_YEAR if with_year else _WEEKDAY)[language]
    return typeset(format_date(date, pattern, locale=LOCALE[language]), language)
