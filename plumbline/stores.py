"""Opens what the settings say things are kept in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Literal

from parts.part import Part
from parts.turn import Lease, Turn
from plumbline.settings import InfluxStore, PostgresqlStore, Settings, SettingsError, secret
from store import private
from store.engine import sqlite_url
from store.lease import FileLease, PostgresqlLease
from store.log.contract import Log
from store.log.follow import Following
from store.log.hint import Hint
from store.log.postgresql import PostgresqlLog
from store.log.sqlite import SqliteLog
from store.records.feed import CHANNEL
from store.records.records import Records
from store.threads import LEASES
from store.timeseries.contract import TimeSeries
from store.timeseries.influxdb.settings import InfluxSettings
from store.timeseries.sqlite import SqliteTimeSeries


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that is kept."""

    log: Log
    timeseries: TimeSeries
    records: Records


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
        yield Stores(log, timeseries, records)


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
        from store.timeseries.influxdb.series import (
            InfluxTimeSeries,  # its client takes half a second to load
        )

        return InfluxTimeSeries(influx_settings(settings, store))
    return SqliteTimeSeries(settings.data / "timeseries.db")


def open_records(settings: Settings) -> Records:
    """The records."""
    store = settings.stores.records
    quarantine_bytes = settings.retention.quarantine_mib_per_site << 20
    if isinstance(store, PostgresqlStore):
        return Records(secret(store.dsn_file), quarantine_bytes)
    return Records(sqlite_url(settings.data / "records.db"), quarantine_bytes)


def turn(settings: Settings, work: Literal["writer", "analytics"]) -> Turn:
    """Whose turn it is, of all who share the log, to do what one process does: `writer` carries the log into
    the stores, `analytics` reads it for what it means."""
    store = settings.stores.log
    lease: Lease = FileLease(settings.data / f"{work}.lock")
    if isinstance(store, PostgresqlStore):
        lease = PostgresqlLease(secret(store.dsn_file), work)
    return Turn(work, lease, LEASES.run)


def hint_parts(settings: Settings, hint: Hint) -> list[Part]:
    """Nudges from other processes, where the log's database carries them; else polling is quick enough."""
    store = settings.stores.log
    if not isinstance(store, PostgresqlStore):
        return []
    following = Following(secret(store.dsn_file), hint)
    return [Part("hints of the log", lambda _: following.run(), well=following.well, heeds_stop=False)]


def feed_hint_parts(settings: Settings, hint: Hint) -> list[Part]:
    """Nudges from other processes that the feed has grown, where the records' database carries them."""
    store = settings.stores.records
    if not isinstance(store, PostgresqlStore):
        return []
    following = Following(secret(store.dsn_file), hint, CHANNEL, "feed")
    return [Part("hints of the feed", lambda _: following.run(), well=following.well, heeds_stop=False)]


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
