"""/sites/{site}/latest: the newest reading of each series, with its age."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, TypeAdapter

from analytics.situation.age import AHEAD_AT_MOST_MS
from web.api.identity import TelemetrySite
from web.api.marks import Marks, marks_of
from web.api.models import AgeMs, Answer, DeviceName, Page, QuantityName, TimeMs, Unit, age_ms
from web.api.paging import USUAL_ITEMS, Cursor, Limit, page, unseal
from web.api.series import Devices, Quantities, series_of, unit
from web.api.sources import From
from web.api.tables import JsonOnly

routes = APIRouter(tags=["readings"], dependencies=[JsonOnly])
_AFTER = TypeAdapter(tuple[str, str])


class LatestAnswer(Answer):
    """The newest reading of a series."""

    device: DeviceName
    quantity: QuantityName
    unit: Unit
    value: Annotated[float, Field(description="In `unit`.", examples=[1_420.0])]
    time: TimeMs
    age_ms: AgeMs
    marks: Marks


@routes.get("/sites/{site}/latest", summary="The newest readings, with their age")
def list_latest(
    request: Request,
    response: Response,
    site: TelemetrySite,
    sources: From,
    devices: Devices = [],  # noqa: B006 - FastAPI copies it
    quantities: Quantities = [],  # noqa: B006
    limit: Limit = USUAL_ITEMS,
    cursor: Cursor = None,
) -> Page[LatestAnswer]:
    """By device and quantity. A series that has never had a reading is absent, and so is a device that was
    taken out, unless it is named. A reading stamped later than now (a clock that runs ahead) waits for its
    time."""
    after = unseal(request, cursor, _AFTER) or ("", "")
    gone = () if devices else site.seen.devices.retired(site.id)
    series = series_of(sources, site, devices, quantities)
    wanted = [one for one in series if one > after and one[0] not in gone]
    now = sources.clock()
    newest = sources.timeseries.latest(site.id, now + AHEAD_AT_MOST_MS)
    found = [
        LatestAnswer(
            device=device,
            quantity=quantity,
            unit=unit(quantity),
            value=newest[device, quantity].value,
            time=newest[device, quantity].time,
            age_ms=age_ms(newest[device, quantity].time, now),
            marks=marks_of(quantity, newest[device, quantity].value),
        )
        for device, quantity in wanted
        if (device, quantity) in newest
    ]
    return page(request, response, found, limit, lambda latest: (latest.device, latest.quantity))
