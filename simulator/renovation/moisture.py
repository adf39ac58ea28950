"""Vapour in rooms, and layers that dry in two phases.

Balance of a room, with absolute humidity v (g/m3): V dv/dt = n V (v_out - v) + sum C_i (v_sat - v) + G. A
layer gives vapour by C = beta A while its surface is wet (beta 0.001-0.003 m/s); once less than its
critical share is left, diffusion brings no more than the first mode of

    W(t) = W0 sum (8 / pi^2) / (2k+1)^2 exp(-(2k+1)^2 pi^2 D t / (4 d^2)),  D = 3.9e-10 m2/s,

slowed by (1 - RH) / 0.5 and exp(0.04 (T - 20)), which is again a conductance: C = min(beta A, 2 k W e /
v_sat). Anhydrite screed stays wet at its surface until little is left, then falls fast: its critical share
is lower. All of it is linear in v within a step and solved exactly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.renovation.arrays import Floats
from simulator.renovation.home import Room
from simulator.renovation.packages import Layer
from simulator.renovation.weather import saturation_g_m3

STEPS_A_DAY: Final = 48
_STEP_H: Final = 24 / STEPS_A_DAY
DIFFUSIVITY_M2_S: Final = 3.9e-10
#: 0.0015 m/s from a porous surface.
_BETA_M_H: Final = 0.0015 * 3600
#: Walls and what lies about take up vapour: the air behaves as if there were more of it.
_BUFFER: Final = 3.0
LAYERS: Final[Mapping[str, int]] = {"screed": 0, "plaster": 1, "thin": 2, "open": 3}
#: Share of its water below which a layer may be covered.
_DRY: Final[Mapping[Layer, float]] = {"screed": 0.3, "plaster": 0.3, "thin": 0.5}
_THIN_1_H: Final = 1 / 20


def residual_share(hours: float, thickness_m: float, terms: int = 50) -> float:
    """Share of its water left in a layer that dries to one side, by diffusion alone."""
    rate = math.pi**2 * DIFFUSIVITY_M2_S * 3600 / (4 * thickness_m**2)
    odd = [2 * k + 1 for k in range(terms)]
    return sum(8 / math.pi**2 / n**2 * math.exp(-(n**2) * rate * hours) for n in odd)


def first_mode_1_h(thickness_m: float) -> float:
    """Rate at which the last water leaves a layer (1/h)."""
    return math.pi**2 * DIFFUSIVITY_M2_S * 3600 / (4 * thickness_m**2)


@dataclass(frozen=True, slots=True)
class Materials:
    """What this site is built of."""

    screed_m: float
    plaster_m: float
    anhydrite: bool


@dataclass(frozen=True, slots=True)
class DayAir:
    """What a day does to the rooms, a step and room: air changes (1/h), vapour of people and fires (g/h)."""

    changes_1_h: Floats
    gains_g_h: Floats
    #: (step, room, layer, m2, g of water); `open` with 0 g drains.
    laid: Sequence[tuple[int, int, str, float, float]]


class RoomAir:
    """All rooms of a home, a day at a time. Arrays are (steps, rooms); layers are the last axis."""

    def __init__(
        self, rooms: Sequence[Room], temperature_c: Floats, outdoor_g_m3: Floats, materials: Materials
    ) -> None:
        """`temperature_c` is (steps, rooms), `outdoor_g_m3` is (steps,), both for as many days as can be."""
        self._index = {room.name: number for number, room in enumerate(rooms)}
        self._living = np.array([not room.wet for room in rooms])
        self._air_m3 = np.array([room.air_m3 for room in rooms]) * (1 + _BUFFER)
        self._fresh_m3 = np.array([room.air_m3 for room in rooms])
        self._saturated = saturation_g_m3(temperature_c)
        self._warmth = 2 * np.exp(0.04 * (temperature_c - 20)) / self._saturated
        self._outdoor = outdoor_g_m3
        self._critical = np.array([0.15 if materials.anhydrite else 0.35, 0.4, 0.5, 0.0])
        self._rate = np.array(
            [first_mode_1_h(materials.screed_m), first_mode_1_h(materials.plaster_m), _THIN_1_H, 1e3]
        )
        shape = (len(rooms), len(LAYERS))
        self._area, self._water, self._laid = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.vapour_g_m3 = np.empty_like(temperature_c)
        self.evaporating_g_h = np.zeros_like(temperature_c)
        #: Share of the water of screed and plaster left at the end of each day: (days, rooms, 2).
        self.left: list[Floats] = []
        #: Water of screed and plaster laid so far.
        self.laid_kg = 0.0
        self._now = np.minimum(np.full(len(rooms), outdoor_g_m3[0]), 0.95 * self._saturated[0])

    def is_dry(self, room: str, layer: Layer) -> bool:
        """Whether a layer may be covered; one that was never laid is dry."""
        place = self._index[room], LAYERS[layer]
        return bool(self._water[place] <= _DRY[layer] * self._laid[place])

    def is_drying(self) -> bool:
        """Whether screed or plaster of any living room still dries (tiles cover what is in the wet ones)."""
        cast = slice(LAYERS["screed"], LAYERS["plaster"] + 1)
        wet = self._water[self._living, cast] > _DRY["screed"] * self._laid[self._living, cast]
        return bool(wet.any())

    def advance(self, day: int, air: DayAir) -> None:
        """Let a day pass."""
        first = day * STEPS_A_DAY
        laid: dict[int, list[tuple[int, str, float, float]]] = {}
        for step, room, layer, m2, grams in air.laid:
            laid.setdefault(step, []).append((room, layer, m2, grams))
        for step in range(STEPS_A_DAY):
            for what in laid.get(step, ()):
                self._lay(*what)
            self._step(first + step, air.changes_1_h[step], air.gains_g_h[step])
        share = self._water[:, :2] / np.maximum(self._laid[:, :2], 1e-9)
        self.left.append(np.where(self._laid[:, :2] > 0, share, 0.0))

    def _lay(self, room: int, layer: str, m2: float, grams: float) -> None:
        place = room, LAYERS[layer]
        if layer == "open":
            self._area[place], self._water[place] = m2, grams
            return
        if self._water[place] < 0.05 * self._laid[place]:
            self._area[place] = self._laid[place] = self._water[place] = 0.0
        if layer != "thin":
            self.laid_kg += grams / 1000
        self._area[place] += m2
        self._water[place] += grams
        self._laid[place] += grams

    def _step(self, step: int, changes: Floats, gains: Floats) -> None:
        saturated, fresh = self._saturated[step], changes * self._fresh_m3
        wet = _BETA_M_H * self._area
        by_diffusion = self._rate * self._water * self._warmth[step][:, None]
        conductance = np.where(self._water > self._critical * self._laid, wet, np.minimum(wet, by_diffusion))
        conductance[self._water <= 0] = 0.0
        surfaces = conductance.sum(axis=1)
        flow = fresh + surfaces
        settled = (fresh * self._outdoor[step] + surfaces * saturated + gains) / flow
        decay = np.exp(-flow * _STEP_H / self._air_m3)
        before = self._now
        after = np.minimum(settled + (before - settled) * decay, saturated)
        mean = settled + (before - settled) * (1 - decay) * self._air_m3 / (flow * _STEP_H)
        drawn = conductance * np.maximum(saturated - mean, 0.0)[:, None]
        self._water = np.maximum(self._water - drawn * _STEP_H, 0.0)
        self._now = after
        self.vapour_g_m3[step] = after
        self.evaporating_g_h[step] = drawn.sum(axis=1)
