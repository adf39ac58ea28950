"""/sites/{site}/devices: what is read there."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, TypeAdapter

from web.api.identity import TelemetrySite
from web.api.models import Answer, DeviceName, Page
from web.api.paging import USUAL_ITEMS, Cursor, Limit, page, unseal
from web.api.sources import From
from web.api.tables import JsonOnly

routes = APIRouter(tags=["sites"], dependencies=[JsonOnly])
_AFTER = TypeAdapter(tuple[str])


class DeviceAnswer(Answer):
    """A meter, a sensor, a badge reader."""

    id: DeviceName
    kind: Annotated[str, Field(description="What it is.", examples=["electricity_meter"])]
    room: Annotated[str | None, Field(description="Where it hangs, if in a room.", examples=["bath"])]
    interval_s: Annotated[
        float | None,
        Field(description="How often it should speak (s); null: when something happens.", examples=[1.0]),
    ]
    quantities: Annotated[
        list[str], Field(description="What it has ever sent readings of.", examples=[["active_power"]])
    ]


@routes.get("/sites/{site}/devices", summary="The devices of a site")
def list_devices(
    request: Request,
    response: Response,
    site: TelemetrySite,
    sources: From,
    limit: Limit = USUAL_ITEMS,
    cursor: Cursor = None,
) -> Page[DeviceAnswer]:
    """By id: those that are registered, with what they have sent so far."""
    (after,) = unseal(request, cursor, _AFTER) or ("",)
    devices = site.seen.devices.all(site.id, limit=limit + 1, after=after)
    stored = sources.timeseries.devices(site.id)
    found = [
        DeviceAnswer(
            id=one.id,
            kind=one.kind,
            room=one.room,
            interval_s=one.interval_s,
            quantities=stored.get(one.id, []),
        )
        for one in devices
    ]
    return page(request, response, found, limit, lambda device: (device.id,))
