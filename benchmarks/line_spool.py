"""The spool: what it seals with full durability, against the bare disk; what a reading takes on it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from benchmarks.load import READINGS_PER_BATCH, batches
from benchmarks.report import Figure
from edge_agent.spool.contents import Parcel, Sealed
from edge_agent.spool.spool import Spool

_BATCHES: Final = 1_000
#: Parcels that wait behind a slow disk are sealed together, as `edge_agent.gather.keeper` does.
_GROUP: Final = 32
_NOW_MS: Final = 1_764_000_000_000
_BOUND_BYTES: Final = 1 << 30


def measure(folder: Path) -> list[Figure]:
    """Sealed one by one, each on disk before the next; in groups, as a backlog is; and the file's size."""
    folder.mkdir(parents=True, exist_ok=True)
    parcels: list[Parcel] = [(batch.frames, batch.events) for batch in batches(_BATCHES)]
    single, sealed = _sealed(folder / "single.db", parcels, 1)
    grouped, _ = _sealed(folder / "grouped.db", parcels, _GROUP)
    readings = _BATCHES * READINGS_PER_BATCH
    bare = _bare(folder / "bare", sealed)
    in_file = (folder / "single.db").stat().st_size
    on_wire = sum(len(one.payload) for one in sealed)
    return [
        Figure("spool: readings a second, each batch on disk", readings / single, "/s", readings / bare),
        Figure("spool: readings a second, 32 batches at once", readings / grouped, "/s"),
        Figure("spool: bytes on disk of a reading", in_file / readings, "B", on_wire / readings, 1.25,
               "ratio", "at most"),
    ]  # fmt: skip


def _sealed(path: Path, parcels: list[Parcel], group: int) -> tuple[float, list[Sealed]]:
    """Seconds for all of `parcels`, and what they became."""
    spool = Spool.open(path, _BOUND_BYTES, _NOW_MS)
    sealed: list[Sealed] = []
    started_s = time.perf_counter()
    for first in range(0, len(parcels), group):
        sealed += spool.seal_all(parcels[first : first + group], _NOW_MS + first)
    passed_s = time.perf_counter() - started_s
    spool.close()
    return passed_s, sealed


def _bare(path: Path, sealed: list[Sealed]) -> float:
    """Seconds in which the same bytes are appended to a file, each payload on disk before the next."""
    started_s = time.perf_counter()
    with path.open("ab", buffering=0) as file:
        for one in sealed:
            file.write(one.payload)
            os.fdatasync(file.fileno())
    return time.perf_counter() - started_s
