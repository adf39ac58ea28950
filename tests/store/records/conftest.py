from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.engine import sqlite_url
from store.records.records import Records
from tests.store.records.identities import store_of


@pytest.fixture(params=["sqlite", "postgresql"])
def identities(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    """Two firms without people."""
    sqlite = request.param == "sqlite"
    url = sqlite_url(tmp_path / "records.db") if sqlite else request.getfixturevalue("bare_postgres_dsn")
    records = store_of(url)
    yield records
    records.close()
