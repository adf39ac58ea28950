"""One real InfluxDB for all tests of a process, a database of its own for each."""

from __future__ import annotations

import atexit
import functools
import hashlib
import shutil
import tempfile
from pathlib import Path

from benchmarks.servers import Influx
from store.timeseries.influxdb.settings import InfluxSettings


@functools.cache
def shared_influx() -> Influx:
    """Started when first asked for, stopped at exit."""
    folder = Path(tempfile.mkdtemp(prefix="plumbline-influx-"))
    server = Influx(folder).start()

    def stop() -> None:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return server


def settings_for(folder: Path, server: Influx | None = None) -> InfluxSettings:
    """The same database for the same folder."""
    database = f"test-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    return InfluxSettings(generation=1, url=(server or shared_influx()).url, database=database)
