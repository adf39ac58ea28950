"""Databases by their address: what is opened, and what is said when it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from store.engine import SqlDatabase, sqlite_url
from store.errors import StoreError


@pytest.mark.parametrize("name", ["plain.db", "odd ?name=%41 & #1.db", "账本.db", "new/folder/records.db"])
def test_any_path_is_an_address(tmp_path: Path, name: str) -> None:
    database = SqlDatabase(sqlite_url(tmp_path / name))
    with database.write() as connection:
        connection.execute(text("CREATE TABLE one (id INTEGER)"))
    database.close()
    assert (tmp_path / name).stat().st_size > 0


def test_a_sqlite_file_is_safe_on_disk_and_keeps_its_references(tmp_path: Path) -> None:
    database = SqlDatabase(sqlite_url(tmp_path / "a.db"))
    with database.read() as connection:
        asked = [connection.scalar(text(f"PRAGMA {name}")) for name in
                 ("journal_mode", "synchronous", "foreign_keys")]  # fmt: skip
    assert asked == ["wal", 2, 1]
    database.close()


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    database = SqlDatabase(sqlite_url(tmp_path / "a.db"))
    with pytest.raises(StoreError, match="no such table"), database.write() as connection:  # noqa: PT012
        connection.execute(text("CREATE TABLE one (id INTEGER)"))
        connection.execute(text("INSERT INTO two VALUES (1)"))
    with database.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sqlite_schema")) == 0
    database.close()


def test_reads_go_on_beside_a_write(tmp_path: Path) -> None:
    database = SqlDatabase(sqlite_url(tmp_path / "a.db"))
    with database.write() as connection:
        connection.execute(text("CREATE TABLE one (id INTEGER)"))
        with database.read() as other:
            assert other.scalar(text("SELECT count(*) FROM sqlite_schema")) == 0
    database.close()


@pytest.mark.parametrize(
    "address", ["records.db", "", "mysql://host/name", "postgresq://host/name", "sqlite+no://x"]
)
def test_what_is_no_address_is_told_with_the_remedy(address: str) -> None:
    with pytest.raises(StoreError, match=r"write sqlite:////path/file\.db or postgresql://host/name"):
        SqlDatabase(address)


def test_a_file_that_is_no_database_is_a_store_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear Sir or Madam, " * 100)
    database = SqlDatabase(sqlite_url(tmp_path / "letter.db"))
    with pytest.raises(StoreError, match=r"read .*letter\.db.*not a database"), database.read():
        pass
    database.close()


def test_a_folder_that_cannot_be_made_is_a_store_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"open .*rows\.db"):
        SqlDatabase(sqlite_url(tmp_path / "file" / "rows.db"))


def test_a_full_disk_is_a_store_error_and_leaves_nothing(tmp_path: Path) -> None:
    database = SqlDatabase(sqlite_url(tmp_path / "a.db"))
    with database.write() as connection:
        connection.execute(text("CREATE TABLE one (body BLOB)"))
    with pytest.raises(StoreError, match="full"), database.write() as connection:  # noqa: PT012
        connection.execute(text("PRAGMA max_page_count = 3"))
        connection.execute(text("INSERT INTO one VALUES (zeroblob(100000))"))
    with database.read() as connection:
        assert connection.scalar(text("SELECT count(*) FROM one")) == 0
    database.close()
