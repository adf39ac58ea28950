"""Files of an older version are opened by this one with everything in them (findings R7).

`of_225f4a1/` holds what that commit wrote, as `sqlite3.Connection.iterdump` tells it: readings with a
counter's zeros in them, half of them forgotten; a log, some of it trimmed.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

import psycopg
import pytest

from store.errors import StoreError
from store.log.postgresql import PostgresqlLog
from store.log.sqlite import SqliteLog
from store.timeseries.sqlite import SqliteTimeSeries

OLD: Final = Path(__file__).parent / "of_225f4a1"
SITE: Final = "fenglin-18"
START: Final = 1_764_000_000_000
MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE


def restored(folder: Path, name: str) -> Path:
    path = folder / f"{name}.db"
    connection = sqlite3.connect(path)
    connection.executescript((OLD / f"{name}.sql").read_text("utf-8"))
    connection.close()
    return path


def test_a_time_series_keeps_all_and_is_rolled_up_anew_step_by_step(tmp_path: Path) -> None:
    store = SqliteTimeSeries(restored(tmp_path, "timeseries"))
    assert (store.position(), store.devices(SITE)["th"]) == (43, ["temperature"])
    assert len(store.raw(SITE, "meter", "active_energy_import", 0, START * 2)[0]) == 180
    span = START, START + 2 * HOUR, HOUR
    at_once = store.window(SITE, "meter", "active_power", *span, ["count", "mean", "covered"]).columns
    assert at_once["count"] == [180, 181]
    assert at_once["covered"] == [None, None], "nothing but the old mean is known yet"
    steps = 0
    while store.roll_up(50):
        steps += 1
    assert steps > 3
    columns = store.window(SITE, "meter", "active_power", *span, ["count", "mean", "covered"]).columns
    assert columns["count"] == [180, 181]
    assert columns["mean"][0] == at_once["mean"][0], "its readings are gone: the old mean stays"
    assert columns["covered"] == [None, pytest.approx(1 - 15 / 3600)]
    store.close()
    assert SqliteTimeSeries(tmp_path / "timeseries.db").roll_up(50) == 0


def test_old_glitches_count_nothing_any_more(tmp_path: Path) -> None:
    """The old rule took each zero's way back for 1,000 kWh."""
    store = SqliteTimeSeries(restored(tmp_path, "timeseries"))
    for _ in range(2):
        window = store.window(
            SITE, "meter", "active_energy_import", START, START + 2 * HOUR, HOUR, ["increase"]
        )
        grown = sum(value or 0 for value in window.columns["increase"])
        assert grown == pytest.approx(359 / 64, abs=3 / 64)
        while store.roll_up(1000):
            pass
    store.close()


def test_a_time_series_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = restored(tmp_path, "timeseries")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreError, match=r"newer version.*99"):
        SqliteTimeSeries(path)


def test_a_log_keeps_all(tmp_path: Path) -> None:
    log = SqliteLog(restored(tmp_path, "log"))
    assert [(record.offset, record.entry.seq) for record in log.read(0, 10)] == [(3, 3), (4, 7), (5, 1)]
    assert log.streams(SITE)["pi-1", "01KAW9Q2V7Y8M3N5P6R8S0T2W4"] == [(1, 3), (7, 7)]
    assert log.last_offset() == 5
    assert log.trim(START + 2, 5) == 3
    log.close()


def test_a_log_on_postgresql_keeps_all(bare_postgres_dsn: str) -> None:
    schema = (OLD / "log_postgresql.sql").read_text("utf-8")
    with psycopg.connect(bare_postgres_dsn) as connection:
        connection.execute(schema.encode(), prepare=False)
        connection.execute(
            "INSERT INTO plumbline_log.stream (site, agent, stream) VALUES ('s', 'pi-1', 'one')"
        )
        connection.execute(
            "SELECT * FROM plumbline_log.append"
            "(5, ARRAY[1, 1], ARRAY[1, 2]::bigint[], ARRAY['x', 'y']::bytea[])"
        )
    log = PostgresqlLog(bare_postgres_dsn)
    assert [(record.entry.seq, record.entry.payload) for record in log.read(0, 10)] == [(1, b"x"), (2, b"y")]
    assert log.streams("s") == {("pi-1", "one"): [(1, 2)]}
    assert log.trim(6, log.last_offset()) == 2
    log.close()
