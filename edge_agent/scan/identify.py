"""Which shipped profiles fit a device that answers: they are read, and what they say is looked at."""

from __future__ import annotations

import asyncio
import functools
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from edge_agent import profile
from edge_agent.drivers.contract import DriverError, LineCounters, LineLost, Point, Port, Reply, Target
from edge_agent.drivers.registry import POLLED
from edge_agent.profile import Profile
from edge_agent.scan.probe import Setting
from wire.quantities import QUANTITIES

#: DL/T 645-2007 §4 and its kin: an answer begins within half a second; a Modbus device's within far less.
_METER_TIMEOUT_S: Final = 0.6
_MODBUS_TIMEOUT_S: Final = 0.3
#: No further profile is tried on a device after this: silence where it should refuse costs most.
WITHIN_S: Final = 12.0
#: Of the values a profile reads, so many must be plausible for it to be named.
_LEAST_SHARE: Final = 0.6
#: What a site has, where the table's bounds are wider: these tell one register map from another.
_USUAL: Final[dict[str, tuple[float, float]]] = {
    **dict.fromkeys(("voltage", "voltage_l1", "voltage_l2", "voltage_l3"), (80, 280)),
    "frequency": (45, 65),
    "temperature": (-25, 55),
    "relative_humidity": (10, 100),
    "sound_level": (20, 130),
}


@dataclass(frozen=True, slots=True)
class Fit:
    """A profile that reads the device: `good` of its `all` values are plausible."""

    profile: str
    variant: str | None
    maker: str
    model: str
    good: int
    all: int
    #: Whether the model leaves the factory with the setting found.
    as_sold: bool

    @property
    def name(self) -> str:
        """The profile, with its variant."""
        return self.profile if self.variant is None else f"{self.profile} {self.variant}"


async def fits(port: Port, protocol: str, address: str, setting: Setting) -> list[Fit]:
    """The profiles that fit, best first, of those that could be tried in time. Raises LineLost."""
    found: list[Fit] = []
    models = _models(protocol) if protocol in POLLED else ()
    clock = asyncio.get_running_loop().time
    until_s = clock() + WITHIN_S
    for model, variant in models:
        if clock() > until_s:
            break
        # Whoever has just answered answers again: asked once only, a map that is not its own costs less.
        target = replace(model.target("", address, variant), attempts=1)
        # One request tells most models apart; a map that is not the device's would be refused bit by bit.
        witness = replace(target, points=(_witness(target.points),))
        first = await _read(port, protocol, witness)
        if first is None or not all(itertools.starmap(_plausible, first.values.items())):
            continue
        reply = await _read(port, protocol, target)
        if reply is not None and (fit := judge(model, variant, reply, setting)) is not None:
            found.append(fit)
    return sorted(found, key=_worth, reverse=True)


def _witness(points: Sequence[Point]) -> Point:
    """The point that says most: one whose usual values are narrow, else the first."""
    return next((point for point in points if point.quantity in _USUAL), points[0])


def judge(model: Profile, variant: str | None, reply: Reply, setting: Setting) -> Fit | None:
    """How well `reply` fits the model; None where too little of it is plausible."""
    good = sum(_plausible(quantity, value) for quantity, value in reply.values.items())
    if good < _LEAST_SHARE * len(reply.values):
        return None
    sold = model.transport
    return Fit(
        model.profile,
        variant,
        model.match.maker,
        model.match.model,
        good,
        len(reply.values),
        (sold.baud, sold.parity) == (setting.baud, setting.parity),
    )


def _worth(fit: Fit) -> tuple[float, int, bool, bool, str]:
    return fit.good / fit.all, fit.good, fit.as_sold, fit.variant is None, fit.profile


@functools.cache
def _models(protocol: str) -> tuple[tuple[Profile, str | None], ...]:
    """Every shipped model and variant of a protocol; read once, for a Pi takes seconds to read them all."""
    models = [model for model in map(profile.load, profile.names()) if model.transport.protocol == protocol]
    return tuple((model, variant) for model in models for variant in (None, *model.variants))


async def _read(port: Port, protocol: str, target: Target) -> Reply | None:
    timeout_s = _MODBUS_TIMEOUT_S if protocol == "modbus_rtu" else _METER_TIMEOUT_S
    try:
        return await POLLED[protocol]().poll(port, target, LineCounters(), timeout_s)
    except LineLost:
        raise
    except DriverError:
        return None


def _plausible(quantity: str, value: float | None) -> bool:
    if value is None:
        return False
    row = QUANTITIES[quantity]
    low, high = _USUAL.get(quantity, (row.low, row.high))
    return low <= value <= high
