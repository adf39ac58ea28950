"""/sites/{site}/readings: what a device sent, reading by reading."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field, TypeAdapter

from store.records.tenancy import SiteRef
from store.scoped import SiteSeries
from web.api.identity import TelemetrySite
from web.api.marks import MarkedReading, marked
from web.api.models import Answer, Column, DeviceName, SiteName
from web.api.moments import End, Start, rfc3339, span
from web.api.paging import Cursor, next_link, seal, unseal
from web.api.series import OneDevice, Quantities, series_of, unit
from web.api.sources import From
from web.api.tables import CSV, JSON, ChosenFormat, packed
from web.http.spreadsheet import csv_text

routes = APIRouter(tags=["readings"])

MOST_ROWS: Final = 10_000
USUAL_ROWS: Final = 1_000
_FROM: Final = TypeAdapter(tuple[int])

RowLimit = Annotated[
    int,
    Query(
        ge=1, le=MOST_ROWS, description=f"How many times (rows) at most, up to {MOST_ROWS}.", examples=[1_000]
    ),
]


class ReadingsAnswer(Answer):
    """Columns: each is as long as `time`, null where the device had no value at that time."""

    site: SiteName
    device: DeviceName
    units: Annotated[
        dict[str, str], Field(description="Quantity -> UCUM code.", examples=[{"active_power": "W"}])
    ]
    time: Annotated[list[int], Field(description="UTC ms, ascending.")]
    values: Annotated[
        dict[str, Column],
        Field(description="Quantity -> its values.", examples=[{"active_power": [812.5, None]}]),
    ]
    marks: Annotated[list[MarkedReading], Field(description="Readings of which something is to be said.")]
    next: Annotated[str | None, Field(description="The cursor of the next page, null on the last.")]


@routes.get(
    "/sites/{site}/readings",
    summary="Every reading of a device",
    response_model=ReadingsAnswer,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
def list_readings(
    request: Request,
    site: TelemetrySite,
    sources: From,
    wanted: ChosenFormat,
    device: OneDevice,
    quantities: Quantities = [],  # noqa: B006 - FastAPI copies it
    start: Start = None,
    end: End = None,
    limit: RowLimit = USUAL_ROWS,
    cursor: Cursor = None,
) -> Response:
    """By time, one row per time. CSV has a column per quantity; its next page is named by the Link header."""
    start, end = span(start, end, sources.clock())
    (begin,) = unseal(request, cursor, _FROM) or (start,)
    names = [quantity for _, quantity in series_of(sources, site, [device], quantities)]
    time, values = _rows(sources.timeseries, (site.id, device), names, (begin, end), limit + 1)
    following = seal(request, (time[limit],)) if len(time) > limit else None
    shown = {name: column[:limit] for name, column in values.items()}
    answer = ReadingsAnswer(
        site=site.id,
        device=device,
        units={name: unit(name) for name in names},
        time=time[:limit],
        values=shown,
        marks=marked(time[:limit], shown),
        next=following,
    )
    headers = {"Link": next_link(request, following)} if following else {}
    if wanted == "csv":
        return packed(request, _as_csv(answer), CSV, headers)
    return packed(request, answer.model_dump_json(), JSON, headers)


def _rows(
    timeseries: SiteSeries, place: tuple[SiteRef, str], names: Sequence[str], when: tuple[int, int], most: int
) -> tuple[list[int], dict[str, Column]]:
    """The first `most` times at which any of the quantities has a value. A series that is cut off at `most`
    readings has as many times before the cut, so none of the rows kept lacks a value."""
    found = {name: dict(zip(*timeseries.raw(*place, name, *when, limit=most), strict=True)) for name in names}
    time = list(islice(sorted(set().union(*found.values())), most))
    return time, {name: [column.get(at) for at in time] for name, column in found.items()}


def _as_csv(answer: ReadingsAnswer) -> str:
    times = [rfc3339(time) for time in answer.time]
    return csv_text(["time", *answer.values], zip(times, *answer.values.values(), strict=True))
