"""How long a whole renovation takes to simulate and to write: 90 days at a minute, in at most 3 s."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from benchmarks.report import Figure
from simulator.renovation.recording import write_renovation
from simulator.renovation.renovation import Renovation

_DAYS: Final = 90
_SEEDS: Final = range(5)
_LIMIT_S: Final = 3.0


def measure() -> list[Figure]:
    """Seconds of some sites, each brought to 90 days; the slowest counts."""
    Renovation(_SEEDS[0])  # what is loaded once is no part of it
    simulated, written = [], []
    for seed in _SEEDS:
        begun = time.perf_counter()
        site = Renovation(seed)
        middle = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            write_renovation(Path(folder), site)
        share = _DAYS / site.works.days
        simulated.append((middle - begun) * share)
        written.append((time.perf_counter() - middle) * share)
    whole = [first + second for first, second in zip(simulated, written, strict=True)]
    return [
        Figure("simulate 90 days, slowest", max(simulated), "s"),
        Figure("read every minute and write, slowest", max(written), "s"),
        Figure("90-day site at a minute, slowest", max(whole), "s", target=_LIMIT_S, sense="at most"),
    ]
