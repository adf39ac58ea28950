"""Moments keep their meaning on the way into a column and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from store.engine import SqlDatabase, sqlite_url
from store.records.utc import UtcTime, milliseconds, moment


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_every_millisecond_has_one_moment(time_ms: int) -> None:
    assert milliseconds(moment(time_ms)) == time_ms


def test_the_zone_does_not_matter_and_there_must_be_one() -> None:
    shanghai = datetime(2025, 11, 24, 16, tzinfo=timezone(timedelta(hours=8)))
    assert milliseconds(shanghai) == milliseconds(datetime(2025, 11, 24, 8, tzinfo=UTC)) == 1_763_971_200_000
    with pytest.raises(ValueError, match="no time zone"):
        milliseconds(datetime(2025, 11, 24, 8))  # noqa: DTZ001 - that is the mistake


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_column_gives_back_aware_times_in_utc_and_orders_by_them(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    bare = "bare_postgres_dsn"
    database = SqlDatabase(
        sqlite_url(tmp_path / "times.db") if kind == "sqlite" else request.getfixturevalue(bare)
    )
    times = Table("times", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcTime))
    early = datetime(2025, 3, 30, 3, 30, tzinfo=timezone(timedelta(hours=2)))
    late = early + timedelta(milliseconds=1)
    with database.write() as connection:
        times.create(connection)
        connection.execute(insert(times), [{"at": late}, {"at": None}, {"at": early}])
    with database.read() as connection:
        found = connection.scalars(select(times.c.at).where(times.c.at >= early).order_by(times.c.at)).all()
    assert found == [early, late]
    assert {at.tzinfo for at in found} == {UTC}
    database.close()
