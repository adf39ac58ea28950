"""Moments: aware datetimes for people and rules, UTC milliseconds on the wire and in columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.types import TypeDecorator

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def moment(time_ms: int) -> datetime:
    """UTC milliseconds since 1970 as an aware datetime."""
    return _EPOCH + time_ms * _MILLISECOND


def milliseconds(at: datetime) -> int:
    """An aware datetime as UTC milliseconds, what is finer cut off. Raises ValueError for a naive one."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone: give one, e.g. tzinfo=UTC")
    return (at - _EPOCH) // _MILLISECOND


class UtcTime(TypeDecorator[datetime]):
    """Aware datetime in, aware datetime (UTC) out, kept as whole UTC milliseconds.

    Not `timestamptz`: SQLite has none and would give it back naive, and the wire, the log and the time series
    count milliseconds, so that columns compare with them as they are.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        """Raises ValueError for a naive datetime."""
        return None if value is None else milliseconds(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        """Always in UTC."""
        return None if value is None else moment(value)
