"""Records with empty tables, made once a process: else every test waits 0.1 s for the migrations."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from store.engine import sqlite_url
from store.records.quota import QUARANTINE_BYTES
from store.records.records import Records


def open_records(folder: Path, quarantine_bytes: int = QUARANTINE_BYTES) -> Records:
    """Those of `folder`, as they are there or without a row."""
    path = folder / "records.db"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_empty())
    return Records(sqlite_url(path), quarantine_bytes)


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.db"
        Records(sqlite_url(path)).close()
        return path.read_bytes()
