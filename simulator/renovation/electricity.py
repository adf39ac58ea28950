"""The supply as the meter's terminals see it: loads on phases, a source with impedance, leakage to earth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.renovation.arrays import Floats, Whole
from simulator.renovation.chance import generator
from simulator.renovation.loads import Load

NOMINAL_V: Final = 220.0
_HARMONICS: Final = 4


@dataclass(frozen=True, slots=True)
class Loose:
    """A terminal that comes loose: the impedance of a phase grows from 0 to `ohm` between both moments."""

    phase: int
    first_ms: int
    last_ms: int
    ohm: float


@dataclass(frozen=True, slots=True)
class Shifted:
    """A neutral that moves, or a neighbour's load: volts added to each phase between both moments."""

    first_ms: int
    last_ms: int
    volts: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Leaking:
    """Current to earth that rises to `milliamperes` between both moments."""

    first_ms: int
    last_ms: int
    milliamperes: float


@dataclass(frozen=True, slots=True)
class Phases:
    """What a meter would show without its own steps; arrays are (phases, moments)."""

    watts: Floats
    reactive: Floats
    volts: Floats
    amperes: Floats
    watt_hours: Floats
    hertz: Floats
    residual_ma: Floats


class Supply:
    """One site's supply."""

    def __init__(
        self,
        seed: int,
        phases: int,
        source_ohm: float,
        loads: Sequence[Load],
        loose: Sequence[Loose] = (),
        shifted: Sequence[Shifted] = (),
        leaking: Sequence[Leaking] = (),
    ) -> None:
        self.phases = phases
        self.loads = list(loads)
        self._ohm = source_ohm
        self._loose, self._shifted, self._leaking = loose, shifted, leaking
        rng = generator(seed, "supply")
        self._level = NOMINAL_V + rng.normal(6, 4) + rng.normal(0, 1.2, phases)
        self._waves = rng.uniform(0, 2 * math.pi, (phases, _HARMONICS))
        self._leak_ma = rng.uniform(2, 12)
        self._seed = seed

    def at(self, times: Whole) -> Phases:
        """The supply at ascending moments."""
        watts, reactive, energy = self._loaded(times)
        unloaded = self._unloaded(times)
        amperes = np.hypot(watts, reactive) / unloaded
        volts = np.maximum(unloaded - (self._ohm + self._loosened(times)) * amperes, 20.0)
        amperes = np.hypot(watts, reactive) / volts
        hertz = 50 + 0.02 * np.sin(times / 41_000) + 0.012 * _white(self._seed, 7, times)
        return Phases(watts, reactive, volts, amperes, energy, hertz, self._residual(times, watts))

    def _loaded(self, times: Whole) -> tuple[Floats, Floats, Floats]:
        watts = np.zeros((self.phases, len(times)))
        reactive, energy = np.zeros_like(watts), np.zeros(len(times))
        for load in self.loads:
            drawn = load.watts(times)
            watts[load.phase] += drawn
            reactive[load.phase] += drawn * math.sqrt(1 - load.power_factor**2) / load.power_factor
            energy += load.watt_hours(times)
        return watts, reactive, energy

    def _unloaded(self, times: Whole) -> Floats:
        """The network without this site: hours of the day, slow waves, a little noise."""
        days = times / 86_400_000
        volts = np.empty((self.phases, len(times)))
        for phase in range(self.phases):
            volts[phase] = self._level[phase]
            for harmonic, offset in enumerate(self._waves[phase], 1):
                volts[phase] += 1.6 / harmonic * np.sin(2 * math.pi * harmonic * days + offset)
            volts[phase] += 0.35 * _white(self._seed, phase, times)
        for shifted in self._shifted:
            during = (times >= shifted.first_ms) & (times < shifted.last_ms)
            volts += np.array(shifted.volts[: self.phases])[:, None] * during
        return volts

    def _loosened(self, times: Whole) -> Floats:
        ohm = np.zeros((self.phases, len(times)))
        for loose in self._loose:
            ohm[loose.phase] += _risen(times, loose.first_ms, loose.last_ms, loose.ohm)
        return ohm

    def _residual(self, times: Whole, watts: Floats) -> Floats:
        milliamperes = self._leak_ma + 0.0015 * watts.sum(axis=0) + 0.4 * _white(self._seed, 9, times)
        for leaking in self._leaking:
            milliamperes += _risen(times, leaking.first_ms, leaking.last_ms, leaking.milliamperes)
        return np.asarray(np.maximum(milliamperes, 0.0))


def _risen(times: Whole, first_ms: int, last_ms: int, level: float) -> Floats:
    """From 0 to `level` over the first half of a span, there until its end, then mended."""
    part = (times - first_ms) / max(last_ms - first_ms, 1)
    return np.where((part >= 0) & (part < 1), np.minimum(1.0, 2 * part) * level, 0.0)


def _white(seed: int, channel: int, times: Whole) -> Floats:
    """Noise in about -1.7 to 1.7 of unit variance, the same for the same second whoever asks."""
    mixed = (times // 1000).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= np.uint64((seed * 0xBF58476D1CE4E5B9 + channel * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(32)
    return (mixed >> np.uint64(11)).astype(np.float64) * (2 * math.sqrt(3) / 2**53) - math.sqrt(3)
