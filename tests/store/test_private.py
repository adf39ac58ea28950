"""What the stores keep is closed to other users of the machine, also where an older version left it open."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from store import private
from store.engine import sqlite_url
from store.log.contract import Entry
from store.log.sqlite import SqliteLog
from store.records.records import Records
from store.records.registry import Firm, Registration
from store.timeseries.contract import Block
from store.timeseries.sqlite import SqliteTimeSeries
from tests.registered import register

USUAL_UMASK: Final = 0o022


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """As a shell or a container has it."""
    before = os.umask(USUAL_UMASK)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def a_log(path: Path) -> None:
    log = SqliteLog(path)
    log.append([Entry("s", "a", "01K" + "A" * 23, 1, b"")], 1)
    seen(path)
    log.close()


def a_time_series(path: Path) -> None:
    series = SqliteTimeSeries(path)
    series.write([Block("s", "d", [1], {"active_power": [1.0]})], 1)
    seen(path)
    series.close()


def records(path: Path) -> None:
    opened = Records(sqlite_url(path))
    register(opened, Registration(firms=[Firm("f", "F")]))
    seen(path)
    opened.close()


def seen(path: Path) -> None:
    """While it is open, with its write-ahead log and shared memory beside it."""
    found = modes(path.parent)
    assert len(found) >= 3
    assert set(found.values()) == {private.FILE}


@pytest.mark.parametrize("store", [a_log, a_time_series, records])
def test_a_database_and_what_is_beside_it_is_made_for_its_owner(
    tmp_path: Path, store: Callable[[Path], None]
) -> None:
    store(tmp_path / "new" / "store.db")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == private.FOLDER


@pytest.mark.parametrize("store", [a_log, a_time_series, records])
def test_one_that_is_open_to_others_is_closed(tmp_path: Path, store: Callable[[Path], None]) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "store.db").touch(mode=0o644)
    store(folder / "store.db")


def test_a_whole_folder_is_mended_and_links_are_left_alone(tmp_path: Path) -> None:
    root, outside = tmp_path / "data", tmp_path / "outside"
    (root / "ca" / "issued").mkdir(parents=True)
    outside.write_text("")
    (root / "records.db").write_text("")
    (root / "ca" / "issued" / "1.crt").write_text("")
    (root / "link").symlink_to(outside)
    assert private.mend(root) == []
    assert stat.S_IMODE(root.stat().st_mode) == private.FOLDER
    assert modes(root) == {
        "ca": private.FOLDER, "issued": private.FOLDER, "1.crt": private.FILE, "records.db": private.FILE,
        "link": 0o644,
    }  # fmt: skip


def test_a_file_that_nobody_may_write_stays_so(tmp_path: Path) -> None:
    (tmp_path / "kept").touch(mode=0o444)
    private.mend(tmp_path)
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o400
