"""Opens what the settings say things are kept in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from plumbline.settings import InfluxStore, PostgresqlStore, Settings, SettingsError, secret
from store import private
from store.engine import sqlite_url
from store.lease import FileLease, Lease, PostgresqlLease
from store.log.contract import Log
from store.log.follow import follow
from store.log.hint import Hint
from store.log.postgresql import PostgresqlLog
from store.log.sqlite import SqliteLog
from store.records.contract import Records
from store.records.registry import Registry
from store.records.sql_records import SqlRecords
from store.timeseries.contract import TimeSeries
from store.timeseries.influx_settings import InfluxSettings
from store.timeseries.sqlite import SqliteTimeSeries


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that is kept; `registry` is in the records' database."""

    log: Log
    timeseries: TimeSeries
    records: Records
    registry: Registry


@contextmanager
def open_stores(settings: Settings) -> Iterator[Stores]:
    """All stores, closed in reverse order. Raises StoreError where one cannot be opened."""
    private.folder(settings.data)
    with ExitStack() as stack:
        log = open_log(settings)
        stack.callback(log.close)
        timeseries = open_timeseries(settings)
        stack.callback(timeseries.close)
        records = open_records(settings)
        stack.callback(records.close)
        yield Stores(log, timeseries, records, records.registry)


def open_log(settings: Settings) -> Log:
    """The log."""
    store = settings.stores.log
    if isinstance(store, PostgresqlStore):
        return PostgresqlLog(secret(store.dsn_file))
    return SqliteLog(settings.data / "log.db")


def open_timeseries(settings: Settings) -> TimeSeries:
    """The time series."""
    store = settings.stores.time_series
    if isinstance(store, InfluxStore):
        from store.timeseries.influx import InfluxTimeSeries  # its client takes half a second to load

        return InfluxTimeSeries(influx_settings(settings, store))
    return SqliteTimeSeries(settings.data / "timeseries.db")


def open_records(settings: Settings) -> SqlRecords:
    """Records and registry."""
    store = settings.stores.records
    if isinstance(store, PostgresqlStore):
        return SqlRecords(secret(store.dsn_file))
    return SqlRecords(sqlite_url(settings.data / "records.db"))


def writer_lease(settings: Settings) -> Lease:
    """Whose turn it is to carry the log into the stores, of all who share the log."""
    store = settings.stores.log
    if isinstance(store, PostgresqlStore):
        return PostgresqlLease(secret(store.dsn_file), "writer")
    return FileLease(settings.data / "writer.lock")


@contextmanager
def hints(settings: Settings, hint: Hint) -> Iterator[None]:
    """Nudges from other processes, where the log's database carries them; else polling is quick enough."""
    store = settings.stores.log
    if not isinstance(store, PostgresqlStore):
        yield
        return
    following = follow(secret(store.dsn_file), hint)
    try:
        yield
    finally:
        following.close()


def influx_settings(settings: Settings, store: InfluxStore) -> InfluxSettings:
    """What the adapter wants to know. The server itself keeps everything as long as the rollups are kept;
    readings go before, by `forget`. Raises SettingsError."""
    try:
        return InfluxSettings(
            generation=store.generation,
            url=store.url,
            database=store.bucket or store.database or "",
            org=store.org or "",
            token=secret(store.token_file) if store.token_file else "",
            username=store.username or "",
            password=secret(store.password_file) if store.password_file else "",
            retention_days=math.ceil(settings.retention.rollups_days),
            ca_file=str(store.ca_file) if store.ca_file else None,
        )
    except ValueError as error:
        raise SettingsError(f"stores.time_series: {error}") from error
