"""The installation's key: made once, for its owner alone."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from store.errors import StoreError
from store.key_file import BYTES, NAME, read_or_make


def test_it_is_made_once_and_by_one_of_those_that_come_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(read_or_make, [tmp_path] * 8))
    assert len(keys) == 1
    assert read_or_make(tmp_path) in keys
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_it_is_for_its_owner_alone_also_where_it_was_open(tmp_path: Path) -> None:
    key = read_or_make(tmp_path)
    path = tmp_path / NAME
    assert (len(key), stat.S_IMODE(path.stat().st_mode)) == (BYTES, 0o600)
    path.chmod(0o644)
    assert read_or_make(tmp_path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_holds_no_key_is_named(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"short")
    with pytest.raises(StoreError, match="5 bytes, a key has 32: put the one of your backup there"):
        read_or_make(tmp_path)
