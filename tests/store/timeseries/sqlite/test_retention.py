"""What the SQLite time series lets go, in which steps, and what of it must stay."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.errors import StoreError
from store.timeseries.contract import Block, Latest
from store.timeseries.sqlite import SqliteTimeSeries, retention

START = 1_764_000_000_000
MINUTE = 60_000
HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteTimeSeries]:
    opened = SqliteTimeSeries(tmp_path / "timeseries.db")
    yield opened
    opened.close()


def fill(store: SqliteTimeSeries, start: int, seconds: int, device: str = "d", site: str = "s") -> None:
    times = [start + 1000 * at for at in range(seconds)]
    store.write([Block(site, device, times, {"q": [float(at) for at in range(seconds)]})], 1)


def counts(store: SqliteTimeSeries, start: int, end: int, step: int) -> list[float | None]:
    return store.window("s", "d", "q", start, end, step, ["count"]).columns["count"]


def pages(store: SqliteTimeSeries) -> int:
    with store._database.read() as connection:
        return int(connection.execute("PRAGMA page_count").fetchone()[0])


def roll_all_up(store: SqliteTimeSeries) -> None:
    while store.roll_up(1000):
        pass


def test_the_first_value_stands(store: SqliteTimeSeries) -> None:
    store.write([Block("s", "d", [START], {"q": [1.0]})], 1)
    store.write([Block("s", "d", [START], {"q": [2.0]})], 2)
    assert store.raw("s", "d", "q", START, START + 1) == ([START], [1.0])


def test_the_position_is_on_disk_with_its_rows(tmp_path: Path, store: SqliteTimeSeries) -> None:
    fill(store, START, 1)
    store.write([], 18)
    again = SqliteTimeSeries(tmp_path / "timeseries.db")
    assert again.position() == 18
    again.close()


def test_forgetting_says_how_many_readings_went(store: SqliteTimeSeries) -> None:
    fill(store, START, 7200)
    assert store.forget(START + HOUR, 0) == 3600
    assert store.forget(START + HOUR, 0) == 0


def test_readings_go_by_whole_minutes(store: SqliteTimeSeries) -> None:
    fill(store, START, 300)
    assert store.forget(START + 2 * MINUTE + 30_000, 0) == 120
    assert counts(store, START, START + 5 * MINUTE, MINUTE) == [60] * 5


def test_the_newest_minute_stays_so_that_latest_says_since_when_it_is_silent(store: SqliteTimeSeries) -> None:
    fill(store, START, 90)
    roll_all_up(store)
    store.forget(START + 400 * DAY, START + 400 * DAY)
    assert store.latest("s") == {("d", "q"): Latest(START + 89_000, 89.0)}
    assert counts(store, START + MINUTE, START + 2 * MINUTE, MINUTE) == [30]


def test_a_rollup_stays_as_long_as_the_readings_beneath_it(store: SqliteTimeSeries) -> None:
    fill(store, START, 3 * 3600)
    roll_all_up(store)
    store.forget(START, START + DAY)
    assert counts(store, START, START + 3 * HOUR, HOUR) == [3600] * 3


def test_a_closed_minute_takes_no_more_and_says_so(
    store: SqliteTimeSeries, caplog: pytest.LogCaptureFixture
) -> None:
    fill(store, START, 60)
    fill(store, START + DAY, 1)
    store.forget(START + HOUR, 0)
    late = Block("s", "d", [START + 30_500, START + MINUTE], {"q": [5.0, 6.0], "other": [None, 7.0]})
    with caplog.at_level(logging.WARNING):
        assert store.write([late], 2) == 3
    assert "1 late reading" in caplog.text
    roll_all_up(store)
    assert counts(store, START, START + 2 * MINUTE, MINUTE) == [60, 1]
    assert store.raw("s", "d", "q", START, START + HOUR) == ([START + MINUTE], [6.0])


def test_a_site_away_longer_than_the_retention_is_still_taken(store: SqliteTimeSeries) -> None:
    """There is no rollup yet that a late reading could spoil; what it gives stays when it goes itself."""
    fill(store, START + 10 * DAY, 60)
    store.forget(START + 5 * DAY, 0)
    fill(store, START, 60)
    fill(store, START + 20_500, 1)
    assert store.forget(START + 5 * DAY, 0) == 61
    assert counts(store, START, START + MINUTE, MINUTE) == [61]
    fill(store, START, 60)
    assert counts(store, START, START + MINUTE, MINUTE) == [61]


def test_forgetting_lets_the_writer_in_between(
    store: SqliteTimeSeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With hundreds of steps to do, a write waits for a few of them, not for all."""
    monkeypatch.setattr(retention, "STEP_ROWS", 60)
    fill(store, START, 40_000)
    roll_all_up(store)
    forgotten = threading.Event()

    def forget() -> None:
        store.forget(START + DAY, 0)
        forgotten.set()

    thread = threading.Thread(target=forget)
    thread.start()
    written = 0
    while not forgotten.is_set():
        fill(store, START + DAY + written * 1000, 1, device="other")
        written += 1
    thread.join()
    assert written > 5


