"""Chance that can be asked twice: everything random is a function of the seed and a name."""

from __future__ import annotations

import math
from random import Random

_MASK = 0xFFFFFFFF


def chance(seed: int, *names: object) -> Random:
    """A generator of its own for one named thing, the same in every process.

    Text is the seed, for `hash` of text differs from process to process while a seed of text does not.
    """
    return Random("/".join(map(str, (seed, *names))))


def jitter(seed: int, channel: int, second: int) -> float:
    """White noise in [-1, 1), one value for each second and channel."""
    mixed = (second * 0x9E3779B1 + channel * 0x85EBCA6B + seed * 0xC2B2AE35) & _MASK
    mixed ^= mixed >> 15
    mixed = mixed * 0x2C1B3C6D & _MASK
    mixed ^= mixed >> 12
    mixed = mixed * 0x297A2D39 & _MASK
    mixed ^= mixed >> 15
    return mixed / 0x80000000 - 1.0


class Wobble:
    """A slow, smooth, endless signal in [-1, 1]: three sines whose periods never meet again."""

    __slots__ = ("_parts",)

    def __init__(self, seed: int, name: str, period_s: float) -> None:
        rng = chance(seed, "wobble", name)
        self._parts = [
            (2 * math.pi / (period_s * stretch), rng.uniform(0, 2 * math.pi))
            for stretch in (1.0, 0.618, 2.414)
        ]

    def at(self, time_s: float) -> float:
        """The signal at `time_s` seconds since 1970."""
        (w1, p1), (w2, p2), (w3, p3) = self._parts
        return (math.sin(w1 * time_s + p1) + math.sin(w2 * time_s + p2) + math.sin(w3 * time_s + p3)) / 3
