"""Batches as a large site would send them: 60 devices of 10 quantities, with realistic steps and noise."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from wire.batch import Batch, Frame

SITE: Final = "bench"
AGENT: Final = "pi-1"
DEVICES: Final = 60
STREAM: Final = "01K" + "B" * 23
_START_MS: Final = 1_764_000_000_000
_QUANTITIES: Final = (
    ("active_power", 800.0, 6.0, 0),
    ("voltage_l1", 230.0, 0.3, 1),
    ("voltage_l2", 231.0, 0.3, 1),
    ("voltage_l3", 229.0, 0.3, 1),
    ("current_l1", 1.2, 0.02, 3),
    ("current_l2", 1.1, 0.02, 3),
    ("current_l3", 1.3, 0.02, 3),
    ("power_factor", 0.92, 0.003, 3),
    ("frequency", 50.0, 0.01, 2),
    ("active_energy_import", 1234.5, 0.0, 2),
)
READINGS_PER_BATCH: Final = DEVICES * len(_QUANTITIES)


def batches(count: int, seed: int = 1) -> Iterator[Batch]:
    """`count` batches, a second of the site each: 60 frames of one time and ten quantities."""
    chance = random.Random(seed)
    for number in range(count):
        time_ms = _START_MS + number * 1000
        frames = [
            Frame(
                device=f"meter-{device:02d}",
                time=[time_ms],
                values={
                    name: [round(centre + chance.gauss(0, spread), digits)]
                    for name, centre, spread, digits in _QUANTITIES
                },
            )
            for device in range(DEVICES)
        ]
        yield Batch(stream=STREAM, seq=number + 1, sent=time_ms + 200, frames=frames)
