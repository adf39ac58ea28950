"""Closed days as Parquet: local days whole, files whole or not there, readings back bit for bit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.errors import StoreError
from store.timeseries import parquet
from store.timeseries.contract import Block
from store.timeseries.sqlite import SqliteTimeSeries

SITE = "fenglin-18"
BERLIN = "Europe/Berlin"
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
HOUR = 3_600_000


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteTimeSeries]:
    opened = SqliteTimeSeries(tmp_path / "timeseries.db")
    yield opened
    opened.close()


def fill(
    store: SqliteTimeSeries, zone: str, day: date, device: str = "meter", every_ms: int = HOUR
) -> list[int]:
    """Readings an hour before the day to an hour after it."""
    start, end = parquet.day_span(zone, day)
    times = list(range(start - HOUR, end + HOUR, every_ms))
    values = {"active_power": [at / 3 for at in range(len(times))], "frequency": [50.0] * len(times)}
    store.write([Block(SITE, device, times, values)], 1)
    return [at for at in times if start <= at < end]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, SPRING, 23),
        (BERLIN, AUTUMN, 25),
        (BERLIN, date(2026, 1, 1), 24),
        ("Asia/Shanghai", SPRING, 24),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Havana", date(2026, 11, 1), 25),  # midnight comes twice
        ("Asia/Beirut", date(2026, 3, 29), 23),  # midnight does not come
        ("Pacific/Apia", date(2011, 12, 30), 0),  # the day does not come
    ],
)
def test_a_local_day_has_the_hours_it_has(zone: str, day: date, hours: float) -> None:
    start, end = parquet.day_span(zone, day)
    assert (end - start) / HOUR == hours


@given(
    days=st.integers(0, 20_000),
    zone=st.sampled_from([BERLIN, "Asia/Beirut", "America/Havana", "Asia/Kolkata"]),
)
def test_days_follow_each_other_without_hole_or_overlap(days: int, zone: str) -> None:
    day, following = date.fromordinal(719_163 + days), date.fromordinal(719_164 + days)
    assert parquet.day_span(zone, day)[1] == parquet.day_span(zone, following)[0]


def test_a_day_is_closed_when_it_is_over_where_the_site_is() -> None:
    start, end = parquet.day_span(BERLIN, SPRING)
    assert parquet.closed_days(BERLIN, start, end - 1) == []
    assert parquet.closed_days(BERLIN, start, end) == [SPRING]
    assert parquet.closed_days(BERLIN, start - 1, end + 26 * HOUR) == [
        date(2026, 3, 28),
        SPRING,
        date(2026, 3, 30),
    ]
    apia = parquet.closed_days("Pacific/Apia", 1_325_100_000_000, 1_325_400_000_000)
    assert apia == [date(2011, 12, 28), date(2011, 12, 29), date(2011, 12, 31)]


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_day_holds_its_readings_and_no_others(store: SqliteTimeSeries, tmp_path: Path, day: date) -> None:
    times = fill(store, BERLIN, day)
    done = parquet.export_day(store, SITE, BERLIN, day, tmp_path / "days")
    assert done == parquet.Exported(
        parquet.day_file(tmp_path / "days", SITE, day), 2 * len(times), written=True
    )
    table = parquet.read_days(tmp_path / "days", SITE, day, day, quantities=["active_power"])
    assert table["time"].cast("int64").to_pylist() == times
    assert table["value"].to_pylist() == store.raw(SITE, "meter", "active_power", times[0], times[-1] + 1)[1]


def test_the_columns_are_typed_and_say_where_they_are_from(store: SqliteTimeSeries, tmp_path: Path) -> None:
    fill(store, BERLIN, SPRING)
    done = parquet.export_day(store, SITE, BERLIN, SPRING, tmp_path)
    with pq.ParquetFile(done.path) as file:
        schema = file.schema_arrow
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"
    assert [str(field.type) for field in schema] == [
        "timestamp[ms, tz=UTC]", "dictionary<values=string, indices=int32, ordered=0>",
        "dictionary<values=string, indices=int32, ordered=0>", "double",
    ]  # fmt: skip
    assert schema.names == ["time", "device", "quantity", "value"]
    assert {
        b"site": SITE.encode(),
        b"zone": BERLIN.encode(),
        b"day": b"2026-03-29",
    }.items() <= schema.metadata.items()


def test_days_are_read_back_by_span_device_and_quantity(store: SqliteTimeSeries, tmp_path: Path) -> None:
    days = [date(2026, 3, 28), SPRING, date(2026, 3, 30)]
    for device in ("meter", "水表"):
        fill(store, BERLIN, days[0], device, every_ms=HOUR // 2)
        fill(store, BERLIN, days[1], device)
        fill(store, BERLIN, days[2], device)
    for day in days:
        parquet.export_day(store, SITE, BERLIN, day, tmp_path)
    assert parquet.exported_days(tmp_path, SITE) == days
    table = parquet.read_days(tmp_path, SITE, days[1], days[2], devices=["水表"], quantities=["frequency"])
    assert set(table["device"].to_pylist()) == {"水表"}
    assert set(table["quantity"].to_pylist()) == {"frequency"}
    assert table.num_rows >= 23 + 24
    assert parquet.read_days(tmp_path, SITE, days[0], days[2]).num_rows > 2 * table.num_rows
    assert parquet.read_days(tmp_path, "nobody", days[0], days[2]).num_rows == 0
    assert parquet.read_days(tmp_path, SITE, days[0], days[0], devices=[]).num_rows == 0


def test_exporting_again_gives_the_same_file_and_takes_in_late_readings(
    store: SqliteTimeSeries, tmp_path: Path
) -> None:
    times = fill(store, BERLIN, SPRING)
    first = parquet.export_day(store, SITE, BERLIN, SPRING, tmp_path)
    text = first.path.read_bytes()
    assert parquet.export_day(store, SITE, BERLIN, SPRING, tmp_path) == first
    assert first.path.read_bytes() == text
    store.write([Block(SITE, "meter", [times[0] + 1], {"active_power": [7.0]})], 2)
    assert parquet.export_day(store, SITE, BERLIN, SPRING, tmp_path).readings == first.readings + 1


def test_a_file_never_shrinks_when_the_store_forgets(store: SqliteTimeSeries, tmp_path: Path) -> None:
    times = fill(store, BERLIN, SPRING)
    first = parquet.export_day(store, SITE, BERLIN, SPRING, tmp_path)
    store.forget(times[-1], 0)
    again = parquet.export_day(store, SITE, BERLIN, SPRING, tmp_path)
    assert again == parquet.Exported(first.path, first.readings, written=False)
    assert parquet.read_days(tmp_path, SITE, SPRING, SPRING).num_rows == first.readings


def test_a_day_without_readings_is_an_empty_file(store: SqliteTimeSeries, tmp_path: Path) -> None:
    fill(store, BERLIN, SPRING)
    assert parquet.export_day(store, SITE, BERLIN, AUTUMN, tmp_path).readings == 0
    assert parquet.read_days(tmp_path, SITE, AUTUMN, AUTUMN).num_rows == 0
    assert parquet.load(store, parquet.day_file(tmp_path, SITE, AUTUMN)) == 0


def test_an_export_that_fails_leaves_what_was_there(store: SqliteTimeSeries, tmp_path: Path) -> None:
    fill(store, BERLIN, SPRING)
    first = parquet.export_day(store, SITE, BERLIN, SPRING, tmp_path)
    text = first.path.read_bytes()
    store.close()
    with pytest.raises(StoreError):
        parquet.export_day(store, SITE, BERLIN, SPRING, tmp_path)
    assert first.path.read_bytes() == text
    assert [path.name for path in first.path.parent.iterdir()] == [first.path.name]


def test_two_exporters_of_a_day_do_not_mix_their_files(store: SqliteTimeSeries, tmp_path: Path) -> None:
    fill(store, BERLIN, SPRING, every_ms=60_000)
    done: list[parquet.Exported] = []

    def export() -> None:
        done.append(parquet.export_day(store, SITE, BERLIN, SPRING, tmp_path))

    threads = [threading.Thread(target=export) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 3
    assert parquet.read_days(tmp_path, SITE, SPRING, SPRING).num_rows == done[0].readings == 2 * 23 * 60


def test_a_file_loads_into_another_store_and_loading_again_changes_nothing(
    store: SqliteTimeSeries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_GROUP_ROWS", 100)  # several row groups
    for device in ("meter", "水表"):
        fill(store, BERLIN, SPRING, device, every_ms=60_000)
    done = parquet.export_day(store, SITE, BERLIN, SPRING, tmp_path)
    other = SqliteTimeSeries(tmp_path / "other.db")
    other.write([], 12)
    for _ in range(2):
        assert parquet.load(other, done.path) == done.readings
    span = parquet.day_span(BERLIN, SPRING)
    for device, quantities in other.devices(SITE).items():
        for quantity in quantities:
            assert other.raw(SITE, device, quantity, *span) == store.raw(SITE, device, quantity, *span)
    assert other.devices(SITE) == store.devices(SITE)
    assert other.position() == 12
    other.close()


def test_a_foreign_file_is_refused_by_name(store: SqliteTimeSeries, tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "foreign.parquet")
    with pytest.raises(ValueError, match=r"foreign\.parquet"):
        parquet.load(store, tmp_path / "foreign.parquet")


def test_a_site_that_is_no_id_names_no_folder(store: SqliteTimeSeries, tmp_path: Path) -> None:
    for site in ("..", "a/b", "", "Ä"):
        with pytest.raises(ValueError, match="no site id"):
            parquet.export_day(store, site, BERLIN, SPRING, tmp_path)
        with pytest.raises(ValueError, match="no site id"):
            parquet.erase_days(tmp_path, site)


def test_erasing_takes_the_days_of_one_site(store: SqliteTimeSeries, tmp_path: Path) -> None:
    for site in (SITE, "other"):
        parquet.export_day(store, site, BERLIN, SPRING, tmp_path)
    parquet.erase_days(tmp_path, SITE)
    parquet.erase_days(tmp_path, SITE)
    assert parquet.exported_days(tmp_path, SITE) == []
    assert parquet.exported_days(tmp_path, "other") == [SPRING]
