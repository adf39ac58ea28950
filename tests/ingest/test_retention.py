"""What is old goes by whole days, and a clock that jumps for a moment costs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.retention import BelievedClock, Forgetting, Retention
from store.records.contract import Quarantined, SiteEvent
from store.timeseries.contract import Block
from store.timeseries.sqlite import SqliteTimeSeries
from tests.records import open_records
from wire.batch import Event
from wire.durations import DAY_MS

TODAY = 20_000 * DAY_MS


class Stores:
    """A reading, an event and an item of quarantine on each of ten days."""

    def __init__(self, folder: Path) -> None:
        self.timeseries = SqliteTimeSeries(folder / "timeseries.db")
        self.records = open_records(folder)
        self.days = [TODAY - day * DAY_MS + 1 for day in range(9, -1, -1)]
        for at, time in enumerate(self.days, 1):
            self.timeseries.write([Block("s", "m", [time], {"frequency": [50.0]})], at)
            badge = Event(device="gate", time=time, kind="badge", badge="b:" + "9f" * 16)
            self.records.events.add([SiteEvent("s", "pi-1", badge)])
            self.records.quarantine.add([Quarantined(time, f"topic/{at}", b"x", "schema", "")])

    def kept(self) -> tuple[int, int, int]:
        readings, _ = self.timeseries.raw("s", "m", "frequency", 0, TODAY * 2)
        return (
            len(readings),
            len(self.records.events.between("s", 0, TODAY * 2)),
            len(self.records.quarantine.items()),
        )


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = Stores(tmp_path)
    yield opened
    opened.timeseries.close()
    opened.records.close()


Days = float | None


def forgetting(stores: Stores, raw: Days, event: Days, quarantine: Days) -> Forgetting:
    kept = Retention(raw_days=raw, rollup_days=None, event_days=event, quarantine_days=quarantine)
    return Forgetting(stores.timeseries, stores.records, kept)


def test_each_kind_goes_by_its_own_days(stores: Stores) -> None:
    work = forgetting(stores, 5, 3, 1)
    work.forget(TODAY)
    assert work.forget(TODAY + 1) == (4, 6 + 8)
    assert stores.kept() == (6, 4, 2)


def test_what_has_no_end_is_kept(stores: Stores) -> None:
    work = forgetting(stores, None, None, None)
    assert [work.forget(TODAY), work.forget(TODAY)] == [(0, 0), (0, 0)]
    assert stores.kept() == (10, 10, 10)


def test_a_clock_that_jumps_ahead_between_two_looks_costs_nothing(stores: Stores) -> None:
    work = forgetting(stores, 30, 30, 30)
    for now in (TODAY, TODAY + 400 * DAY_MS, TODAY + 1):
        assert work.forget(now) == (0, 0)
    assert stores.kept() == (10, 10, 10)


def test_a_day_is_forgotten_once(stores: Stores) -> None:
    work = forgetting(stores, 5, 5, 5)
    work.forget(TODAY)
    assert work.forget(TODAY + 3_600_000) == (4, 8)
    assert work.forget(TODAY + 7_200_000) == (0, 0)
    work.forget(TODAY + DAY_MS)
    assert work.forget(TODAY + DAY_MS + 1) == (1, 2)


@pytest.mark.parametrize("days", [{"log_days": 0}, {"event_days": -1}, {"raw_days": 10, "rollup_days": 5}])
def test_days_that_make_no_sense_are_refused(days: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="days must"):
        Retention(**days)


class Steady:
    """Seconds that only a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_clock_is_believed_two_days_beyond_the_newest_reading() -> None:
    clock = BelievedClock(lambda: TODAY, Steady())
    assert clock.now(TODAY + DAY_MS) == TODAY + DAY_MS
    assert clock.now(TODAY + 400 * DAY_MS) == TODAY + 2 * DAY_MS
    assert clock.now(TODAY + 5) == TODAY + 5


def test_where_nothing_comes_time_goes_on_as_it_passes() -> None:
    steady = Steady()
    clock = BelievedClock(lambda: TODAY, steady)
    assert clock.now(TODAY + 2 * DAY_MS) == TODAY + 2 * DAY_MS
    steady.seconds += 3 * 86_400
    assert clock.now(TODAY + 5 * DAY_MS) == TODAY + 5 * DAY_MS
    assert clock.now(TODAY + 400 * DAY_MS) == TODAY + 5 * DAY_MS


def test_an_empty_store_knows_no_better_than_the_clock() -> None:
    assert BelievedClock(lambda: None, Steady()).now(TODAY) == TODAY
