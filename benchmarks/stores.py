"""The stores: ingest against their bulk ceilings, pages against the bare query, what a reading costs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks import stores_ingest, stores_load, stores_queries
from benchmarks.report import Figure
from store.log.sqlite import SqliteLog

_SPREAD_READINGS: Final = 1_200_000
_SITES: Final = (1, 10, 100, 1000)
_LIVE_BATCHES: Final = 2000
_MILLION: Final = 1_000_000


def measure() -> list[Figure]:
    """All figures of the stores."""
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name:
        folder = Path(name)
        return [
            *stores_ingest.measure(folder),
            *stores_queries.measure(folder),
            *_costs(folder),
            *_sites(folder),
        ]


def _costs(folder: Path) -> list[Figure]:
    """From the log into SQLite, in a process of its own; rollups apart: they are made in idle time."""
    log = SqliteLog(folder / "costs.db")
    stores_load.append(log, "bench", stores_load.live(_LIVE_BATCHES))
    log.close()
    costs = _in_a_process(folder / "costs.db")
    millions = _LIVE_BATCHES * 600 / _MILLION
    return [
        Figure("SQLite: CPU per million readings", costs["cpu_s"] / millions, "s"),
        Figure("SQLite: CPU of the rollups per million", costs["roll_up_cpu_s"] / millions, "s"),
        Figure("SQLite: peak memory of a million readings", costs["peak_bytes"] / millions / 2**20, "MiB"),
    ]


def _sites(folder: Path) -> list[Figure]:
    """The same number of readings, of more and more sites; CPU time, as that is what grows with a machine."""
    each = {}
    for sites in _SITES:
        path = folder / f"{sites}-sites.db"
        stores_load.spread(path, sites, _SPREAD_READINGS)
        each[sites] = _in_a_process(path)["cpu_s"] / _SPREAD_READINGS * 1e6
    first, *others = _SITES
    return [
        Figure(f"SQLite: a reading of {sites:,} sites, to one of {first}", each[sites], "µs", each[first],
               1.2 if sites == others[-1] else None, "ratio", "at most")
        for sites in others
    ]  # fmt: skip


def _in_a_process(log: Path) -> dict[str, Any]:
    program = [sys.executable, "-m", "benchmarks.stores_pipeline", str(log)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)
    costs: dict[str, Any] = json.loads(done.stdout)
    return costs
