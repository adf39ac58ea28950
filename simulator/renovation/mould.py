"""The Finnish (VTT) model of mould growth, as an index of risk: 1 microscopic, 3 visible, 6 everywhere.

Hukka & Viitanen 1999, Ojanen 2010, constants as in anssilaukkarinen/trh-1 (mi.py). Its formulation is
disputed (arXiv 1804.02992): amber from 1, no more than that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.renovation.arrays import Floats


@dataclass(frozen=True, slots=True)
class Surface:
    """Constants of a class of material: growth below and from index 1, greatest index, where it begins."""

    k1: tuple[float, float]
    most: tuple[float, float, float]
    least_rh: float
    decline: float


VERY_SENSITIVE: Final = Surface((1.0, 2.0), (1, 7, 2), 80, 1.0)
SENSITIVE: Final = Surface((0.578, 0.386), (0.3, 6, 1), 80, 0.5)
MEDIUM_RESISTANT: Final = Surface((0.072, 0.097), (0, 5, 1.5), 85, 0.25)
RESISTANT: Final = Surface((0.033, 0.014), (0, 3, 1), 85, 0.1)


def mould_index(surface: Surface, temperature_c: Floats, humidity: Floats) -> Floats:
    """Index after each hour of (hours, rooms) temperature (°C) and relative humidity (%)."""
    index = np.zeros(temperature_c.shape[1:])
    dry_h = np.zeros_like(index)
    found = np.empty_like(temperature_c)
    critical = _critical_rh(surface, temperature_c)
    grows = (temperature_c > 0) & (temperature_c < 50) & (humidity >= critical)
    speed = _speed(temperature_c, humidity)
    x = np.clip((critical - humidity) / np.minimum(critical - 100, -1e-6), 0, 1)
    a, b, c = surface.most
    most = a + b * x - c * x * x
    for hour in range(len(temperature_c)):
        k1 = np.where(index < 1, surface.k1[0], surface.k1[1])
        k2 = np.maximum(1 - np.exp(np.minimum(2.3 * (index - most[hour]), 50)), 0)
        dry_h = np.where(grows[hour], 0, dry_h + 1)
        fading = surface.decline * np.where(dry_h <= 6, -0.032, np.where(dry_h <= 24, 0.0, -0.016))
        index = np.maximum(index + np.where(grows[hour], k1 * k2 * speed[hour], fading) / 24, 0.0)
        found[hour] = index
    return found


def _critical_rh(surface: Surface, temperature_c: Floats) -> Floats:
    t = temperature_c
    curve = -0.00267 * t**3 + 0.160 * t**2 - 3.13 * t + 100
    return np.asarray(
        np.where(t < 0, 100.0, np.where(t > 20, surface.least_rh, np.maximum(curve, surface.least_rh)))
    )


def _speed(temperature_c: Floats, humidity: Floats) -> Floats:
    """Growth of pine below index 1, a day: 1 / (7 exp(-0.68 ln T - 13.9 ln RH + 66.02))."""
    t, rh = np.maximum(temperature_c, 0.1), np.maximum(humidity, 1.0)
    return np.asarray(1 / (7 * np.exp(-0.68 * np.log(t) - 13.9 * np.log(rh) + 66.02)))
