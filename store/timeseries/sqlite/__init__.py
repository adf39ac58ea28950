"""Time series in a SQLite file: the embedded default."""

from __future__ import annotations

from store.timeseries.sqlite.series import SqliteTimeSeries

__all__ = ["SqliteTimeSeries"]
