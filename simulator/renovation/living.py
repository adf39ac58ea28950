"""What runs and flows though it is no work: standby, a fridge, people who live on site, e-bikes, heaters.

None of it knows the stage. It is there so that nobody takes energy at night, or water in the evening, for
work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.renovation.arrays import Whole
from simulator.renovation.chance import generator, happens, whole_within, within
from simulator.renovation.loads import Load, Runs, joined
from simulator.renovation.site_days import SiteDays
from simulator.renovation.variety import Variety
from simulator.renovation.weather import Weather

_FRIDGE_W: Final = 85.0
#: A kettle's litre, a shower of a bucket: draws of people who live on site (L).
_EVENING_L: Final = (3.0, 28.0)


@dataclass(frozen=True, slots=True)
class Living:
    """Who lives on site, and what stays plugged in."""

    sleepers: int
    e_bike: bool
    fridge: bool
    standby_w: float
    heater_w: float


def draw_living(rng: np.random.Generator, variety: Variety) -> Living:
    """Standby 5-60 W; a heater where somebody sleeps."""
    sleeps = happens(rng, variety.lives_on_site)
    return Living(
        sleepers=whole_within(rng, (1, 3)) if sleeps else 0,
        e_bike=happens(rng, variety.e_bikes),
        fridge=happens(rng, 0.3),
        standby_w=within(rng, (5, 60)),
        heater_w=within(rng, (800, 2000)),
    )


def living_loads(
    seed: int, living: Living, days: SiteDays, weather: Weather, count: int, phases: int
) -> list[Load]:
    """Loads of `count` days that are no work."""
    rng = generator(seed, "living loads")
    phase = [int(rng.integers(phases)) for _ in range(5)]
    span = days.midnights[0], days.midnights[count]
    loads = [Load("standby", phase[0], 0.55, _constant(*span, living.standby_w))]
    if living.fridge:
        loads.append(Load("fridge", phase[1], 0.72, _cycling(rng, *span, 13, 27, _FRIDGE_W), 4.0, 600))
    if living.e_bike:
        loads.append(Load("e-bike", phase[2], 0.62, _e_bike(rng, days, count)))
    if living.sleepers:
        loads.append(Load("evening", phase[3], 0.95, _evenings(rng, days, count, living.sleepers)))
        loads.append(
            Load("heater", phase[4], 1.0, _heated_nights(rng, days, count, weather, living.heater_w))
        )
    return loads


def _constant(first: int, last: int, watts: float) -> Runs:
    return Runs(np.array([first]), np.array([last]), np.array([watts]))


def _cycling(
    rng: np.random.Generator, first: int, last: int, on_min: float, off_min: float, watts: float
) -> Runs:
    """A thermostat: on and off in turn."""
    count = int((last - first) / 60_000 / (on_min + off_min)) + 2
    on = 60_000 * on_min * rng.uniform(0.85, 1.15, count)
    period = on + 60_000 * off_min * rng.uniform(0.85, 1.15, count)
    starts = (first + np.cumsum(period) - period).astype(np.int64)
    ends = np.minimum(starts + on.astype(np.int64), last)
    kept = starts < ends
    return Runs(starts[kept], ends[kept], np.full(int(kept.sum()), watts))


def _e_bike(rng: np.random.Generator, days: SiteDays, count: int) -> Runs:
    """Charged every few days, by day or over night, tapering at the end."""
    parts = []
    for day in range(count):
        if not happens(rng, 0.4):
            continue
        start, full = days.at(day, within(rng, (8, 20))), within(rng, (90, 240))
        hours = within(rng, (2.5, 6))
        edges = start + (np.array([0.0, 0.7, 0.85, 1.0]) * hours * 3_600_000).astype(np.int64)
        parts.append(Runs(edges[:-1], edges[1:], full * np.array([1.0, 0.55, 0.2])))
    return joined(parts)


def _evenings(rng: np.random.Generator, days: SiteDays, count: int, sleepers: int) -> Runs:
    """Light, a kettle, a rice cooker."""
    parts = []
    for day in range(count):
        begins = within(rng, (18.3, 19.2))
        parts.append(
            _constant(days.at(day, begins), days.at(day, within(rng, (21.5, 23.3))), 25.0 + 12 * sleepers)
        )
        for _ in range(whole_within(rng, (1, 2))):
            start = days.at(day, begins + within(rng, (0.1, 2.0)))
            parts.append(
                _constant(start, start + int(within(rng, (180, 1500)) * 1000), within(rng, (500, 1800)))
            )
    return _over(parts)


def _over(parts: list[Runs]) -> Runs:
    """Runs that add up where they overlap."""
    edges = np.unique(np.concatenate([np.concatenate([part.starts, part.ends]) for part in parts]))
    rates = np.zeros(len(edges) - 1)
    for part in parts:
        first = np.searchsorted(edges, part.starts[0])
        rates[first : np.searchsorted(edges, part.ends[0])] += part.rates[0]
    kept = rates > 0
    return Runs(edges[:-1][kept], edges[1:][kept], rates[kept])


def _heated_nights(
    rng: np.random.Generator, days: SiteDays, count: int, weather: Weather, watts: float
) -> Runs:
    parts = []
    for day in range(count):
        cold_k = 14 - weather.temperature_c[day * 24 + 20]
        if cold_k > 0:
            duty = min(0.9, 0.1 + cold_k / 20)
            first, last = days.at(day, within(rng, (19, 21))), days.at(day, 24 + within(rng, (5.5, 7)))
            parts.append(_cycling(rng, first, last, 12 * duty, 12 * (1 - duty), watts))
    return joined(parts)


def evening_draws(
    rng: np.random.Generator, days: SiteDays, count: int, sleepers: int
) -> tuple[Whole, list[float]]:
    """Moments and litres of what people who live on site draw."""
    times, litres = [], []
    for day in range(count):
        for _ in range(int(rng.poisson(4 * sleepers))):
            hour = within(rng, (18.5, 22.5)) if happens(rng, 0.7) else within(rng, (6.0, 7.2))
            times.append(days.at(day, hour))
            litres.append(within(rng, _EVENING_L))
    return np.array(times, dtype=np.int64), litres