def test_a_step_stays_small_whatever_a_series_holds(store: SqliteTimeSeries) -> None:
    fill(store, START, 20_000)
    steps: list[int] = []
    with store._database.write() as connection:
        connection.set_trace_callback(
            lambda text: steps.append(1) if text.startswith("DELETE FROM point") else None
        )
    assert store.forget(START + 20_000_000, 0) > 19_000
    assert len(steps) >= 19_000 // (retention.STEP_ROWS + 60)


def test_erasing_reaches_other_processes_that_remember_series(
    tmp_path: Path, store: SqliteTimeSeries
) -> None:
    """Another process has ids of series in memory; after an erasure it must not write under them."""
    writer = SqliteTimeSeries(tmp_path / "timeseries.db")
    fill(writer, START, 10)
    store.erase("s")
    fill(store, START, 5, site="newcomer")
    fill(writer, START + HOUR, 3)
    assert store.raw("s", "d", "q", 0, START + DAY)[0] == [START + HOUR + 1000 * at for at in range(3)]
    assert len(store.raw("newcomer", "d", "q", 0, START + DAY)[0]) == 5
    writer.close()


def test_erasing_leaves_no_row_behind(store: SqliteTimeSeries) -> None:
    fill(store, START, 7200)
    store.roll_up(50)
    store.erase("s")
    with store._database.read() as connection:
        for table in ("series", "point", "rollup", "rollup_hour", "stale"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # noqa: S608


def test_compacting_gives_room_back_where_it_is_worth_it(tmp_path: Path, store: SqliteTimeSeries) -> None:
    fill(store, START, 50_000)
    full = pages(store)
    store.forget(START + 2_000_000, 0)
    store.compact()
    assert pages(store) >= full
    store.forget(START + 40_000_000, 0)
    store.compact()
    assert pages(store) < full / 2
    assert (tmp_path / "timeseries.db").stat().st_size == pages(store) * 4096


def test_check_finds_a_lost_table_and_mends_it(store: SqliteTimeSeries) -> None:
    with store._database.write() as connection:
        connection.execute("DROP TABLE rollup_hour")
    (finding,) = store.check(fix=False)
    assert "rollup_hour" in finding.what
    assert not finding.mended
    (finding,) = store.check(fix=True)
    assert finding.mended
    assert store.check(fix=False) == []


def test_check_finds_rollups_that_lag_and_makes_them(store: SqliteTimeSeries) -> None:
    times = [START + at * MINUTE for at in range(2500)]
    store.write([Block("s", "d", times, {"q": [1.0] * 2500})], 1)
    (finding,) = store.check(fix=False)
    assert "not rolled up" in finding.what
    assert store.check(fix=True)[0].mended
    assert store.roll_up(1) == 0


def test_check_of_a_closed_store_is_a_finding_and_no_error(store: SqliteTimeSeries) -> None:
    store.close()
    (finding,) = store.check(fix=True)
    assert "closed" in finding.what
    with pytest.raises(StoreError):
        store.position()
