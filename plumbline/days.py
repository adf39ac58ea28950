"""Which days of a site have readings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from store.timeseries.contract import TimeSeries
from store.timeseries.parquet import day_span
from wire.durations import DAY_MS


def days_with_readings(
    timeseries: TimeSeries, site: str, zone: str, days_back: float, now_ms: int
) -> list[date]:
    """Local days of `zone`, ascending, of which a reading is held, as far as `days_back` days before now.

    Found by UTC days, so a day before or after may come along that has none of its own.
    """
    end = now_ms // DAY_MS * DAY_MS + 2 * DAY_MS
    start = end - (round(days_back) + 3) * DAY_MS
    found: set[date] = set()
    for device, quantity in timeseries.latest(site):
        window = timeseries.window(site, device, quantity, start, end, DAY_MS, ["count"])
        for time, count in zip(window.time, window.columns["count"], strict=True):
            if count:
                utc = datetime.fromtimestamp(time / 1000, UTC).date()
                found |= {utc + timedelta(days=step) for step in (-1, 0, 1) if _meet(zone, utc, step)}
    return sorted(found)


def _meet(zone: str, utc: date, step: int) -> bool:
    """Whether the local day `step` after `utc` has a moment in common with the UTC day."""
    first, beyond = day_span("UTC", utc)
    start, end = day_span(zone, utc + timedelta(days=step))
    return start < beyond and first < end
