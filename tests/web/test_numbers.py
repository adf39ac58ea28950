"""Numbers and names as the pages print them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from web import numbers
from web.language import Language


@pytest.mark.parametrize(
    ("zone", "language", "name"),
    [
        ("Asia/Shanghai", "en", "China Time"),
        ("Asia/Shanghai", "zh", "中国时间"),
        ("Etc/GMT+12", "en", "GMT-12:00"),
        ("Etc/GMT-9", "zh", "GMT+09:00"),
    ],
)
def test_a_time_zone_has_the_name_people_use(zone: str, language: Language, name: str) -> None:
    assert name in numbers.zone_name(ZoneInfo(zone), language)
