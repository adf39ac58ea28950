"""/sites/{site}/windows: aggregates over buckets of time, several series at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Annotated, Final, get_args
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from store.records.exchanges import MeterExchange, told_of
from store.records.tenancy import SiteRef
from store.scoped import SiteSeries
from store.timeseries.contract import Aggregate
from store.timeseries.counter import Why
from web.api.identity import TelemetrySite
from web.api.models import Answer, Column, DeviceName, QuantityName, SiteName, TimeMs, Unit
from web.api.moments import End, Run, Start, Step, StepParameter, rfc3339, runs, span, step_of
from web.api.series import Devices, Quantities, Series, is_counter, series_of, unit
from web.api.sources import From
from web.api.tables import CSV, JSON, ChosenFormat, packed
from web.http.problem_details import rule
from web.http.spreadsheet import csv_text
from wire.durations import HOUR_MS, MINUTE_MS, SECOND_MS

routes = APIRouter(tags=["readings"])

AGGREGATES: Final[tuple[Aggregate, ...]] = get_args(Aggregate)
#: Buckets of one series; buckets x series x aggregates; stored rows that must be read for them. The last
#: keeps one call to some seconds: a year by the minute of nine series, or ten years by the hour of fifty.
MOST_BUCKETS: Final = 20_000
MOST_VALUES: Final = 200_000
MOST_ROWS: Final = 5_000_000
MOST_MARKS: Final = 1_000
_ONE: Final = f"({'|'.join(AGGREGATES)})"

AggregatesParameter = Annotated[
    str,
    Query(
        pattern=rf"^{_ONE}(,{_ONE}){{0,{len(AGGREGATES) - 1}}}$",
        description="Comma-separated: min, max, mean, last, count, increase, covered. `mean` is "
        "time-weighted: each reading holds until the next one, at most 1 min where something flows and 1 h "
        "for rooms, materials and states; `covered` is the share of the bucket that readings hold for, null "
        "where only the plain mean of an earlier version is left. `increase` is for counters: what really "
        "grew, without glitches, resets and exchanged meters; other quantities come without it.",
        examples=["min,max,mean"],
    ),
]


class MarkAnswer(Answer):
    """A step that is not as steps should be, from one reading to another; of a glitch, from its first reading
    to its last one."""

    from_time: TimeMs
    from_value: Annotated[float, Field(description="In `unit`.")]
    to_time: TimeMs
    to_value: Annotated[float, Field(description="In `unit`.")]
    why: Annotated[
        Why, Field(description="`rollover` and `told` (by a person) are counted, the others count nothing.")
    ]


class SeriesWindow(Answer):
    """One series: each column is as long as `time`."""

    device: DeviceName
    quantity: QuantityName
    unit: Unit
    columns: Annotated[
        dict[Aggregate, Column],
        Field(
            description="Aggregate -> its value in each bucket, null where there was no reading; in `unit`, "
            "except count, which is the number of readings, and covered, a share from 0 to 1.",
            examples=[{"mean": [812.5, None]}],
        ),
    ]
    marks: Annotated[
        list[MarkAnswer], Field(description=f"With `increase`: suspicious steps, the first {MOST_MARKS}.")
    ] = []


class WindowAnswer(Answer):
    """Buckets [time[i], time[i + 1]), the last one up to `end`."""

    site: SiteName
    timezone: Annotated[str, Field(description="The zone that days are of.", examples=["Asia/Shanghai"])]
    step: Annotated[str, Field(description="As asked for.", examples=["15m"])]
    start: TimeMs
    end: TimeMs
    time: Annotated[list[int], Field(description="Where each bucket begins, UTC ms.")]
    series: Annotated[list[SeriesWindow], Field(description="By device and quantity.")]


@routes.get(
    "/sites/{site}/windows",
    summary="Aggregates over buckets of time",
    response_model=WindowAnswer,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
def list_windows(
    request: Request,
    site: TelemetrySite,
    sources: From,
    wanted: ChosenFormat,
    width: Annotated[StepParameter, Query(alias="step")],
    devices: Devices = [],  # noqa: B006 - FastAPI copies it
    quantities: Quantities = [],  # noqa: B006
    start: Start = None,
    end: End = None,
    aggregates: AggregatesParameter = "min,max,mean",
) -> Response:
    """`start` goes back and `end` forward to whole buckets: whole steps since 1970 in UTC, or for `1d` local
    midnights. A gap is null (an empty cell in CSV), never zero. CSV has one row per bucket and series."""
    step, columns = step_of(width), _distinct(aggregates)
    start, end = span(start, end, sources.clock())
    buckets = runs(start, end, step, ZoneInfo(site.timezone))
    _few_enough_buckets(step, buckets)
    series = series_of(sources, site, devices, quantities)
    _small_enough(step, buckets, series, columns)
    _some_counter_if_increase(series, columns)
    said = sources.records.exchanges.of(site.id) if "increase" in columns else []
    answer = WindowAnswer(
        site=site.id,
        timezone=site.timezone,
        step=step.text,
        start=buckets[0].start,
        end=buckets[-1].end,
        time=[time for run in buckets for time in range(run.start, run.end, run.step_ms)],
        series=[_read(sources.timeseries, site.id, one, buckets, columns, said) for one in series],
    )
    if wanted == "csv":
        return packed(request, _as_csv(answer, columns), CSV, {})
    return packed(request, answer.model_dump_json(), JSON, {})


def _distinct(aggregates: str) -> list[Aggregate]:
    asked = aggregates.split(",")
    return [aggregate for aggregate in AGGREGATES if aggregate in asked]


def _few_enough_buckets(step: Step, buckets: Sequence[Run]) -> None:
    count = sum(len(run) for run in buckets)
    if count > MOST_BUCKETS:
        raise rule("step", step.text, f"makes {count} buckets, at most {MOST_BUCKETS}", "take a longer step")


def _small_enough(
    step: Step, buckets: Sequence[Run], series: Sequence[Series], columns: Sequence[Aggregate]
) -> None:
    count = sum(len(run) for run in buckets) * len(series) * len(columns)
    if count > MOST_VALUES:
        remedy = "take a longer step, or fewer series or aggregates"
        raise rule("step", step.text, f"makes {count} values, at most {MOST_VALUES}", remedy)
    rows = sum(_rows_behind(run) for run in buckets) * len(series)
    if rows > MOST_ROWS:
        remedy = "take whole minutes or hours, a shorter time or fewer series"
        raise rule("step", step.text, f"needs about {rows} stored rows, at most {MOST_ROWS}", remedy)


def _rows_behind(run: Run) -> int:
    """What the store reads for these buckets: rollups by hour, by minute in an hour that an edge cuts; where
    they do not begin on whole minutes readings, say 1 Hz."""
    span = run.end - run.start
    if run.start % MINUTE_MS or run.step_ms % MINUTE_MS:
        return span // SECOND_MS
    if run.step_ms < HOUR_MS:
        return span // MINUTE_MS
    edges = [*range(run.start, run.end, run.step_ms), run.end]
    cut = sum(1 for edge in edges if edge % HOUR_MS)
    return span // HOUR_MS + cut * (HOUR_MS // MINUTE_MS)


def _some_counter_if_increase(series: Sequence[Series], columns: Sequence[Aggregate]) -> None:
    if "increase" in columns and series and not any(is_counter(quantity) for _, quantity in series):
        name = series[0][1]
        raise rule("aggregates", "increase", f"increase is for counters, {name} is none", "take mean or last")


def _read(
    timeseries: SiteSeries,
    site: SiteRef,
    series: Series,
    buckets: Sequence[Run],
    columns: Sequence[Aggregate],
    said: Sequence[MeterExchange],
) -> SeriesWindow:
    device, quantity = series
    meant = [column for column in columns if column != "increase" or is_counter(quantity)]
    told = told_of(said, device, quantity)
    found = [
        timeseries.window(site, device, quantity, run.start, run.end, run.step_ms, meant, told)
        for run in buckets
    ]
    joined = {
        column: list(itertools.chain.from_iterable(window.columns[column] for window in found))
        for column in meant
    }
    marks = [
        MarkAnswer(
            from_time=m.from_time, from_value=m.from_value, to_time=m.to_time, to_value=m.to_value, why=m.why
        )
        for window in found
        for m in window.marks
    ]
    return SeriesWindow(
        device=device, quantity=quantity, unit=unit(quantity), columns=joined, marks=marks[:MOST_MARKS]
    )


def _as_csv(answer: WindowAnswer, columns: Sequence[Aggregate]) -> str:
    return csv_text(["time", "device", "quantity", "unit", *columns], _rows(answer, columns))


def _rows(answer: WindowAnswer, columns: Sequence[Aggregate]) -> Iterator[list[object]]:
    times = [rfc3339(time) for time in answer.time]
    for one in answer.series:
        values = [one.columns.get(column, [None] * len(times)) for column in columns]
        for at, *cells in zip(times, *values, strict=True):
            yield [at, one.device, one.quantity, one.unit, *cells]
