"""A link ends with its last day at the site."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from tests.registered import projects_in
from tests.web.site_day import PROJECTS, TOKEN, Stand, at
from web.links.ending import end_of_link, last_day, usual_last_day

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("dates", "ends"),
    [
        ({}, None),
        ({"token_expires": dt.date(2026, 11, 23)}, dt.datetime(2026, 11, 24, tzinfo=ZONE)),
        ({"handover": dt.date(2026, 11, 1)}, dt.datetime(2026, 12, 2, tzinfo=ZONE)),
        (
            {"handover": dt.date(2026, 11, 1), "token_expires": dt.date(2027, 1, 31)},
            dt.datetime(2027, 2, 1, tzinfo=ZONE),
        ),
    ],
)
def test_a_link_of_a_file_ends_as_the_file_says(
    stand: Stand, dates: dict[str, dt.date], ends: dt.datetime | None
) -> None:
    lines = "".join(f"\n    {name}: {day}" for name, day in dates.items())
    project, _ = projects_in(stand.records, PROJECTS.replace(TOKEN, TOKEN + lines))
    (link,) = project.links
    assert link.expires == (None if ends is None else round(ends.timestamp() * 1000))
    if link.expires is not None:
        assert project.open_links(link.expires - 1) == {link.id}
        assert project.open_links(link.expires) == frozenset()


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York"])
def test_the_last_day_is_told_as_it_was_said_also_where_clocks_change(zone: str) -> None:
    for day in (dt.date(2026, 3, 29), dt.date(2026, 10, 25), dt.date(2026, 11, 1)):
        ends = end_of_link(ZoneInfo(zone), day, None)
        assert ends is not None
        assert last_day(ZoneInfo(zone), ends) == day


def test_a_link_made_now_ends_thirty_days_after_the_handover_and_never_in_the_past() -> None:
    now, today = at(15.2), dt.date(2026, 11, 23)
    assert usual_last_day(ZONE, dt.date(2027, 1, 15), now) == dt.date(2027, 2, 14)
    assert usual_last_day(ZONE, dt.date(2025, 1, 15), now) == today + dt.timedelta(days=30)
    assert usual_last_day(ZONE, None, now) == today + dt.timedelta(days=180)
