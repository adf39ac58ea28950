"""The SQLite files underneath: whole transactions, one error type, snapshots, rows by the thousand."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.errors import StoreError
from store.sqlite import Cell, Database, insert_rows

SCHEMA = ("CREATE TABLE IF NOT EXISTS row (a INTEGER, b INTEGER, c TEXT)",)
INSERT = "INSERT INTO row (a, b, c)"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "folder" / "rows.db", SCHEMA, "FULL")
    yield opened
    opened.close()


def count(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute("SELECT count(*) FROM row").fetchone()[0])


@pytest.mark.parametrize("rows", [0, 1, 2, 3, 1000, 8191, 8192, 8193, 20_001])
def test_any_number_of_rows_goes_in_whole_and_in_order(database: Database, rows: int) -> None:
    cells: list[Cell] = [cell for row in range(rows) for cell in (row, row * 2, str(row))]
    with database.write() as connection:
        insert_rows(connection, INSERT, 3, cells)
    with database.read() as connection:
        stored = connection.execute("SELECT * FROM row ORDER BY rowid").fetchall()
    assert stored == [(row, row * 2, str(row)) for row in range(rows)]


def test_an_error_inside_a_write_leaves_nothing_behind(database: Database) -> None:
    def insert_and_fail() -> None:
        with database.write() as connection:
            connection.execute(f"{INSERT} VALUES (1, 2, 'x')")
            raise LookupError

    with pytest.raises(LookupError):
        insert_and_fail()
    assert count(database) == 0
    with database.write() as connection:
        connection.execute(f"{INSERT} VALUES (1, 2, 'x')")
    assert count(database) == 1


def test_a_read_sees_one_moment_while_another_writes(database: Database) -> None:
    with database.read() as connection:
        before = connection.execute("SELECT count(*) FROM row").fetchone()
        with database.write() as writer:
            writer.execute(f"{INSERT} VALUES (1, 2, 'x')")
        assert connection.execute("SELECT count(*) FROM row").fetchone() == before
    assert count(database) == 1


def test_threads_write_one_after_the_other(database: Database) -> None:
    def work() -> None:
        for _ in range(20):
            with database.write() as connection:
                connection.execute(f"{INSERT} VALUES (1, 2, 'x')")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 80


def test_a_full_disk_is_a_store_error_that_names_the_file(database: Database) -> None:
    with database.write() as connection:
        connection.execute("PRAGMA max_page_count = 3")
    cells: list[Cell] = [cell for row in range(5000) for cell in (row, row, "text")]
    with pytest.raises(StoreError, match=r"rows\.db.*full"), database.write() as connection:
        insert_rows(connection, INSERT, 3, cells)
    assert count(database) == 0


def test_a_file_that_is_no_database_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, " * 100)
    with pytest.raises(StoreError, match=r"letter\.db"):
        Database(tmp_path / "letter.db", SCHEMA, "FULL")


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="open"):
        Database(tmp_path / "file" / "rows.db", SCHEMA, "FULL")


def test_closed_it_says_so(database: Database) -> None:
    database.close()
    with pytest.raises(StoreError, match="closed"), database.read():
        pass
    with pytest.raises(StoreError, match="closed"), database.write():
        pass
