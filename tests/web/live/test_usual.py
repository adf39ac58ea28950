"""When work usually starts is read from a fortnight of passages, and not at every opening of a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from analytics.situation.place import Place
from store.records.contract import SiteEvent
from store.records.records import Records
from store.records.registry import Device
from tests.records import open_records
from web.live.usual import UsualStarts
from wire.batch import Event
from wire.durations import DAY_MS, HOUR_MS, MINUTE_MS

ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = round(dt.datetime(2026, 11, 23, tzinfo=ZONE).timestamp() * 1_000)
NOON = MIDNIGHT + 12 * HOUR_MS
GATE = Device("firm", "site", "gate", "badge_reader")
PLACE = Place("site", "Asia/Shanghai", dt.date(2026, 10, 1), dt.time(18), (), (GATE,))


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    opened = open_records(tmp_path)
    yield opened
    opened.close()


def come(records: Records, days_ago: range, minutes: int) -> None:
    """Somebody else each day."""
    with records.begin() as done:
        done.events.add([
            SiteEvent("site", "pi-1", Event(
                device="gate", time=MIDNIGHT - ago * DAY_MS + minutes * MINUTE_MS, kind="badge",
                badge=f"b:{ago:032x}", direction="in",
            ))
            for ago in days_ago
        ])  # fmt: skip


def test_days_that_agree_say_when_work_starts(records: Records) -> None:
    come(records, range(1, 8), 7 * 60 + 31)
    assert UsualStarts(records.events).of(PLACE, NOON) == 7 * HOUR_MS + 30 * MINUTE_MS


def test_what_comes_late_counts_within_the_hour(records: Records) -> None:
    usual = UsualStarts(records.events)
    assert usual.of(PLACE, NOON) is None
    come(records, range(1, 8), 8 * 60)
    assert usual.of(PLACE, NOON + HOUR_MS - 1) is None
    assert usual.of(PLACE, NOON + HOUR_MS) == 8 * HOUR_MS


def test_another_day_is_looked_up_at_once(records: Records) -> None:
    usual = UsualStarts(records.events)
    assert usual.of(PLACE, MIDNIGHT + DAY_MS - 1) is None
    come(records, range(1, 8), 8 * 60)
    assert usual.of(PLACE, MIDNIGHT + DAY_MS) == 8 * HOUR_MS
