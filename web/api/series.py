"""Which series of a site are meant: filters by device and quantity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Query
from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from web.api.identity import Place
from web.api.sources import Sources
from web.http.problem_details import Fault, Problem, choice, shown
from wire.identifiers import DeviceId
from wire.quantities import QUANTITIES

#: Names in one filter.
MOST_NAMES: Final = 50
#: Devices looked through for one that has never sent a reading.
_MOST_DEVICES: Final = 100_000

Series = tuple[str, str]


def _known(name: str) -> str:
    if name not in QUANTITIES:
        remedy = {"remedy": choice(name, sorted(QUANTITIES))}
        raise PydanticCustomError("quantity", "is not in the table of quantities", remedy)
    return name


Quantity = Annotated[
    str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": sorted(QUANTITIES)})
]
Devices = Annotated[
    list[DeviceId],
    Query(
        alias="device",
        max_length=MOST_NAMES,
        description=f"Only these devices (repeat the parameter, up to {MOST_NAMES}).",
        examples=[["meter-main"]],
    ),
]
OneDevice = Annotated[DeviceId, Query(alias="device", description="The device.", examples=["meter-main"])]
Quantities = Annotated[
    list[Quantity],
    Query(
        alias="quantity",
        max_length=MOST_NAMES,
        description=f"Only these quantities (repeat the parameter, up to {MOST_NAMES}).",
        examples=[["active_power"]],
    ),
]


def series_of(
    sources: Sources, site: Place, devices: Sequence[str], quantities: Sequence[str]
) -> list[Series]:
    """The series that have ever had a reading, of all devices and quantities where none are named; by device
    and quantity. Blocking. Raises Problem, 404, for a device that the site does not have."""
    stored = sources.timeseries.devices(site.id)
    for device in devices:
        if device not in stored:
            _must_be_registered(site, device, sorted(stored))
    chosen = set(devices) if devices else set(stored)
    wanted = set(quantities)
    return [
        (device, quantity)
        for device in sorted(chosen & set(stored))
        for quantity in sorted(stored[device])
        if not wanted or quantity in wanted
    ]


def unit(quantity: str) -> str:
    """UCUM; "1" for a quantity that has left the table since."""
    return QUANTITIES[quantity].unit if quantity in QUANTITIES else "1"


def is_counter(quantity: str) -> bool:
    """Whether `increase` means anything."""
    return quantity in QUANTITIES and QUANTITIES[quantity].kind == "counter"


def _must_be_registered(site: Place, device: str, stored: Sequence[str]) -> None:
    registered = [d.id for d in site.seen.devices.all(site.id, limit=_MOST_DEVICES)]
    if device in registered:
        return
    fault = Fault(
        parameter="device",
        place="query",
        given=shown(device),
        rule=f"site {site.id} has no such device",
        remedy=choice(device, sorted({*registered, *stored})),
    )
    raise Problem("not-found", f"device {shown(device)!r}: {fault.rule}, {fault.remedy}.", errors=[fault])
