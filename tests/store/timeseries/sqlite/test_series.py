"""The time series on SQLite: what a reading costs, what a failed write leaves, who reads meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from store.errors import StoreError
from store.timeseries.columns import merge, readings_of
from store.timeseries.contract import Block
from store.timeseries.sqlite import SqliteTimeSeries

START = 1_764_000_000_000
QUANTITIES = [f"quantity_{number}" for number in range(10)]


def blocks(seconds: range, devices: int = 3) -> list[Block]:
    return [
        Block("s", f"d{device}", [START + 1000 * at], {name: [at * 0.37] for name in QUANTITIES})
        for at in seconds
        for device in range(devices)
    ]


def test_a_reading_costs_some_25_bytes(tmp_path: Path) -> None:
    store = SqliteTimeSeries(tmp_path / "timeseries.db")
    count = 0
    for start in range(0, 3000, 100):
        count += store.write(blocks(range(start, start + 100)), start)
    while store.roll_up(1000):
        pass
    store.close()
    assert (tmp_path / "timeseries.db").stat().st_size / count < 30


def test_a_failed_write_leaves_neither_rows_nor_position(tmp_path: Path) -> None:
    store = SqliteTimeSeries(tmp_path / "timeseries.db")
    store.write(blocks(range(1), devices=1), 1)
    with store._database.write() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StoreError, match="full"):
        store.write(blocks(range(500)), 2)
    assert store.position() == 1
    assert store.latest("s")["d0", "quantity_1"].time == START
    with store._database.write() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    assert store.write(blocks(range(500)), 2) == 15_000
    assert len(store.raw("s", "d2", "quantity_9", 0, START * 2)[0]) == 500
    store.close()


def test_pages_read_while_the_writer_writes(tmp_path: Path) -> None:
    store = SqliteTimeSeries(tmp_path / "timeseries.db")
    done = threading.Event()
    torn: list[int] = []

    def read() -> None:
        while not done.is_set():
            times, _ = store.raw("s", "d0", "quantity_0", 0, START * 2)
            if len(times) % 50:
                torn.append(len(times))

    reader = threading.Thread(target=read)
    reader.start()
    for start in range(0, 1000, 50):
        store.write(blocks(range(start, start + 50), devices=1), start)
    done.set()
    reader.join()
    store.close()
    assert torn == []


def test_merging_keeps_every_reading_in_order() -> None:
    given = blocks(range(4), devices=2)
    merged = merge(given)
    assert [block.device for block in merged] == ["d0", "d1"]
    assert list(merged[1].time) == [START + 1000 * at for at in range(4)]
    assert list(merged[1].values["quantity_3"]) == [at * 0.37 for at in range(4)]
    assert readings_of(merged) == readings_of(given) == 80
