"""Closed days as Parquet files: one per site and local day, to be kept for years and read by any tool.

`<folder>/<site>/<day>.parquet` has the columns time (timestamp, ms, UTC), device, quantity and value, ordered
by device, quantity and time, compressed with zstd; which site, zone and day it is stands in the schema. A
file is whole or not there: it is written beside its place, brought to the disk and renamed.

Erasing a site from a store does not reach these files: `erase_days` does.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]  # it has no types
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from store.timeseries.contract import Block, TimeSeries
from wire.durations import HOUR_MS
from wire.identifiers import is_id

#: What is asked of the store at once: 21,600 readings of a device that is read every second.
_SLICE_MS: Final = 6 * HOUR_MS
#: Rows in memory before they go to the file. A row group costs a few KB of file and a seek for a reader.
_GROUP_ROWS: Final = 250_000
_NAME: Final = pa.dictionary(pa.int32(), pa.string())
_FIELDS: Final = [
    pa.field("time", pa.timestamp("ms", tz="UTC"), nullable=False),
    pa.field("device", _NAME, nullable=False),
    pa.field("quantity", _NAME, nullable=False),
    pa.field("value", pa.float64(), nullable=False),
]


@dataclass(frozen=True, slots=True)
class Exported:
    """A day on disk. `written` is false where the file there held more than the store does: it was kept."""

    path: Path
    readings: int
    written: bool


def day_span(zone: str, day: date) -> tuple[int, int]:
    """A local day as UTC ms [start, end): 23 or 25 hours where clocks change, none at all where a zone skips
    a day. Days follow each other without hole or overlap. Raises ZoneInfoNotFoundError."""
    return _midnight(zone, day), _midnight(zone, day + timedelta(days=1))


def _midnight(zone: str, day: date) -> int:
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return int(local.timestamp()) * 1000


def closed_days(zone: str, since_ms: int, until_ms: int) -> list[date]:
    """The local days that have ended at `until_ms`, from the one in which `since_ms` lies."""
    day = datetime.fromtimestamp(since_ms / 1000, ZoneInfo(zone)).date()
    days = []
    while (span := day_span(zone, day))[1] <= until_ms:
        if span[0] < span[1]:
            days.append(day)
        day += timedelta(days=1)
    return days


def day_file(folder: Path, site: str, day: date) -> Path:
    """Where a day is. Raises ValueError for a site that is no id: it would name another folder."""
    return _site_folder(folder, site) / f"{day.isoformat()}.parquet"


def _site_folder(folder: Path, site: str) -> Path:
    if not is_id(site):
        raise ValueError(f"{site!r} is no site id: a-z, 0-9 and -, at most 32, first no dash")
    return folder / site


def export_day(store: TimeSeries, site: str, zone: str, day: date, folder: Path) -> Exported:
    """Write the readings of a local day; again, as often as wanted: late readings come in then.

    A file never shrinks: where it holds more than the store, which forgets, it stays. A day without readings
    becomes an empty file. Raises StoreError, OSError, ValueError for a site that is no id.
    """
    path = day_file(folder, site, day)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone_in(path.parent):
        part = path.with_suffix(".part")
        try:
            readings = _write(store, site, zone, day, part)
            kept = _rows(path) if path.exists() else 0
            if readings < kept:
                return Exported(path, kept, written=False)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return Exported(path, readings, written=True)


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One exporter a folder at a time, of whatever process; at the end, its names are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(store: TimeSeries, site: str, zone: str, day: date, path: Path) -> int:
    about = {"site": site, "zone": zone, "day": day.isoformat()}
    schema = pa.schema(_FIELDS, metadata=about)
    readings = 0
    with path.open("wb") as file:
        with pq.ParquetWriter(file, schema, compression="zstd", version="2.6") as writer:
            for table in _groups(store, site, *day_span(zone, day), schema):
                writer.write_table(table)
                readings += table.num_rows
        file.flush()
        os.fsync(file.fileno())
    return readings


def _groups(store: TimeSeries, site: str, start: int, end: int, schema: pa.Schema) -> Iterator[pa.Table]:
    """Tables of about _GROUP_ROWS; what a series has in one slice is not divided."""
    waiting: list[pa.Table] = []
    for device, quantities in store.devices(site).items():
        for quantity in quantities:
            for low in range(start, end, _SLICE_MS):
                found = store.raw(site, device, quantity, low, min(low + _SLICE_MS, end))
                waiting.append(_table(device, quantity, *found, schema))
                if sum(table.num_rows for table in waiting) >= _GROUP_ROWS:
                    yield pa.concat_tables(waiting).unify_dictionaries()
                    waiting = []
    if waiting:
        yield pa.concat_tables(waiting).unify_dictionaries()


def _table(device: str, quantity: str, time: list[int], values: list[float], schema: pa.Schema) -> pa.Table:
    index = pa.array([0] * len(time), pa.int32())
    columns = [
        pa.array(time, schema.field("time").type),
        pa.DictionaryArray.from_arrays(index, pa.array([device])),
        pa.DictionaryArray.from_arrays(index, pa.array([quantity])),
        pa.array(values, pa.float64()),
    ]
    return pa.table(columns, schema=schema)


def _rows(path: Path) -> int:
    rows: int = pq.read_metadata(path).num_rows
    return rows


def exported_days(folder: Path, site: str) -> list[date]:
    """The days there are files of, ascending."""
    return sorted(date.fromisoformat(path.stem) for path in _site_folder(folder, site).glob("*.parquet"))


def read_days(
    folder: Path,
    site: str,
    first: date,
    last: date,
    devices: Collection[str] | None = None,
    quantities: Collection[str] | None = None,
) -> pa.Table:
    """The columns time, device, quantity and value of the days `first` to `last`, both with; None is all.

    Ordered by day, device, quantity, time. Days not exported are left out: `exported_days` names those there
    are. Only row groups that can hold what is asked for are read.
    """
    wanted = None
    for name, members in (("device", devices), ("quantity", quantities)):
        if members is not None:
            chosen = pc.field(name).isin(pa.array(sorted(members), pa.string()))
            wanted = chosen if wanted is None else wanted & chosen
    days = [day for day in exported_days(folder, site) if first <= day <= last]
    tables = [pq.read_table(day_file(folder, site, day), filters=wanted) for day in days]
    plain = [table.replace_schema_metadata(None) for table in tables]
    return pa.concat_tables(plain).unify_dictionaries() if plain else pa.schema(_FIELDS).empty_table()


def load(store: TimeSeries, file: Path) -> int:
    """Write a file's readings back into a store, whose log position stays; how many. Loading again changes
    nothing. The file is read by row group."""
    with pq.ParquetFile(file) as parquet:
        metadata = parquet.schema_arrow.metadata or {}
        if b"site" not in metadata:
            raise ValueError(f"{file}: no site in its schema: this is no day exported by Plumbline")
        site = metadata[b"site"].decode()
        return sum(
            store.write(list(_blocks(site, parquet.read_row_group(group))), 0)
            for group in range(parquet.num_row_groups)
        )


def _blocks(site: str, table: pa.Table) -> Iterator[Block]:
    """A block for each run of rows of one device and quantity."""
    columns = {name: table[name].combine_chunks() for name in table.column_names}
    device, quantity = columns["device"], columns["quantity"]
    series = pc.add(pc.multiply(device.indices, len(quantity.dictionary)), quantity.indices)
    time, values = _numbers(columns["time"], "q"), _numbers(columns["value"], "d")
    start = 0
    for end in pc.run_end_encode(series).run_ends.to_pylist():
        column = {quantity[start].as_py(): values[start:end].tolist()}
        yield Block(site, device[start].as_py(), time[start:end].tolist(), column)
        start = end


def _numbers(array: pa.Array, code: Literal["q", "d"]) -> memoryview[Any]:
    """The 64-bit numbers of an array without nulls, as they lie in memory: quicker than one by one."""
    return memoryview(array.buffers()[1]).cast(code)[array.offset : array.offset + len(array)]


def erase_days(folder: Path, site: str) -> None:
    """Delete every exported day of a site (PIPL: a person may ask for it)."""
    place = _site_folder(folder, site)
    if place.exists():
        shutil.rmtree(place)
