"""Ingest into SQLite and InfluxDB, each against the same readings by the shortest way into the same store.

SQLite's ceiling: the rows, laid out and sorted beforehand, 300,000 to a transaction, thousands to an INSERT,
into the same tables with the same pragmas. InfluxDB's: bodies of line protocol built beforehand, posted to
/write. Sides take turns and medians are compared, because these machines are noisy.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

import urllib3

from benchmarks import stores_load
from benchmarks.load import SITE
from benchmarks.report import Figure
from benchmarks.servers import Influx
from benchmarks.stores_pipeline import fill
from ingest.recent import LoggedBatch
from store.log.sqlite import SqliteLog
from store.sqlite import Cell, Database, insert_rows
from store.timeseries import columns
from store.timeseries.contract import Block, TimeSeries
from store.timeseries.influxdb import lines
from store.timeseries.influxdb.series import InfluxTimeSeries
from store.timeseries.influxdb.settings import InfluxSettings
from store.timeseries.sqlite import SqliteTimeSeries
from store.timeseries.sqlite.schema import SCHEMA
from wire.batch import Batch

ROUNDS: Final = 3
_STEP_READINGS: Final = 300_000
_TARGET: Final = 0.7


@dataclass(frozen=True, slots=True)
class Load:
    """The same readings three times: in a log, as accept hands them over, and in steps of columns."""

    log: Path
    handed_over: list[LoggedBatch]
    steps: list[list[Block]]
    readings: int


def load(folder: Path, name: str, batches: Iterable[Batch]) -> Load:
    """Lay a log out in `folder`."""
    every = list(batches)
    log = SqliteLog(folder / f"{name}.db")
    stores_load.append(log, SITE, every)
    log.close()
    per_step = _STEP_READINGS // every[0].readings()
    parts = [every[at : at + per_step] for at in range(0, len(every), per_step)]
    steps = [columns.merge(stores_load.blocks(SITE, part)) for part in parts]
    readings = sum(batch.readings() for batch in every)
    return Load(folder / f"{name}.db", stores_load.stored(SITE, every), steps, readings)


def measure(folder: Path) -> list[Figure]:
    """Both stores, with batches a second long and with those of an agent that was away."""
    live = load(folder, "live", stores_load.live(2000))
    backlog = load(folder, "backlog", stores_load.backlog(200))
    gc.freeze()  # the product has no millions of prepared objects that its garbage collector would look at
    numbers = map(str, count())
    sqlite = _Sqlite(folder, numbers.__next__)
    with Influx(folder / "influx") as server:
        influx = _InfluxDb(folder, server.url, numbers.__next__)
        return [
            *_figures("SQLite", live, backlog, sqlite.bulk_s, sqlite.ingest_s),
            *_figures("InfluxDB", live, backlog, influx.bulk_s, influx.ingest_s),
        ]


def _figures(
    name: str,
    live: Load,
    backlog: Load,
    bulk_s: Callable[[Load], float],
    ingest_s: Callable[[Load, list[LoggedBatch] | None], float],
) -> list[Figure]:
    live_bulk, live_rate, log_rate, backlog_bulk, backlog_rate = (
        statistics.median(rates)
        for rates in zip(
            *(
                (
                    live.readings / bulk_s(live),
                    live.readings / ingest_s(live, live.handed_over),
                    live.readings / ingest_s(live, None),
                    backlog.readings / bulk_s(backlog),
                    backlog.readings / ingest_s(backlog, None),
                )
                for _ in range(ROUNDS)
            ),
            strict=True,
        )
    )
    unit = "readings/s"
    return [
        Figure(f"{name}: ingest, as accepted", live_rate, unit, live_bulk, _TARGET, "ratio"),
        Figure(f"{name}: ingest from the log, backlog", backlog_rate, unit, backlog_bulk, _TARGET, "ratio"),
        Figure(f"{name}: ingest from the log, one-second batches", log_rate, unit, live_bulk),
    ]


class _Sqlite:
    def __init__(self, folder: Path, fresh: Callable[[], str]) -> None:
        self._folder, self._fresh = folder, fresh

    def ingest_s(self, load: Load, handed_over: list[LoggedBatch] | None) -> float:
        folder = self._folder / self._fresh()
        store = SqliteTimeSeries(folder / "timeseries.db")
        return _timed_fill(folder, load, store, handed_over)

    def bulk_s(self, load: Load) -> float:
        numbers: dict[tuple[str, str], int] = {}
        steps = [_cells(step, numbers) for step in load.steps]
        database = Database(self._folder / self._fresh() / "bulk.db", SCHEMA, "NORMAL")
        started = time.monotonic()
        for cells in steps:
            with database.write() as connection:
                insert_rows(connection, "INSERT OR IGNORE INTO point (series, time, value)", 3, cells)
        took_s = time.monotonic() - started
        database.close()
        return took_s


def _cells(blocks: list[Block], numbers: dict[tuple[str, str], int]) -> list[Cell]:
    """(series, time, value) end to end, sorted as the table is."""
    cells: list[Cell] = []
    for block in blocks:
        for quantity, column in block.values.items():
            series = numbers.setdefault((block.device, quantity), len(numbers) + 1)
            for at, value in zip(block.time, column, strict=True):
                cells += (series, at, value)
    return cells


class _InfluxDb:
    def __init__(self, folder: Path, url: str, fresh: Callable[[], str]) -> None:
        self._folder, self._url, self._fresh = folder, url, fresh
        self._http = urllib3.PoolManager()

    def ingest_s(self, load: Load, handed_over: list[LoggedBatch] | None) -> float:
        name = self._fresh()
        settings = InfluxSettings(generation=1, url=self._url, database=f"bench{name}")
        store = InfluxTimeSeries(settings)
        store.check(fix=True)
        took_s = _timed_fill(self._folder / name, load, store, handed_over)
        self._ask(f'DROP DATABASE "bench{name}"')
        return took_s

    def bulk_s(self, load: Load) -> float:
        name = f"bulk{self._fresh()}"
        self._ask(f'CREATE DATABASE "{name}"')
        bodies = [body for step in load.steps for body in lines.bodies("telemetry", step)]
        started = time.monotonic()
        for body in bodies:
            answer = self._http.request("POST", f"{self._url}/write?db={name}&precision=ms", body=body)
            if answer.status != 204:
                raise RuntimeError(f"InfluxDB answered {answer.status}: {answer.data!r}")
        took_s = time.monotonic() - started
        self._ask(f'DROP DATABASE "{name}"')
        return took_s

    def _ask(self, statement: str) -> None:
        self._http.request("POST", f"{self._url}/query", fields={"q": statement}, encode_multipart=False)


def _timed_fill(folder: Path, load: Load, store: TimeSeries, handed_over: list[LoggedBatch] | None) -> float:
    folder.mkdir(exist_ok=True)
    try:
        return fill(folder, load.log, store, handed_over)
    finally:
        store.close()
