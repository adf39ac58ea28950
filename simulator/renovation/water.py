"""Water that is drawn: buckets, hands, ponding, pressure tests; each draw with its flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from simulator.renovation.arrays import Floats, Whole
from simulator.renovation.chance import generator, within
from simulator.renovation.crews import Crew
from simulator.renovation.foreman import PondingTest, Session, noise
from simulator.renovation.home import Home
from simulator.renovation.living import evening_draws
from simulator.renovation.loads import Runs, joined
from simulator.renovation.site_days import SiteDays
from wire.durations import HOUR_MS, MINUTE_MS

#: Task -> litres a labour-hour, beside what everybody washes off.
_LITRES_H: Final[Mapping[str, float]] = {
    "strip": 1.8, "haul": 2.5, "chasing": 2.0, "piping": 1.5, "screed": 15.0, "plaster": 9.0, "patching": 7.0,
    "membrane_1": 2.5, "membrane_2": 2.5, "wall_tiles": 8.0, "floor_tiles": 9.0, "floor_tiles_dry": 8.0,
    "putty_1": 4.0, "putty_2": 3.5, "sanding": 0.8, "paint_1": 2.5, "paint_2": 2.5, "sanitary": 6.0,
    "kitchen": 1.5, "appliances": 3.0, "cleaning": 10.0, "inspection": 8.0, "defects": 2.0,
    "handing_over": 6.0,
}  # fmt: skip
_EVERYBODY_H: Final = 1.2
_BUCKET_L: Final = (8.0, 22.0)
_HANDS_L: Final = (0.5, 7.0)
#: A half-inch tap, more or less open (L/h).
_TAP_L_H: Final = (300.0, 800.0)
#: Flood tests stand at least 20 mm high.
_PONDED_MM: Final = (20.0, 30.0)
_HOSE_L_H: Final = (350.0, 700.0)
_TOPPED_UP_L: Final = (25.0, 70.0)


def work_draws(seed: int, crews: Sequence[Crew], sessions: Sequence[Session]) -> Runs:
    """Draws of all sessions: buckets for the work, hands and lavatory for the people."""
    rng = generator(seed, "draws")
    starts: list[Floats] = []
    litres: list[Floats] = []
    for session in sessions:
        work = (
            _LITRES_H.get(session.package.task.name, 0.4) * crews[session.crew].water_use * noise(rng, 0.35)
        )
        for amount, sizes in ((work, _BUCKET_L), (_EVERYBODY_H, _HANDS_L)):
            count = int(rng.poisson(amount * session.labour_h / (sum(sizes) / 2)))
            starts.append(rng.uniform(session.start_ms, session.end_ms, count))
            litres.append(rng.uniform(*sizes, count))
    return _draws(rng, np.concatenate(starts).astype(np.int64), np.concatenate(litres))


def living_draws(seed: int, days: SiteDays, count: int, sleepers: int) -> Runs:
    """Draws of people who live on site."""
    rng = generator(seed, "evening draws")
    times, litres = evening_draws(rng, days, count, sleepers)
    return _draws(rng, times, np.array(litres))


def trial_draws(
    seed: int, home: Home, days: SiteDays, tests: Sequence[PondingTest], sessions: Sequence[Session]
) -> Runs:
    """Floors are flooded, pipes filled. A floor that loses water is topped up in the morning."""
    rng = generator(seed, "trial draws")
    floors = {room.name: room.floor_m2 for room in home.rooms}
    parts = []
    for test in tests:
        litres = floors[test.package.room] * within(rng, _PONDED_MM)
        parts.append(steady(test.filled_ms - 20 * MINUTE_MS, litres, within(rng, _HOSE_L_H)))
        if test.failed:
            morning = days.at(days.day_of(test.filled_ms) + 1, within(rng, (8.2, 9.5)))
            parts.append(steady(morning, within(rng, _TOPPED_UP_L), within(rng, _HOSE_L_H)))
    parts += [
        steady(session.start_ms + 10 * MINUTE_MS, within(rng, (10, 30)), within(rng, (150, 400)))
        for session in sessions
        if session.package.task.test == "pressure"
    ]
    return joined(parts)


def steady(start_ms: int, litres: float, litres_h: float) -> Runs:
    """One draw."""
    end_ms = start_ms + int(litres / litres_h * HOUR_MS) + 1
    return Runs(np.array([start_ms]), np.array([end_ms]), np.array([litres_h]))


def _draws(rng: np.random.Generator, starts: Whole, litres: Floats) -> Runs:
    flows = rng.uniform(*_TAP_L_H, len(starts))
    lengths = (litres / flows * HOUR_MS).astype(np.int64) + 1
    return joined([Runs(starts, starts + lengths, flows)])
