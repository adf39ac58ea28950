"""The log on SQLite on a full disk, and how quick it is."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from store.errors import StoreError
from store.log.contract import Entry
from store.log.sqlite import SqliteLog

STREAM = "01K" + "A" * 23
NOW = 1_764_000_000_000


def entries(first: int, last: int, size: int = 10) -> list[Entry]:
    return [Entry("s", "a", STREAM, seq, bytes(size)) for seq in range(first, last + 1)]


def test_on_a_full_disk_the_whole_call_fails_and_can_be_repeated(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.db")
    log.append(entries(1, 5), NOW)
    with log._database.write() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(StoreError, match="full"):
        log.append(entries(6, 60, size=4000), NOW)
    assert log.streams("s") == {("a", STREAM): [(1, 5)]}
    assert log.last_offset() == 5
    with log._database.write() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    assert None not in log.append(entries(6, 60, size=4000), NOW)
    assert log.streams("s") == {("a", STREAM): [(1, 60)]}
    log.close()


def test_a_stream_that_was_never_committed_is_not_remembered(tmp_path: Path) -> None:
    """The id of a stream given in a transaction that failed belongs to nobody."""
    log = SqliteLog(tmp_path / "log.db")
    with log._database.write() as connection:
        connection.execute("PRAGMA max_page_count = 8")
    with pytest.raises(StoreError):
        log.append(entries(1, 50, size=4000), NOW)
    with log._database.write() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    other = Entry("s", "b", STREAM, 1, b"other")
    log.append([other], NOW)
    log.append(entries(1, 1), NOW)
    assert log.streams("s") == {("a", STREAM): [(1, 1)], ("b", STREAM): [(1, 1)]}
    log.close()


def test_a_group_of_a_hundred_batches_is_quick(tmp_path: Path) -> None:
    """Measured 4 ms for 100 × 5 kB with fsync; the bound leaves room for a loaded machine."""
    log = SqliteLog(tmp_path / "log.db")
    took_s = []
    for start in range(1, 1001, 100):
        since = time.perf_counter()
        log.append(entries(start, start + 99, size=5000), NOW)
        took_s.append(time.perf_counter() - since)
    assert min(took_s) < 0.05
    log.close()
