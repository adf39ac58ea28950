"""Outdoor air near Shanghai, and how much water vapour air holds."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Final

from simulator.model.chance import chance
from wire.durations import DAY_MS

#: Gas constant of water vapour, J/(kg K).
_R_VAPOUR: Final = 461.5
_WARMEST_DAY: Final = 205


def saturation_g_m3(temperature_c: float) -> float:
    """Vapour density of saturated air (g/m3), above water, after EN ISO 13788 annex E.

    p_sat = 610.5 exp(17.269 T / (237.3 + T)) Pa; v = p / (461.5 (T + 273.15)) kg/m3. Good for T > -30 °C.
    """
    pressure_pa = 610.5 * math.exp(17.269 * temperature_c / (237.3 + temperature_c))
    return 1000 * pressure_pa / (_R_VAPOUR * (temperature_c + 273.15))


class DayWeather:
    """Outdoor temperature and vapour from one midnight to the next, continuous with the days beside it."""

    __slots__ = ("_amplitude_k", "_dew", "_length_ms", "_mean", "_midnight_ms")

    def __init__(self, seed: int, day: date, midnight_ms: int, length_ms: int = DAY_MS) -> None:
        here, after = _anchor(seed, day), _anchor(seed, day + timedelta(days=1))
        self._mean = (here[0], after[0])
        self._dew = (here[1], after[1])
        self._amplitude_k = (here[2], after[2])
        self._midnight_ms = midnight_ms
        self._length_ms = length_ms

    def _part(self, time_ms: int) -> float:
        return (time_ms - self._midnight_ms) / self._length_ms

    def mean_c(self, time_ms: int) -> float:
        """Temperature without its daily wave."""
        return _blend(self._mean, self._part(time_ms))

    def wave_k(self, time_ms: int, lag_h: float = 0.0) -> float:
        """The daily wave: highest at 15:00, `lag_h` hours later behind walls."""
        part = self._part(time_ms)
        return _blend(self._amplitude_k, part) * math.cos(2 * math.pi * (part - (15 + lag_h) / 24))

    def vapour_g_m3(self, time_ms: int) -> float:
        """Outdoor vapour density, never above saturation."""
        dew_c = min(_blend(self._dew, self._part(time_ms)), self.mean_c(time_ms) + self.wave_k(time_ms))
        return saturation_g_m3(dew_c)


def _blend(ends: tuple[float, float], part: float) -> float:
    """From one midnight's value to the next, level at both."""
    return ends[0] + (ends[1] - ends[0]) * (1 - math.cos(math.pi * part)) / 2


def _anchor(seed: int, day: date) -> tuple[float, float, float]:
    """Mean temperature, dew point and amplitude at a midnight. Weather lasts: three days' draws are mixed."""
    draws = [_draw(seed, day - timedelta(days=back)) for back in range(3)]
    front, dryness, sun = (sum(column) / 3 for column in zip(*draws, strict=True))
    season_c = 16.8 + 11.5 * math.cos(2 * math.pi * (day.timetuple().tm_yday - _WARMEST_DAY) / 365.25)
    mean_c = season_c + 5.0 * front
    return mean_c, mean_c - (2.5 + 5.0 * dryness), 1.8 + 3.0 * sun


def _draw(seed: int, day: date) -> tuple[float, float, float]:
    rng = chance(seed, "weather", day)
    return rng.uniform(-1, 1), rng.uniform(0, 1), rng.uniform(0, 1)
