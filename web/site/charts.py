"""A day of one series as a chart of the kit."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from web.kit import chart
from web.kit.language import Language
from web.kit.numbers import reading
from web.site.reading import STEP_MS, Drawn, Facts
from web.site.words import say
from wire.durations import HOUR_MS
from wire.quantities import QUANTITIES, Quantity

#: A tick every so many hours.
_TICK_HOURS = 4


def chart_of(drawn: Drawn, called: str, facts: Facts, language: Language) -> chart.Chart:
    """The last 24 hours; a step without a reading ends the line."""
    row, zone, now = QUANTITIES[drawn.quantity], facts.seen.place.zone, facts.now
    points: list[chart.Point] = list(zip(drawn.window.time, drawn.window.columns["mean"], strict=True))
    values = [value for _, value in points if value is not None]
    scale = _scale(drawn, row, values)
    curve = chart.drawn(points, scale, STEP_MS, max(scale.low, 0.0))
    return chart.Chart(
        id=f"chart-{drawn.device}",
        title=called,
        summary=_summary(row, values, language),
        line=curve.line,
        area=curve.area,
        lone=curve.lone,
        gaps=chart.spans(chart.gaps(points, STEP_MS, drawn.start, min(now, drawn.end)), scale),
        ticks=tuple(_ticks(drawn, scale, zone)),
        levels=tuple(
            chart.Label(scale.y(level), _printed(row, level, language))
            for level in chart.nice_levels(scale.low, scale.high)
        ),
        now=scale.x(now),
        zero=scale.y(0.0) if scale.low < 0 else None,
        keys=(chart.Key("line", say(language, "chart.mean")), chart.Key("gap", say(language, "chart.gap"))),
        said=tuple(
            chart.Said(scale.x(time), _clock(time, zone), _printed(row, value, language))
            for time, value in points
            if value is not None
        ),
        columns=(say(language, "chart.time"), getattr(row, language)),
        behind=say(language, "chart.table"),
    )


def _scale(drawn: Drawn, row: Quantity, values: list[float]) -> chart.Scale:
    """From zero where that is near, else around what was measured; never without height."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if row.kind == "state":
        low, high = 0.0, 1.0
    elif row.kind == "gauge" and 0 <= low <= (high - low) * 2:
        low = 0.0
    room = (high - low) * 0.1 or 1.0
    return chart.Scale(drawn.start, drawn.end, low if low == 0.0 else low - room, high + room)


def _summary(row: Quantity, values: list[float], language: Language) -> str:
    if not values:
        return say(language, "chart.nothing")
    low, high = (_printed(row, value, language) for value in (min(values), max(values)))
    return say(language, "chart.between", low=low, high=high)


def _ticks(drawn: Drawn, scale: chart.Scale, zone: ZoneInfo) -> list[chart.Label]:
    hours = range(drawn.start - drawn.start % HOUR_MS + HOUR_MS, drawn.end, HOUR_MS)
    local = [(time, dt.datetime.fromtimestamp(time / 1_000, zone)) for time in hours]
    return [
        chart.Label(scale.x(time), f"{at:%H:%M}")
        for time, at in local
        if at.hour % _TICK_HOURS == 0 and at.minute == 0 and 2 < scale.x(time) < 98
    ]


def _printed(row: Quantity, value: float, language: Language) -> str:
    amount = reading(row, value, language)
    return f"{amount.text} {amount.unit}".strip()


def _clock(time: int, zone: ZoneInfo) -> str:
    return f"{dt.datetime.fromtimestamp(time / 1_000, zone):%H:%M}"
