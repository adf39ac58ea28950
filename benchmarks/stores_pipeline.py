"""The writer, from a log of accepted batches into a store, and what that cost.

As a program (`python -m benchmarks.stores_pipeline LOG`) it fills an SQLite store in a process of its own and
prints {wall_s, cpu_s, peak_bytes, roll_up_cpu_s} as JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from ingest.recent import LoggedBatch, Recent
from ingest.writer import Writer
from store.engine import sqlite_url
from store.log.hint import Hint
from store.log.sqlite import SqliteLog
from store.records.records import Records
from store.timeseries.contract import TimeSeries
from store.timeseries.sqlite import SqliteTimeSeries

_NOW: Final = 1_764_000_000_000
_LOOK_S: Final = 0.002


def fill(
    folder: Path, log_path: Path, store: TimeSeries, handed_over: list[LoggedBatch] | None = None
) -> float:
    """Seconds until the store has everything in the log. `handed_over`: the same batches as accept leaves
    them to a writer in its process; else it reads and decodes the log."""
    log = SqliteLog(log_path)
    records = Records(sqlite_url(folder / "records.db"))
    recent = Recent(bound=sys.maxsize)
    for stored in handed_over or ():
        recent.add(stored)
    writer = Writer(log, store, records, Hint(), clock=lambda: _NOW, recent=recent)
    try:
        return asyncio.run(_until_done(writer, log.last_offset()))
    finally:
        records.close()
        log.close()


async def _until_done(writer: Writer, last: int) -> float:
    stop = asyncio.Event()
    started = time.monotonic()
    running = asyncio.create_task(writer.run(stop))
    while writer.counters.time_series_position < last:
        if running.done():
            await running
        await asyncio.sleep(_LOOK_S)
    took_s = time.monotonic() - started
    stop.set()
    await running
    return took_s


def cpu_s() -> float:
    """CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_bytes() -> int:
    """The most memory this program has had. Not getrusage: that begins with what its parent had."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


def main(log_path: Path) -> None:
    """Fill a store of its own and say what it cost."""
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name:
        store = SqliteTimeSeries(Path(name) / "timeseries.db")
        before = cpu_s()
        wall_s = fill(Path(name), log_path, store)
        filled = cpu_s()
        while store.roll_up(2000):
            pass
        rolled_up = cpu_s()
        store.close()
    costs = {"wall_s": wall_s, "cpu_s": filled - before, "peak_bytes": peak_bytes()}
    print(json.dumps(costs | {"roll_up_cpu_s": rolled_up - filled}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
