"""Times and steps as clients write them, and the buckets they make."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from web.http.problem_details import rule
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

#: The year 2100, as in wire.model.
LAST_MS: Final = 4_102_444_800_000
LONGEST_STEP_MS: Final = 366 * DAY_MS

MOMENT_PATTERN: Final = (
    r"^([0-9]{1,13}|(19[7-9][0-9]|20[0-9][0-9])-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))$"
)
STEP_PATTERN: Final = r"^([1-9][0-9]{0,10}|[1-9][0-9]{0,5}(ms|s|m|h)|1d)$"
_UNITS_MS: Final = {"": 1, "ms": 1, "s": SECOND_MS, "m": MINUTE_MS, "h": HOUR_MS}
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """A bucket's width. `ms` is None for a day of the site's calendar: 23, 24 or 25 h."""

    text: str
    ms: int | None


@dataclass(frozen=True, slots=True)
class Run:
    """Buckets of one width: [start, end) in steps of `step_ms`, all UTC ms."""

    start: int
    end: int
    step_ms: int

    def __len__(self) -> int:
        return (self.end - self.start) // self.step_ms


def _moment(given: str) -> int:
    if re.fullmatch(MOMENT_PATTERN, given) is None:
        blank = " " in given
        raise PydanticCustomError(
            "moment",
            "is no time: UTC milliseconds, or RFC 3339 with its offset",
            {"remedy": "write + as %2B in an address" if blank else "write it as 2026-11-23T07:00:00Z"},
        )
    time_ms = int(given) if given.isdecimal() else _from_calendar(given.upper())
    if not 0 <= time_ms < LAST_MS:
        raise PydanticCustomError("rule", "must lie in 1970 to 2099", {"remedy": "correct it"})
    return time_ms


def _from_calendar(given: str) -> int:
    try:
        return (dt.datetime.fromisoformat(given) - _EPOCH) // _MILLISECOND
    except ValueError as error:
        remedy = {"remedy": "correct the day of the month"}
        raise PydanticCustomError("rule", "is no day of the calendar", remedy) from error


def step_of(given: str) -> Step:
    """The step that `StepParameter` has let through. Raises PydanticCustomError for any other text."""
    if re.fullmatch(STEP_PATTERN, given) is None:
        raise _misspelt("a step", "15m: a number with ms, s, m or h, milliseconds alone, or 1d")
    if given == "1d":
        return Step(given, None)
    digits = given.rstrip("smh")
    ms = int(digits) * _UNITS_MS[given[len(digits) :]]
    if ms > LONGEST_STEP_MS:
        raise PydanticCustomError("rule", "must be at most 366 days", {"remedy": "take 1d"})
    if ms > MINUTE_MS and ms % MINUTE_MS:
        remedy = {"remedy": f"take {ms // MINUTE_MS}m"}
        raise PydanticCustomError("rule", "must be whole minutes where it is longer than one", remedy)
    return Step(given, ms)


def _checked(given: str) -> str:
    step_of(given)
    return given


def _misspelt(what: str, example: str) -> PydanticCustomError:
    return PydanticCustomError(
        "misspelt", "is not {what}", {"what": what, "remedy": f"write it as {example}"}
    )


def _text(pattern: str, description: str, *examples: str) -> WithJsonSchema:
    schema: dict[str, Any] = {"type": "string", "pattern": pattern, "description": description}
    return WithJsonSchema(schema | {"examples": list(examples)})


_MOMENT: Final = _text(
    MOMENT_PATTERN,
    "UTC milliseconds, or RFC 3339 with its offset (+ is written %2B in an address).",
    "2026-11-23T00:00:00+08:00",
    "1795363200000",
)
Moment = Annotated[int, BeforeValidator(_moment), _MOMENT]
Start = Annotated[
    int | None,
    BeforeValidator(_moment),
    _MOMENT,
    Query(description="From this time on; left out: 24 h before `end`."),
]
End = Annotated[
    int | None, BeforeValidator(_moment), _MOMENT, Query(description="Up to, not including; left out: now.")
]
StepParameter = Annotated[
    str,
    AfterValidator(_checked),
    _text(
        STEP_PATTERN,
        "Width of a bucket: a number with ms, s, m or h, milliseconds alone, or `1d`: a day of the site's "
        "own calendar, which daylight saving makes 23 or 25 h long. Longer than a minute: whole minutes.",
        "15m",
        "1d",
    ),
]


def span(start: int | None, end: int | None, now: int) -> tuple[int, int]:
    """The times asked for, as `Start` and `End` say. Raises Problem, 400, where they run backwards."""
    end = now if end is None else end
    start = max(0, end - DAY_MS) if start is None else start
    if start >= end:
        raise rule("start", start, f"must lie before end ({end})", "exchange them, or leave end out for now")
    return start, end


def runs(start: int, end: int, step: Step, zone: ZoneInfo) -> list[Run]:
    """The buckets that hold [start, end): whole steps since 1970 in UTC, or whole days of `zone`. Days come
    in runs of equal length, so that a year is a handful of questions and not 365."""
    if step.ms is not None:
        return [Run(start // step.ms * step.ms, -(-end // step.ms) * step.ms, step.ms)]
    # Samoa had no 30 December 2011: a day without length is none.
    days = [day for day in itertools.pairwise(_midnights(start, end, zone)) if day[0] < day[1]]
    grouped = [(length, list(group)) for length, group in itertools.groupby(days, key=_length)]
    return [Run(group[0][0], group[-1][1], length) for length, group in grouped]


def _length(day: tuple[int, int]) -> int:
    return day[1] - day[0]


def _midnights(start: int, end: int, zone: ZoneInfo) -> Iterator[int]:
    """Where the local days begin, from the one that holds `start` to the first at or after `end`."""
    day = (_EPOCH + dt.timedelta(milliseconds=start)).astimezone(zone).date()
    while True:
        midnight = dt.datetime.combine(day, dt.time(), zone)
        time_ms = (midnight.astimezone(dt.UTC) - _EPOCH) // _MILLISECOND
        yield time_ms
        if time_ms >= end:
            return
        day += dt.timedelta(days=1)


def rfc3339(time_ms: int) -> str:
    """UTC, with milliseconds: 2026-11-23T07:12:00.000Z."""
    moment = _EPOCH + dt.timedelta(milliseconds=time_ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
