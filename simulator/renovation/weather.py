"""Outdoor air by the hour: a year's wave, weather that lasts for days, days and nights.

Means and half ranges of the year are rounded climate normals from memory; nothing rests on their exactness.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from scipy.signal import lfilter

from simulator.renovation.arrays import Floats
from simulator.renovation.chance import generator

#: Gas constant of water vapour, J/(kg K).
_R_VAPOUR: Final = 461.5
_P_FREEZING_PA: Final = 610.5
_WARMEST_DAY: Final = 205


@dataclass(frozen=True, slots=True)
class Climate:
    """Mean and half range of the year (°C), mean spread to the dew point (K), whether homes are heated."""

    mean_c: float
    half_range_k: float
    dew_spread_k: float
    heated: bool


CLIMATES: Final = {
    "shanghai": Climate(17.1, 12.0, 4.8, False),
    "beijing": Climate(13.0, 15.0, 10.5, True),
    "chengdu": Climate(16.8, 10.0, 3.6, False),
    "guangzhou": Climate(22.6, 7.5, 4.4, False),
    "harbin": Climate(5.0, 21.0, 7.0, True),
    "kunming": Climate(16.0, 6.0, 6.0, False),
}


def saturation_pa(temperature_c: Floats) -> Floats:
    """Pressure of saturated vapour over water or, below freezing, ice (EN ISO 13788 annex E)."""
    water = 17.269 * temperature_c / (237.3 + temperature_c)
    ice = 21.875 * temperature_c / (265.5 + temperature_c)
    return np.asarray(_P_FREEZING_PA * np.exp(np.where(temperature_c >= 0, water, ice)))


def saturation_g_m3(temperature_c: Floats) -> Floats:
    """Density of saturated vapour: v = p / (461.5 (T + 273.15))."""
    return np.asarray(1000 * saturation_pa(temperature_c) / (_R_VAPOUR * (temperature_c + 273.15)))


def dew_point_c(temperature_c: Floats, vapour_g_m3: Floats) -> Floats:
    """Temperature at which air of this vapour density is saturated (>= 0 °C; EN ISO 13788 annex E)."""
    pressure_pa = vapour_g_m3 / 1000 * _R_VAPOUR * (temperature_c + 273.15)
    y = np.log(np.maximum(pressure_pa, 1.0) / _P_FREEZING_PA)
    return np.asarray(237.3 * y / (17.269 - y))


@dataclass(frozen=True, slots=True)
class Weather:
    """Hourly outdoor temperature (°C) and vapour (g/m3) from the first midnight on."""

    temperature_c: Floats
    vapour_g_m3: Floats
    heated: bool


def draw_weather(seed: int, climate_name: str, start: date, days: int) -> Weather:
    """Weather of `days` days from `start`: fronts last about three days, air masses about four."""
    rng = generator(seed, "weather")
    climate = CLIMATES[climate_name]
    hour = np.arange(days * 24)
    day = start.timetuple().tm_yday + hour / 24
    season = climate.mean_c + climate.half_range_k * np.cos(2 * math.pi * (day - _WARMEST_DAY) / 365.25)
    front = _lasting(rng, days, 3.0)
    dryness = _lasting(rng, days, 4.0)
    sun = np.clip(1.2 + _lasting(rng, days, 2.0), 0.2, 2.5)
    wave = np.cos(2 * math.pi * (hour % 24 - 15) / 24)
    temperature = season + 3.2 * front + (2.2 * sun * (0.6 + 0.05 * climate.dew_spread_k)) * wave
    spread = climate.dew_spread_k * np.exp(0.55 * dryness)
    dew = np.minimum(season + 3.2 * front - spread, temperature)
    return Weather(temperature, saturation_g_m3(dew), climate.heated)


def _lasting(rng: np.random.Generator, days: int, lasts_days: float) -> Floats:
    """Hourly noise of unit variance whose memory is `lasts_days` days."""
    keep = math.exp(-1 / (24 * lasts_days))
    drawn = rng.standard_normal(days * 24)
    drawn[0] /= math.sqrt(1 - keep * keep)
    return np.asarray(lfilter([math.sqrt(1 - keep * keep)], [1.0, -keep], drawn))
