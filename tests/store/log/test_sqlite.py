"""The log on SQLite under SIGKILL and on a full disk: what append returned is there, whole."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from store.errors import StoreError
from store.log.contract import Entry
from store.log.sqlite import SqliteLog
from tests.servers import clean_environment, wait_until

ROOT = Path(__file__).parents[3]
STREAM = "01K" + "A" * 23
NOW = 1_764_000_000_000

#: Appends for ever, ten at a time; after each call it writes the last seq that is said to be on disk.
APPENDER = """
import sys
from pathlib import Path
from store.log.contract import Entry
from store.log.sqlite import SqliteLog
log = SqliteLog(Path(sys.argv[1]))
first = int(sys.argv[2])
while True:
    log.append([Entry("s", "a", sys.argv[3], seq, b"x" * 3000) for seq in range(first, first + 10)], 1)
    first += 10
    print(first - 1, flush=True)
"""


def entries(first: int, last: int, size: int = 10) -> list[Entry]:
    return [Entry("s", "a", STREAM, seq, bytes(size)) for seq in range(first, last + 1)]


@pytest.mark.processes
def test_killed_at_any_moment_nothing_that_was_confirmed_is_missing(tmp_path: Path) -> None:
    chance = random.Random(4)
    confirmed = 0
    for _ in range(4):
        output = tmp_path / "confirmed"
        with output.open("wb") as out:
            child = subprocess.Popen(
                [sys.executable, "-c", APPENDER, str(tmp_path / "log.db"), str(confirmed + 1), STREAM],
                cwd=ROOT,
                stdout=out,
                env=clean_environment(),
            )
        more = chance.randrange(2, 40)
        wait_until(lambda out=output, more=more: out.read_bytes().count(b"\n") >= more, what="appends")  # type: ignore[misc]
        child.send_signal(signal.SIGKILL)
        child.wait()
        said = int(output.read_text().rpartition("\n")[0].split()[-1])
        log = SqliteLog(tmp_path / "log.db")
        ((first, last),) = log.streams("s")["a", STREAM]
        assert first == 1
        assert last >= said
        assert last % 10 == 0, "a call went in by halves"
        records = log.read(0, 100_000)
        assert [record.entry.seq for record in records] == list(range(1, last + 1))
        log.close()
        confirmed = last


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
