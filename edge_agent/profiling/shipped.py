"""Whether what another program reads of a device is what a shipped profile reads."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from edge_agent import profile
from edge_agent.profiling.value import Value

#: Fewer registers in common prove nothing.
_FEWEST: Final = 2
#: So much of what is read must be the profile's; the rest its makers may have added.
_SHARE: Final = 0.75
#: Types of device that mbmd has, and with it evcc (volkszaehler/mbmd, meters/rs485), where a profile ships.
MBMD: Final[dict[str, str]] = {
    "abb": "abb-b23",
    "inepro": "inepro-pro380",
    "orno1p": "orno-we-514",
    "orno3p": "orno-we-516",
    "sdm": "eastron-sdm630",
    "sdm120": "eastron-sdm120",
    "sdm220": "eastron-sdm230",
    "sdm230": "eastron-sdm230",
    "sdm630": "eastron-sdm630",
    "sdm72": "eastron-sdm72d-m-v2",
}
#: Components of ESPHome that are for one maker's meters (ESPHome docs, components/sensor).
ESPHOME: Final[dict[str, tuple[str, ...]]] = {
    "pzemac": ("pzem-016",),
    "pzemdc": ("pzem-017",),
    "sdm_meter": ("eastron-sdm120", "eastron-sdm230", "eastron-sdm630"),
    "senseair": ("senseair-s8",),
}


@dataclass(frozen=True, slots=True)
class Shipped:
    """Shipped profiles that fit alike: so many of the values looked for are theirs, which have so many."""

    names: tuple[str, ...]
    hits: int
    values: int


def recognised(values: Sequence[Value]) -> Shipped | None:
    """The shipped profile that reads nearly all these values where they stand; None where there is none.

    Of several the one with most of them, then the one that reads least besides; two may be the same device.
    """
    fitting: dict[tuple[int, int], list[str]] = {}
    for name, places in _places():
        hits = sum(_same(value, places.get((value.table, value.address))) for value in values)
        if hits >= max(_FEWEST, _SHARE * len(values)):
            fitting.setdefault((-hits, len(places)), []).append(name)
    if not fitting:
        return None
    best = min(fitting)
    return Shipped(tuple(fitting[best]), -best[0], len(values))


def _same(value: Value, place: Mapping[str, Any] | None) -> bool:
    if place is None or place["quantity"] != value.quantity:
        return False
    if value.table in ("coil", "discrete"):
        return True
    wide = value.width > 1
    numbers = (place["decode"] == value.kind) and (not wide or place["byte_order"] == value.plain_order)
    return numbers and math.isclose(place["scale"], value.scale, rel_tol=1e-9)


@functools.cache
def _places() -> tuple[tuple[str, Mapping[tuple[str, int], dict[str, Any]]], ...]:
    """Each shipped Modbus profile's points by table and address."""
    found = []
    for name in profile.names():
        used = profile.load(name)
        if used.transport.protocol == "modbus_rtu":
            points = {
                (point.where["type"], point.where["address"]): {
                    **point.where,
                    "quantity": point.quantity,
                    "scale": point.scale,
                }
                for point in used.contract_points()
            }
            found.append((name, points))
    return tuple(found)
