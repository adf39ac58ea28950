"""The password of a database is in no argument of a process and in no message."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import psycopg
import pytest

from ingest.receive import BrokerAddress
from plumbline.embedded_broker import Credentials
from store.backup import dump_postgresql, is_empty_postgresql, load_postgresql
from store.errors import StoreError

PASSWORD: Final = "s3cret %of-the=database"


@pytest.fixture
def arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the arguments of pg_dump and pg_restore are noted, which are the real ones behind that."""
    noted, programs = tmp_path / "arguments", tmp_path / "programs"
    programs.mkdir()
    for name in ("pg_dump", "pg_restore"):
        real = shutil.which(name)
        (programs / name).write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {noted}\nexec {real} "$@"\n')
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return noted


def with_password(dsn: str) -> str:
    return psycopg.conninfo.make_conninfo(dsn, password=PASSWORD)


def test_dump_and_restore_hand_the_address_over_by_the_environment(
    arguments: Path, bare_postgres_dsn: str, tmp_path: Path
) -> None:
    dsn = with_password(bare_postgres_dsn)
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    dump_postgresql(dsn, tmp_path / "dump")
    with psycopg.connect(dsn) as connection:
        connection.execute("DROP TABLE kept")
    load_postgresql(dsn, tmp_path / "dump")
    assert not is_empty_postgresql(dsn)
    said = arguments.read_text()
    assert "--format=custom" in said
    assert "s3cret" not in said
    assert "host=" not in said


def test_what_stands_in_the_environment_already_does_not_count(
    arguments: Path, bare_postgres_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATABASE", "another")
    dump_postgresql(bare_postgres_dsn, tmp_path / "dump")


def test_an_address_that_is_none_is_not_repeated(tmp_path: Path) -> None:
    """Somebody may have put the password alone into the file."""
    for attempt in (lambda: dump_postgresql(PASSWORD, tmp_path / "d"), lambda: is_empty_postgresql(PASSWORD)):
        with pytest.raises(StoreError, match="the address is none") as raised:
            attempt()
        assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    "holder",
    [Credentials(PASSWORD), BrokerAddress("h", 1, "cloud", PASSWORD)],
    ids=lambda one: type(one).__name__,
)
def test_who_holds_a_password_does_not_show_it(holder: object) -> None:
    assert "s3cret" not in repr(holder)
    assert "s3cret" not in str(holder)
