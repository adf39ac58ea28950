"""Backup and restore of an installation.

The time series goes first and the log last: whatever the copied stores lack is in the copied log, and their
readers go on from their own positions. So the copies need not be of one moment to be consistent.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from plumbline.clock import now_ms
from plumbline.days import days_with_readings
from plumbline.settings import PostgresqlStore, RowStore, Settings, secret
from plumbline.stores import open_log, open_records, open_timeseries
from store import key_file, private
from store.backup import copy_sqlite, dump_postgresql, is_empty_postgresql, load_postgresql
from store.timeseries.contract import TimeSeries
from store.timeseries.parquet import export_day, load

VERSION: Final = 1
_MANIFEST: Final = "manifest.json"
_UTC: Final = "UTC"

Form = Literal["sqlite", "postgresql", "parquet", "key"]


class BackupError(Exception):
    """The backup cannot be made or used; the message names the place and the remedy."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the backup."""

    store: str
    form: Form
    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`time_series_position` is the log offset from which a restored time series reads on."""

    version: int
    created: str
    time_series_position: int
    log_offset: int
    parts: tuple[Part, ...]


def backup(settings: Settings, folder: Path) -> Manifest:
    """Copy everything into the new or empty `folder`. Raises BackupError, StoreError."""
    if folder.exists() and any(folder.iterdir()):
        raise BackupError(f"{folder}: not empty; name a new folder")
    private.folder(folder)
    stores = settings.stores
    timeseries = open_timeseries(settings)
    try:
        position = timeseries.position()
        files = list(_copy_timeseries(settings, timeseries, folder))
    finally:
        timeseries.close()
    files += [("records", *_copy_rows(settings, stores.records, "records", folder))]
    log = open_log(settings)
    try:
        offset = log.last_offset()
    finally:
        log.close()
    if not _same_database(settings):
        files += [("log", *_copy_rows(settings, stores.log, "log", folder))]
    if (key := settings.data / key_file.NAME).exists():
        files += [("secrets", "key", _copy_key(key, folder))]
    created = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    parts = tuple(_part(store, form, path, folder) for store, form, path in files)
    manifest = Manifest(VERSION, created, position, offset, parts)
    _write_manifest(folder, manifest)
    return manifest


def _copy_key(key: Path, folder: Path) -> Path:
    """Without it nobody signs in by an authenticator after a restore."""
    path = folder / key_file.NAME
    with private.umask():
        shutil.copyfile(key, path)
    return path


def _same_database(settings: Settings) -> bool:
    """One dump holds both: it is of one moment, which is as good as the log last."""
    log, records = settings.stores.log, settings.stores.records
    return (
        isinstance(log, PostgresqlStore)
        and isinstance(records, PostgresqlStore)
        and secret(log.dsn_file) == secret(records.dsn_file)
    )


def _copy_rows(settings: Settings, store: RowStore, name: str, folder: Path) -> tuple[Form, Path]:
    if isinstance(store, PostgresqlStore):
        path = folder / f"{name}.dump"
        dump_postgresql(secret(store.dsn_file), path)
        return "postgresql", path
    path = folder / f"{name}.db"
    copy_sqlite(settings.data / f"{name}.db", path)
    return "sqlite", path


def _copy_timeseries(
    settings: Settings, timeseries: TimeSeries, folder: Path
) -> Iterator[tuple[str, Form, Path]]:
    if settings.stores.time_series.kind == "sqlite":
        path = folder / "timeseries.db"
        copy_sqlite(settings.data / "timeseries.db", path)
        yield "time_series", "sqlite", path
        return
    days_back = settings.retention.readings_days
    for site in _sites(settings):
        for day in days_with_readings(timeseries, site, _UTC, days_back, now_ms()):
            exported = export_day(timeseries, site, _UTC, day, folder / "telemetry")
            yield "time_series", "parquet", exported.path


def _sites(settings: Settings) -> list[str]:
    records = open_records(settings)
    try:
        return [site.id for site in records.sites.all_sites()]
    finally:
        records.close()


def _part(store: str, form: Form, path: Path, folder: Path) -> Part:
    return Part(store, form, str(path.relative_to(folder)), path.stat().st_size, _sha256(path))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    """Last: a folder without it is no backup."""
    (folder / _MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")


def restore(settings: Settings, folder: Path) -> Manifest:
    """Fill the empty installation that the settings describe. Checks every file before it touches anything.

    Raises BackupError, StoreError.
    """
    manifest = read_manifest(folder)
    _refuse_to_overwrite(settings)
    private.folder(settings.data)
    for part in manifest.parts:
        if part.form == "postgresql":
            store = getattr(settings.stores, part.store)
            load_postgresql(secret(store.dsn_file), folder / part.file)
        elif part.form == "sqlite":
            name = {"time_series": "timeseries"}.get(part.store, part.store)
            private.database(settings.data / f"{name}.db")
            shutil.copyfile(folder / part.file, settings.data / f"{name}.db")
        elif part.form == "key":
            with private.umask():
                shutil.copyfile(folder / part.file, settings.data / key_file.NAME)
    if any(part.form == "parquet" for part in manifest.parts):
        _load_parquet(settings, manifest, folder)
    return manifest


def _load_parquet(settings: Settings, manifest: Manifest, folder: Path) -> None:
    timeseries = open_timeseries(settings)
    try:
        timeseries.check(fix=True)
        for part in manifest.parts:
            if part.form == "parquet":
                load(timeseries, folder / part.file)
        timeseries.write([], manifest.time_series_position)
        while timeseries.roll_up(2000):
            pass
    finally:
        timeseries.close()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup whose files are whole. Raises BackupError."""
    try:
        data = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        parts = tuple(Part(**part) for part in data.pop("parts"))
        manifest = Manifest(**data, parts=parts)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BackupError(
            f"{folder / _MANIFEST}: {error}; is this a folder of `plumbline backup`?"
        ) from error
    if manifest.version != VERSION:
        raise BackupError(f"{folder}: version {manifest.version}, this program reads {VERSION}")
    for part in manifest.parts:
        path = folder / part.file
        if not path.exists() or _sha256(path) != part.sha256:
            raise BackupError(f"{path}: missing or changed since the backup; take another one")
    return manifest


def _refuse_to_overwrite(settings: Settings) -> None:
    for name in ("log.db", "records.db", "timeseries.db", key_file.NAME):
        path = settings.data / name
        if path.exists():
            raise BackupError(f"{path}: in the way; restore only fills an empty installation: move it away")
    for store in (settings.stores.log, settings.stores.records):
        if isinstance(store, PostgresqlStore) and not is_empty_postgresql(secret(store.dsn_file)):
            raise BackupError(f"{store.dsn_file}: its database has tables; restore into an empty one")
