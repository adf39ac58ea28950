"""Incidents that are put into a site whose works are known: each a function of one line in a table.

What comes of the works themselves (a crew that does not come, a test that fails) and of the air (damp,
condensation, mould, drying that stalls) is not here: `truth` reads it off the works and the physics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from simulator.renovation.badges import Pass
from simulator.renovation.chance import within
from simulator.renovation.device_faults import DeviceFault
from simulator.renovation.electricity import Leaking, Loose, Shifted
from simulator.renovation.loads import Runs
from simulator.renovation.occurrences import (
    METER,
    SMOKE,
    WATER,
    Effects,
    Occurrence,
    Scene,
    during,
    steady_load,
)
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

Inject = Callable[[np.random.Generator, Scene, Effects], None]
#: Rated current of the site's board; above it for long is an overload.
RATED_A: Final = 25.0


def _tap_left_on(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    """Somebody goes and leaves a tap half open; it runs until somebody comes."""
    spans = scene.absences(6)
    start, end = spans[int(rng.integers(len(spans)))]
    start -= 4 * MINUTE_MS
    end = min(end, start + int(within(rng, (6, 20)) * HOUR_MS))
    flow = within(rng, (120, 480))
    effects.draws.append(Runs(np.array([start]), np.array([end]), np.array([flow])))
    effects.incidents.append(Occurrence(start, end, "tap_left_on", WATER, f"{flow:.0f} L/h, nobody on site"))


def _overload(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    start, end = during(rng, scene.presences(), 60)
    end = min(end, start + int(within(rng, (20, 60)) * MINUTE_MS))
    phase, amperes = int(rng.integers(scene.phases)), RATED_A * within(rng, (1.2, 1.6))
    effects.loads.append(steady_load("too much", phase, start, end, 220 * amperes))
    notes = f"{amperes:.0f} A on one phase, board rated {RATED_A:.0f} A"
    effects.incidents.append(Occurrence(start, end, "overload", METER, notes))


def _residual_current(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    start = _any_time(rng, scene)
    end = min(scene.last_ms, start + int(within(rng, (4, 40)) * HOUR_MS))
    level = within(rng, (60, 420))
    effects.leaking.append(Leaking(start, end, level))
    effects.incidents.append(Occurrence(start, end, "residual_current", METER, f"rises to {level:.0f} mA"))


def _voltage_imbalance(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    """The neutral moves: one phase falls, the others rise. Three-phase sites alone have it."""
    start = _any_time(rng, scene)
    end = min(scene.last_ms, start + int(within(rng, (3, 30)) * HOUR_MS))
    shift = within(rng, (9, 20))
    volts = (-shift, 0.6 * shift, 0.4 * shift)
    effects.shifted.append(Shifted(start, end, volts))
    effects.incidents.append(
        Occurrence(start, end, "voltage_imbalance", METER, f"one phase {shift:.0f} V low")
    )


def _loose_connection(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    start = _any_time(rng, scene)
    end = min(scene.last_ms, start + int(within(rng, (2, 6)) * DAY_MS))
    phase, ohm = int(rng.integers(scene.phases)), within(rng, (0.8, 2.5))
    effects.loose.append(Loose(phase, start, end, ohm))
    notes = f"source impedance of phase {phase + 1} rises by {ohm:.1f} ohm"
    effects.incidents.append(Occurrence(start, end, "loose_connection", METER, notes))


def _night_load(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    start, end = _night(rng, scene, 9)
    watts = within(rng, (900, 2600))
    effects.loads.append(steady_load("left on", int(rng.integers(scene.phases)), start, end, watts))
    effects.incidents.append(Occurrence(start, end, "night_load", METER, f"{watts:.0f} W, nobody at work"))


def _after_hours_entry(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    start, _ = _night(rng, scene, 9)
    start += int(within(rng, (4.5, 6.5)) * HOUR_MS)
    end = start + int(within(rng, (10, 90)) * MINUTE_MS)
    card, trade = scene.cards.held[int(rng.integers(len(scene.cards.held)))][0]
    effects.passes += [Pass(start, card, trade, "in"), Pass(end, card, trade, "out")]
    effects.incidents.append(Occurrence(start, end, "after_hours_entry", scene.gates[0], "a card at night"))


def _smoke(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    start, _ = during(rng, scene.presences(), 60)
    end = start + int(within(rng, (4, 25)) * MINUTE_MS)
    effects.smoke.append((start, end))
    effects.incidents.append(Occurrence(start, end, "smoke", SMOKE, "the detector says 1"))


def _sensor_stuck(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    start, end, device = _some_sensor(rng, scene, (1, 6))
    effects.faults.append(DeviceFault("stuck", device, start, end))
    effects.incidents.append(
        Occurrence(start, end, "sensor_stuck", device, "the same figures again and again")
    )


def _sensor_drift(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    start, end, device = _some_sensor(rng, scene, (8, 25))
    a_day = within(rng, (0.8, 2.5)) * (1 if rng.random() < 0.5 else -1)
    effects.faults.append(DeviceFault("drift", device, start, end, a_day))
    effects.incidents.append(Occurrence(start, end, "sensor_drift", device, f"{a_day:+.1f} %RH a day"))


def _sensor_silent(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    start, end, device = _some_sensor(rng, scene, (0.2, 4))
    effects.faults.append(DeviceFault("silent", device, start, end))
    effects.incidents.append(Occurrence(start, end, "sensor_silent", device, "no readings"))


def _agent_silent(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    start = _any_time(rng, scene)
    end = min(scene.last_ms, start + int(within(rng, (1, 40)) * HOUR_MS))
    effects.faults.append(DeviceFault("silent", None, start, end))
    effects.incidents.append(Occurrence(start, end, "agent_silent", "", "no device is heard"))


def _clock_jump(rng: np.random.Generator, scene: Scene, effects: Effects) -> None:
    start = _any_time(rng, scene)
    end = min(scene.last_ms, start + int(within(rng, (2, 30)) * HOUR_MS))
    minutes = within(rng, (15, 240)) * (1 if rng.random() < 0.6 else -1)
    effects.faults.append(DeviceFault("clock", None, start, end, int(minutes * MINUTE_MS)))
    effects.incidents.append(
        Occurrence(start, end, "clock_jump", "", f"stamps are off by {minutes:+.0f} min")
    )


def _some_sensor(
    rng: np.random.Generator, scene: Scene, lasts_days: tuple[float, float]
) -> tuple[int, int, str]:
    start = _any_time(rng, scene)
    end = min(scene.last_ms, start + int(within(rng, lasts_days) * DAY_MS))
    return start, end, str(rng.choice(scene.sensors))


def _any_time(rng: np.random.Generator, scene: Scene) -> int:
    """Any moment with some days before and behind."""
    margin = min(4 * DAY_MS, (scene.last_ms - scene.first_ms) // 5)
    return int(rng.integers(scene.first_ms + margin, scene.last_ms - margin))


def _night(rng: np.random.Generator, scene: Scene, least_h: float) -> tuple[int, int]:
    """From an hour after the last has gone until an hour before the first comes, one night."""
    spans = scene.absences(least_h)
    start, end = spans[int(rng.integers(len(spans)))]
    return start + HOUR_MS, min(end - HOUR_MS, start + 13 * HOUR_MS)


#: Kind -> how it is put into a site.
INJECTED: Final[Mapping[str, Inject]] = {
    "tap_left_on": _tap_left_on,
    "overload": _overload,
    "residual_current": _residual_current,
    "voltage_imbalance": _voltage_imbalance,
    "loose_connection": _loose_connection,
    "night_load": _night_load,
    "after_hours_entry": _after_hours_entry,
    "smoke": _smoke,
    "sensor_stuck": _sensor_stuck,
    "sensor_drift": _sensor_drift,
    "sensor_silent": _sensor_silent,
    "agent_silent": _agent_silent,
    "clock_jump": _clock_jump,
}
#: Kinds that the works or the air bring about, given a cause before they begin.
CAUSED: Final = (
    "leak",
    "high_humidity",
    "condensation_risk",
    "mould_risk",
    "drying_stalled",
    "ponding_test_failed",
    "no_show",
)
KINDS: Final = (*INJECTED, *CAUSED)
