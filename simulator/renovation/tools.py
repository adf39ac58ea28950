"""Tools, and which task uses them how long: the only way a stage reaches the electricity meter.

Powers from nameplates of COOLL (drills 500-850 W, grinders 710-2000, circular saws 1200-1800, sanders
150-250, hot-air 1050, vacuums 700-2700); duty cycles assumed. Tools serve several stages: nobody can tell a
stage by one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from simulator.renovation.arrays import Floats
from simulator.renovation.chance import generator, within
from simulator.renovation.crews import Crew
from simulator.renovation.foreman import Session, noise
from simulator.renovation.loads import Load, Runs, joined


@dataclass(frozen=True, slots=True)
class Tool:
    """Nameplate range, how long it runs at a time (s; median and spread of the logarithm), how it starts."""

    watts: tuple[float, float]
    power_factor: float
    on_s: float
    spread: float = 0.6
    inrush: float = 1.0
    #: How much the work leans on it: spread of the power of single runs.
    effort: float = 0.15


TOOLS: Final[Mapping[str, Tool]] = {
    "hammer": Tool((900, 1600), 0.9, 18, inrush=2.2),
    "grinder": Tool((700, 2000), 0.92, 12, inrush=2.5),
    "chaser": Tool((1500, 2500), 0.93, 25, inrush=2.5),
    "drill": Tool((500, 850), 0.9, 7, inrush=2.0),
    "fusion_iron": Tool((800, 1500), 1.0, 28, 0.15, effort=0.02),
    "mixer": Tool((1100, 1600), 0.85, 190, 0.35, inrush=2.5),
    "wet_cutter": Tool((1100, 1800), 0.88, 14, inrush=2.5),
    "saw": Tool((1200, 1800), 0.88, 7, inrush=3.0),
    "compressor": Tool((800, 2200), 0.8, 55, 0.25, inrush=4.0, effort=0.05),
    "sander": Tool((150, 700), 0.9, 260, 0.7),
    "vacuum": Tool((700, 2700), 0.92, 170, 0.8, inrush=3.0, effort=0.05),
    "lamps": Tool((80, 450), 0.95, 5400, 0.5, effort=0.02),
    "sprayer": Tool((650, 1000), 0.88, 110, 0.5, inrush=2.0),
    "charger": Tool((60, 180), 0.6, 2400, 0.4, effort=0.1),
    "pump": Tool((1500, 3000), 0.85, 700, 0.5, inrush=3.0),
    "heat_gun": Tool((1000, 2000), 1.0, 60, 0.6, effort=0.02),
    "fan": Tool((60, 250), 0.85, 7200, 0.4, effort=0.02),
    "appliance": Tool((800, 3000), 0.98, 420, 0.9, effort=0.3),
}  # fmt: skip
#: Task -> hours a tool runs in a labour-hour.
USES: Final[Mapping[str, Mapping[str, float]]] = {
    "strip": {"hammer": 0.14, "grinder": 0.04, "charger": 0.03},
    "haul": {"vacuum": 0.03, "lamps": 0.05},
    "chasing": {"chaser": 0.11, "hammer": 0.05, "drill": 0.03, "vacuum": 0.08, "grinder": 0.02},
    "wiring": {"drill": 0.05, "lamps": 0.15, "charger": 0.12, "heat_gun": 0.01},
    "piping": {"fusion_iron": 0.14, "drill": 0.05, "grinder": 0.03, "hammer": 0.02},
    "pressure_test": {"drill": 0.01},
    "screed": {"mixer": 0.10, "pump": 0.05, "lamps": 0.05},
    "plaster": {"mixer": 0.09, "lamps": 0.15, "grinder": 0.01},
    "patching": {"mixer": 0.07, "grinder": 0.02, "lamps": 0.08},
    "membrane_1": {"mixer": 0.04, "fan": 0.12, "lamps": 0.08},
    "membrane_2": {"mixer": 0.03, "fan": 0.12, "lamps": 0.08},
    "ponding": {},
    "ponding_2": {},
    "wall_tiles": {"wet_cutter": 0.08, "mixer": 0.06, "grinder": 0.03, "drill": 0.01, "lamps": 0.15},
    "floor_tiles": {"wet_cutter": 0.08, "mixer": 0.07, "grinder": 0.02, "lamps": 0.08},
    "floor_tiles_dry": {"wet_cutter": 0.07, "mixer": 0.07, "grinder": 0.02, "vacuum": 0.01},
    "ceiling": {"saw": 0.05, "drill": 0.06, "compressor": 0.09, "charger": 0.10},
    "cabinets": {"saw": 0.10, "compressor": 0.10, "vacuum": 0.08, "sander": 0.04, "charger": 0.08},
    "frames": {"saw": 0.06, "drill": 0.05, "compressor": 0.06, "charger": 0.08},
    "putty_1": {"mixer": 0.04, "lamps": 0.30, "fan": 0.05},
    "putty_2": {"mixer": 0.03, "lamps": 0.30, "fan": 0.05},
    "sanding": {"sander": 0.35, "vacuum": 0.25, "lamps": 0.35},
    "paint_1": {"sprayer": 0.12, "compressor": 0.05, "lamps": 0.30, "fan": 0.05},
    "paint_2": {"sprayer": 0.10, "compressor": 0.05, "lamps": 0.30, "fan": 0.05},
    "flooring": {"saw": 0.07, "vacuum": 0.05, "compressor": 0.03, "charger": 0.06},
    "fittings": {"drill": 0.07, "charger": 0.10, "lamps": 0.08, "appliance": 0.02},
    "sanitary": {"drill": 0.07, "grinder": 0.02, "wet_cutter": 0.01, "appliance": 0.02},
    "kitchen": {"saw": 0.05, "drill": 0.06, "vacuum": 0.03, "charger": 0.08},
    "doors": {"drill": 0.05, "saw": 0.03, "charger": 0.10, "sander": 0.02},
    "appliances": {"drill": 0.06, "vacuum": 0.02, "appliance": 0.12, "charger": 0.05},
    "cleaning": {"vacuum": 0.22, "lamps": 0.10},
    "inspection": {"lamps": 0.15, "appliance": 0.06},
    "defects": {"drill": 0.05, "sander": 0.06, "vacuum": 0.05, "charger": 0.08, "mixer": 0.01},
    "handing_over": {"lamps": 0.20, "appliance": 0.06},
}
#: Every crew now and then sweeps up, and plugs in what it likes.
_ANYWAY: Final[Mapping[str, float]] = {"vacuum": 0.012, "charger": 0.02, "lamps": 0.03, "drill": 0.004}
_INRUSH_MS: Final = 400


def tool_loads(seed: int, crews: Sequence[Crew], sessions: Sequence[Session], phases: int) -> list[Load]:
    """A load for each tool of each crew, as the sessions used it."""
    parts: dict[tuple[int, str], list[Runs]] = {}
    rng = generator(seed, "tool runs")
    powers: dict[tuple[int, str], float] = {}
    for session in sessions:
        uses = _uses(session.package.task.name)
        for tool, share in uses.items():
            crew, key = crews[session.crew], (session.crew, tool)
            if key not in powers:
                powers[key] = within(rng, TOOLS[tool].watts) * crew.tool_power
            on_h = share * session.labour_h * crew.tool_use * noise(rng, 0.35)
            parts.setdefault(key, []).append(_runs(rng, TOOLS[tool], powers[key], session, on_h))
    return [
        Load(f"{tool} of {crews[crew].name}", int(rng.integers(phases)), TOOLS[tool].power_factor,
             joined(runs), TOOLS[tool].inrush, _INRUSH_MS)
        for (crew, tool), runs in parts.items()
    ]  # fmt: skip


def _uses(task: str) -> dict[str, float]:
    uses = dict(USES[task])
    for tool, share in _ANYWAY.items():
        uses[tool] = uses.get(tool, 0.0) + share
    return uses


def _runs(rng: np.random.Generator, tool: Tool, watts: float, session: Session, on_h: float) -> Runs:
    """Runs spread over a session: as many as fill `on_h`, at most four fifths of the time."""
    length_ms = session.end_ms - session.start_ms
    on_ms = min(on_h * 3_600_000, 0.8 * length_ms)
    mean_ms = 1000 * tool.on_s * np.exp(tool.spread**2 / 2)
    count = int(rng.poisson(on_ms / mean_ms)) if mean_ms < on_ms else int(rng.random() < on_ms / mean_ms)
    if not count:
        return Runs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
    lengths = 1000 * tool.on_s * np.exp(rng.normal(0, tool.spread, count))
    lengths *= min(1.0, 0.85 * length_ms / lengths.sum())
    starts = _spread_out(rng, lengths, length_ms) + session.start_ms
    rates = watts * np.exp(rng.normal(0, tool.effort, count))
    return Runs(starts.astype(np.int64), (starts + lengths).astype(np.int64) + 1, rates)


def _spread_out(rng: np.random.Generator, lengths: Floats, within_ms: int) -> Floats:
    """Starts of runs that follow each other with pauses of any length."""
    pauses = rng.exponential(1.0, len(lengths) + 1)
    pauses *= (within_ms - lengths.sum()) / pauses.sum()
    return np.asarray(np.cumsum(pauses[:-1]) + np.concatenate([[0.0], np.cumsum(lengths[:-1])]))
