"""Renovations that many tests look at and none changes."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.renovation.arrays import Whole
from simulator.renovation.incidents import KINDS
from simulator.renovation.renovation import Renovation


@pytest.fixture(scope="session")
def afflicted() -> Renovation:
    """One site that has an incident of every kind."""
    return Renovation(8, kinds=KINDS)


@pytest.fixture(scope="session")
def calm() -> Renovation:
    """The same site without any put into it."""
    return Renovation(8, kinds=())


@pytest.fixture(scope="session")
def many() -> list[Renovation]:
    """Sites as they are drawn."""
    return [Renovation(seed) for seed in range(300, 314)]


def minutes(site: Renovation) -> Whole:
    """Every minute of a site."""
    return np.arange(site.first_ms, site.last_ms, 60_000)


@pytest.fixture(scope="session")
def every_minute(afflicted: Renovation) -> Whole:
    """Every minute of the afflicted site."""
    return minutes(afflicted)
