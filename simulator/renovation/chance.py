"""Chance by name: every random thing is a function of the seed and what it is for."""

from __future__ import annotations

import hashlib

import numpy as np

Range = tuple[float, float]


def generator(seed: int, *names: object) -> np.random.Generator:
    """A generator for one named thing; what is drawn for another never moves it."""
    text = "/".join(map(str, (seed, *names)))
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return np.random.default_rng(int.from_bytes(digest, "big"))


def within(rng: np.random.Generator, bounds: Range) -> float:
    """A number between both bounds."""
    return float(rng.uniform(*bounds))


def whole_within(rng: np.random.Generator, bounds: tuple[int, int]) -> int:
    """A whole number from the first to the second, both included."""
    return int(rng.integers(bounds[0], bounds[1], endpoint=True))


def happens(rng: np.random.Generator, chance: float) -> bool:
    """Whether something of this chance comes true."""
    return bool(rng.random() < chance)
