"""What looks like an incident and is none: it stands in the truth as that, and must stay quiet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from simulator.renovation.badges import Pass
from simulator.renovation.chance import within
from simulator.renovation.device_faults import DeviceFault
from simulator.renovation.electricity import Shifted
from simulator.renovation.incidents import Inject
from simulator.renovation.loads import Runs
from simulator.renovation.occurrences import (
    METER,
    WATER,
    Booking,
    Effects,
    Occurrence,
    Scene,
    during,
    steady_load,
)
from wire.durations import HOUR_MS, MINUTE_MS


def _hose(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    """The stairs are hosed down for an hour while people are there."""
    start, end = during(rng, scene.presences(), 120)
    end = min(end, start + int(within(rng, (40, 100)) * MINUTE_MS))
    effects.draws.append(Runs(np.array([start]), np.array([end]), np.array([within(rng, (300, 600))])))
    effects.near_misses.append(Occurrence(start, end, "hose", WATER, "people are there"))


def _booked_evening(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    """A crew stays until late, as was announced."""
    spans = scene.absences(9)
    start, _ = spans[int(rng.integers(len(spans)))]
    end = start + int(within(rng, (2.5, 4.5)) * HOUR_MS)
    card, trade = scene.cards.held[int(rng.integers(len(scene.cards.held)))][0]
    effects.passes += [Pass(start + 2 * MINUTE_MS, card, trade, "in"), Pass(end, card, trade, "out")]
    effects.loads.append(steady_load("evening work", 0, start, end, within(rng, (200, 1200))))
    effects.bookings.append(Booking("crew", start, end))
    effects.near_misses.append(
        Occurrence(start, end, "booked_evening", scene.gates[0], "announced as a booking")
    )


def _short_silence(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    """The router starts anew."""
    start = int(rng.integers(scene.first_ms, scene.last_ms - HOUR_MS))
    end = start + int(within(rng, (2, 9)) * MINUTE_MS)
    effects.faults.append(DeviceFault("silent", None, start, end))
    effects.near_misses.append(Occurrence(start, end, "short_silence", "", "less than ten minutes"))


def _voltage_dip(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    """The whole street dips for a minute: all phases alike."""
    start = int(rng.integers(scene.first_ms, scene.last_ms - HOUR_MS))
    end = start + int(within(rng, (1, 4)) * MINUTE_MS)
    dip = -within(rng, (10, 22))
    effects.shifted.append(Shifted(start, end, (dip, dip, dip)))
    effects.near_misses.append(Occurrence(start, end, "voltage_dip", METER, "all phases, some minutes"))


def _heater_by_day(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    """Somebody is cold."""
    start, end = during(rng, scene.presences(), 180)
    effects.loads.append(steady_load("heater", 0, start, end, within(rng, (900, 2000))))
    effects.near_misses.append(Occurrence(start, end, "heater_by_day", METER, "people are there"))


def _early_worker(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    """One comes at six."""
    spans = scene.presences()
    start, _ = spans[int(rng.integers(len(spans)))]
    start -= int(within(rng, (50, 100)) * MINUTE_MS)
    card, trade = scene.cards.held[int(rng.integers(len(scene.cards.held)))][0]
    effects.passes.append(Pass(start, card, trade, "in"))
    effects.near_misses.append(Occurrence(start, start, "early_worker", scene.gates[0], "before the others"))


#: Kind -> how it is put into a site.
NEAR_MISSES: Final[Mapping[str, Inject]] = {
    "hose": _hose,
    "booked_evening": _booked_evening,
    "short_silence": _short_silence,
    "voltage_dip": _voltage_dip,
    "heater_by_day": _heater_by_day,
    "early_worker": _early_worker,
}
