"""What the main meter sees: three phases that sag under load, tools that pull and ease, an energy counter."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from simulator.model.activity import DayActivity
from simulator.model.chance import Wobble, jitter
from wire.durations import HOUR_MS, MINUTE_MS

#: Router, agent, meter and a lamp over the stairs.
STANDBY_W: Final = 21.0
_STANDBY_POWER_FACTOR: Final = 0.55
_STANDBY_PHASE: Final = 0
#: A small fridge in the site office: on for the first 13 minutes of every 41.
FRIDGE_W: Final = 82.0
_FRIDGE_POWER_FACTOR: Final = 0.72
_FRIDGE_PHASE: Final = 1
_FRIDGE_PERIOD_MS: Final = 41 * MINUTE_MS
_FRIDGE_ON_MS: Final = 13 * MINUTE_MS
#: Supply and building wiring, seen from the meter.
_SOURCE_OHM: Final = 0.32
_NOMINAL_V: Final = (229.6, 230.8, 228.9)
_INRUSH_MS: Final = 1_000
_INRUSH: Final = 1.25

Phases = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class MeterReading:
    """V to 0.1, A to 0.001, whole W and var, factors to 0.001, Hz to 0.01, kWh to 0.01 (cut)."""

    voltage: Phases
    current: Phases
    power: tuple[int, int, int]
    reactive_power: tuple[int, int, int]
    power_factors: Phases
    power_factor: float
    frequency: float
    energy_kwh: float

    @property
    def total_power(self) -> int:
        """The meter adds up what it shows."""
        return sum(self.power)


def base_wh(since_ms: int) -> float:
    """Energy of everything that never sleeps, `since_ms` after the meter was mounted."""
    periods, rest = divmod(since_ms, _FRIDGE_PERIOD_MS)
    fridge_ms = periods * _FRIDGE_ON_MS + min(rest, _FRIDGE_ON_MS)
    return (STANDBY_W * since_ms + FRIDGE_W * fridge_ms) / HOUR_MS


class Mains:
    """The supply of one site."""

    __slots__ = ("_frequency", "_seed", "_slow", "_supply")

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._frequency = Wobble(seed, "frequency", 73)
        self._supply = [Wobble(seed, f"supply-{phase}", 4 * 3600) for phase in range(3)]
        self._slow = Wobble(seed, "load", 17)

    def reading(self, time_ms: int, since_ms: int, activity: DayActivity, energy_wh: float) -> MeterReading:
        """The meter's display at `time_ms`, `since_ms` after it was mounted, with `energy_wh` counted."""
        second = time_ms // 1000
        loads = self._loads(time_ms, since_ms, activity)
        voltage: list[float] = []
        for phase, (active_w, reactive_var) in enumerate(loads):
            nominal = (
                _NOMINAL_V[phase]
                + 2.4 * self._supply[phase].at(second)
                + 0.15 * jitter(self._seed, phase, second)
            )
            amperes = math.hypot(active_w, reactive_var) / nominal
            voltage.append(round(nominal - _SOURCE_OHM * amperes, 1))
        return _display(voltage, loads, 50 + 0.025 * self._frequency.at(second), energy_wh)

    def _loads(self, time_ms: int, since_ms: int, activity: DayActivity) -> list[tuple[float, float]]:
        """Active and reactive power of each phase."""
        second = time_ms // 1000
        watts, reactive = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]

        def add(phase: int, active_w: float, power_factor: float) -> None:
            watts[phase] += active_w
            reactive[phase] += active_w * math.sqrt(1 - power_factor * power_factor) / power_factor

        add(_STANDBY_PHASE, STANDBY_W + 0.8 * jitter(self._seed, 8, second), _STANDBY_POWER_FACTOR)
        if since_ms % _FRIDGE_PERIOD_MS < _FRIDGE_ON_MS:
            add(_FRIDGE_PHASE, FRIDGE_W + 1.5 * jitter(self._seed, 9, second), _FRIDGE_POWER_FACTOR)
        for channel, (tool, runs) in enumerate(activity.tools, start=10):
            since = runs.running_since(time_ms)
            if since is not None:
                effort = (
                    _INRUSH
                    if time_ms - since < _INRUSH_MS
                    else self._effort(tool.power_factor, channel, second)
                )
                add(tool.phase, tool.watts * effort, tool.power_factor)
        return list(zip(watts, reactive, strict=True))

    def _effort(self, power_factor: float, channel: int, second: int) -> float:
        """A motor's load rises and falls with the hand that leads it; a heater's or a lamp's hardly does."""
        swing = 0.16 if power_factor < 0.95 else 0.015
        return 1 + swing * (
            0.6 * self._slow.at(second + 37 * channel) + 0.4 * jitter(self._seed, channel, second)
        )


def _display(
    voltage: list[float], loads: list[tuple[float, float]], frequency: float, energy_wh: float
) -> MeterReading:
    power = [round(active_w) for active_w, _ in loads]
    reactive = [round(reactive_var) for _, reactive_var in loads]
    apparent = [math.hypot(active_w, reactive_var) for active_w, reactive_var in loads]
    return MeterReading(
        voltage=_three(voltage),
        current=_three([round(va / volts, 3) for va, volts in zip(apparent, voltage, strict=True)]),
        power=(power[0], power[1], power[2]),
        reactive_power=(reactive[0], reactive[1], reactive[2]),
        power_factors=_three([_power_factor(*load) for load in loads]),
        power_factor=_power_factor(sum(load[0] for load in loads), sum(load[1] for load in loads)),
        frequency=round(frequency, 2),
        energy_kwh=math.floor(energy_wh / 10) / 100,
    )


def _three(values: list[float]) -> Phases:
    return values[0], values[1], values[2]


def _power_factor(active_w: float, reactive_var: float) -> float:
    """Without load a meter shows 1."""
    apparent_va = math.hypot(active_w, reactive_var)
    return round(active_w / apparent_va, 3) if apparent_va > 0 else 1.0
