"""What the pages ask, against the bare query: a year of one series, and a site of 40 series as it is now."""

from __future__ import annotations

import random
import sqlite3
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.report import Figure
from store.timeseries.contract import Aggregate, Block
from store.timeseries.sqlite import SqliteTimeSeries
from wire.durations import MINUTE_MS

_START: Final = 1_764_000_000_000
_YEAR: Final = 525_600
_POINTS: Final = 1_000
#: The shortest step of whole minutes that gives a thousand points or fewer.
_STEP_MS: Final = -(-_YEAR // _POINTS) * MINUTE_MS
_ALL: Final[tuple[Aggregate, ...]] = ("min", "max", "mean", "count", "last")
_ROUNDS: Final = 9
_TARGET: Final = 1.5
_LIVE_DEVICES: Final = 4
_LIVE_SECONDS: Final = 7200

_BARE_YEAR: Final = """
SELECT (minute * 60000 - :start) / :step, min(low), max(high), sum(total) / sum(readings), sum(readings)
FROM rollup WHERE series = :series AND minute >= :first AND minute < :beyond GROUP BY 1"""
_BARE_LAST: Final = """
SELECT (minute * 60000 - :start) / :step, last, max(minute)
FROM rollup WHERE series = :series AND minute >= :first AND minute < :beyond GROUP BY 1"""
_BARE_INCREASE: Final = """
SELECT (minute * 60000 - :start) / :step, sum(last - first + CASE WHEN before IS NULL THEN 0.0
       WHEN first >= before THEN first - before ELSE first END)
FROM (SELECT minute, first, last, lag(last) OVER (ORDER BY minute) AS before FROM rollup
      WHERE series = :series AND minute >= :first AND minute < :beyond) GROUP BY 1"""
_BARE_LATEST: Final = """
SELECT device, quantity, time, value FROM series CROSS JOIN point
  ON point.series = series.id AND time = (SELECT max(time) FROM point WHERE point.series = series.id)
WHERE site = 'now'"""


def measure(folder: Path) -> list[Figure]:
    """Milliseconds each."""
    path = folder / "queries.db"
    store = _filled(path)
    bare = sqlite3.connect(path)
    bare.execute("PRAGMA cache_size = -32768")
    found = bare.execute("SELECT id FROM series WHERE site = 'year'").fetchone()
    bound = {
        "series": found[0], "start": _START, "step": _STEP_MS,
        "first": _START // MINUTE_MS, "beyond": _START // MINUTE_MS + _YEAR,
    }  # fmt: skip

    def ask(statements: list[str]) -> Callable[[], object]:
        return lambda: [bare.execute(statement, bound).fetchall() for statement in statements]

    def window(aggregates: tuple[Aggregate, ...]) -> Callable[[], object]:
        end = _START + _YEAR * MINUTE_MS
        return lambda: store.window(
            "year", "meter", "active_energy_import", _START, end, _STEP_MS, aggregates
        )

    figures = [
        _figure("SQLite: a year of minutes as 1,000 points", window(_ALL), ask([_BARE_YEAR, _BARE_LAST])),
        _figure("SQLite: … a counter's increase", window(("increase",)), ask([_BARE_INCREASE])),
        _figure("SQLite: a site of 40 series now", lambda: store.latest("now"), ask([_BARE_LATEST])),
    ]
    bare.close()
    store.close()
    return figures


def _filled(path: Path) -> SqliteTimeSeries:
    chance = random.Random(1)
    store = SqliteTimeSeries(path)
    for first in range(0, _YEAR, 43_800):
        times = [_START + minute * MINUTE_MS for minute in range(first, first + 43_800)]
        values = [minute / 100 for minute in range(first, first + 43_800)]
        store.write([Block("year", "meter", times, {"active_energy_import": values})], 0)
    live = [_START + second * 1000 for second in range(_LIVE_SECONDS)]
    for device in range(_LIVE_DEVICES):
        columns = {f"quantity_{number}": [chance.random() for _ in live] for number in range(10)}
        store.write([Block("now", f"meter-{device}", live, columns)], 0)
    while store.roll_up(5000):
        pass
    return store


def _figure(name: str, ours: Callable[[], object], bare: Callable[[], object]) -> Figure:
    pairs = [(_ms(ours), _ms(bare)) for _ in range(_ROUNDS)]
    value, reference = (statistics.median(column) for column in zip(*pairs, strict=True))
    return Figure(name, value, "ms", reference, _TARGET, "ratio", "at most")


def _ms(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
