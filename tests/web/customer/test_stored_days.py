"""A day of a site as it is read from real stores, and when it is kept."""

from __future__ import annotations

import datetime as dt

from store.records.exchanges import MeterExchange
from tests.web.site_day import SITE, Stand, at, tell_day
from web.customer import stored_days
from web.customer.stored_days import Days, power_step_ms
from wire.status import SpoolStatus

YESTERDAY = dt.date(2026, 11, 22)
TODAY = dt.date(2026, 11, 23)
MINUTE_MS = 60_000


def days_of(stand: Stand, events_days: float | None = None) -> Days:
    return Days(stand.timeseries, stand.records, events_days)


def test_a_day_that_every_agent_was_heard_after_is_read_once(stand: Stand) -> None:
    tell_day(stand, at(15.2))
    days, place = days_of(stand), stand.projects[0].place()
    found = days.story(place, YESTERDAY, stand.clock())
    assert found.settled
    assert days.story(place, YESTERDAY, stand.clock()) is found


def test_today_is_read_each_time(stand: Stand) -> None:
    tell_day(stand, at(15.2))
    days, place = days_of(stand), stand.projects[0].place()
    found = days.story(place, TODAY, stand.clock())
    assert not found.settled
    assert days.story(place, TODAY, stand.clock()) is not found


def test_a_day_of_which_an_agent_still_holds_batches_is_not_settled(stand: Stand) -> None:
    tell_day(stand, at(15.2))
    stand.status(spool=SpoolStatus(batches=3, oldest=at(23, 22)))
    days, place = days_of(stand), stand.projects[0].place()
    assert not days.story(place, YESTERDAY, stand.clock()).settled
    stand.clock.forward(MINUTE_MS)
    stand.status(spool=SpoolStatus(batches=3, oldest=at(9)))
    assert days.story(place, YESTERDAY, stand.clock()).settled


def test_a_day_is_told_anew_once_somebody_says_something_new_of_a_meter(stand: Stand) -> None:
    tell_day(stand, at(15.2))
    days, place = days_of(stand), stand.projects[0].place()
    before = days.story(place, YESTERDAY, stand.clock())
    said = MeterExchange(
        SITE, "meter-main", "active_energy_import", at(16, 22), "li", stand.clock(), 1_284.0, 7.0
    )
    stand.records.exchanges.add(said)
    assert days.story(place, YESTERDAY, stand.clock()) is not before


def test_only_so_many_settled_days_are_kept(stand: Stand) -> None:
    tell_day(stand, at(15.2))
    days, place = days_of(stand), stand.projects[0].place()
    first = days.story(place, YESTERDAY, stand.clock())
    for n in range(stored_days.MOST_KEPT):
        days._keep((place, dt.date.fromordinal(n + 1), ()), first)
    assert days.story(place, YESTERDAY, stand.clock()) is not first


def test_passages_that_are_kept_no_longer_are_not_told_as_nobody(stand: Stand) -> None:
    tell_day(stand, at(15.2))
    place, now = stand.projects[0].place(), stand.clock()
    assert days_of(stand, events_days=90).story(place, YESTERDAY, now).people is not None
    assert days_of(stand, events_days=1).story(place, YESTERDAY, now).people is None


def test_days_outside_the_work_are_told_without_a_reading(stand: Stand) -> None:
    days, place, now = days_of(stand), stand.projects[0].place(), stand.clock()
    assert days.story(place, dt.date(2026, 11, 24), now).when == "ahead"
    assert days.story(place, dt.date(2026, 10, 19), now).when == "before"
    assert days.story(place, dt.date(2026, 10, 20), now).when == "over"


def test_a_gap_is_known_to_the_minute(stand: Stand) -> None:
    tell_day(stand, at(15.2), outage=(at(12.2), at(12.8)))
    story = days_of(stand).story(stand.projects[0].place(), TODAY, stand.clock())
    assert story.gaps == ((at(12.2), at(12.8)),)


def test_a_step_of_the_curve_has_a_reading_of_a_meter_that_speaks_in_time() -> None:
    assert power_step_ms(1_000) == 5 * MINUTE_MS
    assert power_step_ms(10 * MINUTE_MS) == 20 * MINUTE_MS
    assert power_step_ms(24 * 60 * MINUTE_MS) == 60 * MINUTE_MS
