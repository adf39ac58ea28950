"""A demo is always in the middle of a working day."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from simulator.model.calendar import working_timezone
from wire.durations import MINUTE_MS

MIDNIGHT_MS = 1_764_028_800_000  # 2025-11-25T00:00Z


@pytest.mark.parametrize("minute", range(0, 24 * 60, 11))
def test_whenever_it_is_started(minute: int) -> None:
    now_ms = MIDNIGHT_MS + minute * MINUTE_MS
    zone = working_timezone(now_ms)
    local = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone))
    clock = local.hour * 60 + local.minute
    if zone == "Asia/Shanghai":
        assert 8 * 60 + 45 <= clock <= 16 * 60 + 30
    else:
        assert 10 * 60 + 30 <= clock <= 11 * 60 + 30
        assert not 8 * 60 + 45 <= (minute + 8 * 60) % (24 * 60) <= 16 * 60 + 30


def test_the_preferred_zone_may_be_another() -> None:
    assert working_timezone(MIDNIGHT_MS + 12 * 60 * MINUTE_MS, "Europe/London") == "Europe/London"
