"""What every time series store promises. An implementation is one line in `STORES`.

Where late readings are followed by a window, `roll_up` comes between: a store need not know of itself which
minutes are stale. What one store promises beyond this is tested beside it, in tests/store/timeseries.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.timeseries.contract import Aggregate, Block, Differences, Latest, TimeSeries
from store.timeseries.counter import Exchange, Run, lived
from store.timeseries.influxdb.series import InfluxTimeSeries
from store.timeseries.limits import COUNTERS, hold_ms
from store.timeseries.sqlite import SqliteTimeSeries
from tests.influx import settings_for

STORES: Final[dict[str, Callable[[Path], TimeSeries]]] = {
    "sqlite": lambda folder: SqliteTimeSeries(folder / "timeseries.db"),
    "influxdb 1": lambda folder: InfluxTimeSeries(settings_for(folder)),
}
SITE: Final = "fenglin-18"
SECOND: Final = 1000
MINUTE: Final = 60_000
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
#: A whole hour, so that hours, minutes and buckets begin here.
START: Final = 1_764_000_000_000
ALL: Final[tuple[Aggregate, ...]] = ("min", "max", "mean", "covered", "last", "count")
FRESH: Final = itertools.count()


def power(time: list[int], values: list[float | None], device: str = "meter", site: str = SITE) -> Block:
    return Block(site, device, time, {"active_power": values})


@pytest.fixture(params=STORES)
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], TimeSeries]]:
    """Opens the same store, as often as it is called."""
    opened: list[TimeSeries] = []

    def opener() -> TimeSeries:
        opened.append(STORES[request.param](tmp_path))
        return opened[-1]

    yield opener
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], TimeSeries]) -> TimeSeries:
    return open_store()


def raw(store: TimeSeries, start: int = 0, end: int = START * 2) -> list[tuple[int, float]]:
    return list(zip(*store.raw(SITE, "meter", "active_power", start, end), strict=True))


def roll_all_up(store: TimeSeries, limit: int = 1000) -> None:
    while store.roll_up(limit):
        pass


def columns(
    store: TimeSeries,
    start: int,
    end: int,
    step_ms: int,
    device: str = "meter",
    quantity: str = "active_power",
) -> dict[Aggregate, list[float | None]]:
    return store.window(SITE, device, quantity, start, end, step_ms, ALL).columns


def test_what_was_written_is_read_back_bit_for_bit(store: TimeSeries) -> None:
    values = [0.1 + 0.2, 1e-300, -812.5, 5.0, 2**53 - 1.0]
    times = [START + at for at in range(len(values))]
    assert store.write([power(times, list(values))], 1) == 5
    assert raw(store) == list(zip(times, values, strict=True))


def test_raw_is_half_open_and_ascending(store: TimeSeries) -> None:
    store.write([power([START + 2, START, START + 1], [3, 1, 2])], 1)
    assert raw(store, START, START + 2) == [(START, 1), (START + 1, 2)]


def test_raw_is_read_in_pages(store: TimeSeries) -> None:
    store.write([power([START + at for at in range(5)], [0, 1, 2, 3, 4])], 1)
    times, values = store.raw(SITE, "meter", "active_power", START, START + 5, limit=3)
    assert (times, values) == ([START, START + 1, START + 2], [0.0, 1.0, 2.0])
    times, values = store.raw(SITE, "meter", "active_power", times[-1] + 1, START + 5, limit=3)
    assert values == [3, 4]
    assert store.raw(SITE, "meter", "active_power", START, START + 5, limit=0) == ([], [])


def test_null_is_not_a_reading(store: TimeSeries) -> None:
    assert store.write([power([START, START + 1, START + 2], [1, None, 3])], 1) == 2
    assert raw(store) == [(START, 1), (START + 2, 3)]
    assert store.write([power([START + 3], [None])], 2) == 0


def test_writing_again_changes_nothing(store: TimeSeries) -> None:
    block = power([START, START + 1], [1, 2])
    for _ in range(5):
        store.write([block], 1)
    assert raw(store) == [(START, 1), (START + 1, 2)]
    assert columns(store, START, START + MINUTE, MINUTE)["count"] == [2]


def test_the_same_reading_twice_in_one_call_is_one(store: TimeSeries) -> None:
    store.write([power([START], [1]), power([START], [1])], 1)
    assert raw(store) == [(START, 1)]


def test_site_device_quantity_and_time_together_are_the_key(store: TimeSeries) -> None:
    store.write(
        [
            power([START], [1]),
            power([START], [2], device="other"),
            power([START], [3], site="elsewhere"),
            Block(SITE, "meter", [START], {"voltage": [4]}),
        ],
        1,
    )
    assert raw(store) == [(START, 1)]
    assert store.raw("elsewhere", "meter", "active_power", 0, START + 1) == ([START], [3])


def test_blocks_of_different_shape_for_one_device_do_not_mix(store: TimeSeries) -> None:
    store.write(
        [
            Block(SITE, "meter", [START], {"active_power": [1], "voltage": [230]}),
            Block(SITE, "meter", [START + 1], {"voltage": [231]}),
            Block(SITE, "meter", [START + 2], {"voltage": [232], "active_power": [3]}),
        ],
        1,
    )
    assert raw(store) == [(START, 1), (START + 2, 3)]
    assert store.raw(SITE, "meter", "voltage", 0, START * 2)[1] == [230, 231, 232]


def test_a_write_does_not_change_what_it_was_given(store: TimeSeries) -> None:
    blocks = [power([START], [1]), power([START + 1], [2])]
    store.write(blocks, 1)
    assert blocks == [power([START], [1]), power([START + 1], [2])]


def test_the_position_moves_on_and_never_back(open_store: Callable[[], TimeSeries]) -> None:
    store = open_store()
    assert store.position() == 0
    store.write([power([START], [1])], 17)
    store.write([], 18)
    store.write([power([START], [1])], 3)
    assert store.position() == 18
    store.close()
    assert open_store().position() <= 18  # a store without transactions may ask for the last blocks again


def test_latest_is_the_newest_by_its_own_time(store: TimeSeries) -> None:
    store.write([power([START + 5000], [5])], 1)
    store.write([power([START + 1000], [1])], 2)
    store.write([Block(SITE, "room", [START], {"temperature": [21.5], "relative_humidity": [None]})], 3)
    assert store.latest(SITE) == {
        ("meter", "active_power"): Latest(START + 5000, 5),
        ("room", "temperature"): Latest(START, 21.5),
    }
    assert store.latest("elsewhere") == {}


def test_a_reading_from_ahead_hides_none_that_is_true_now(store: TimeSeries) -> None:
    store.write([power([START, START + 540_000], [50, 3000])], 1)
    store.write([Block(SITE, "room", [START + 1], {"temperature": [21.5]})], 2)
    assert store.latest(SITE, START) == {("meter", "active_power"): Latest(START, 50)}
    assert store.latest(SITE, START + 540_000)["meter", "active_power"] == Latest(START + 540_000, 3000)


def test_a_window_of_an_unknown_series_is_all_gap(store: TimeSeries) -> None:
    window = store.window(SITE, "nobody", "active_power", START, START + 3 * MINUTE, MINUTE, ALL)
    assert window.time == [START, START + MINUTE, START + 2 * MINUTE]
    assert window.columns == {aggregate: [None] * 3 for aggregate in ALL}
    assert store.raw(SITE, "nobody", "active_power", 0, START * 2) == ([], [])


def test_a_bucket_without_readings_is_null_and_never_zero(store: TimeSeries) -> None:
    store.write([power([START, START + 2 * MINUTE], [0, 2])], 1)
    for _ in range(2):
        got = columns(store, START, START + 3 * MINUTE, MINUTE)
        assert got == {
            "min": [0, None, 2],
            "max": [0, None, 2],
            "mean": [0, None, 2],
            "covered": [1, None, 0],
            "last": [0, None, 2],
            "count": [1, None, 1],
        }
        roll_all_up(store)


def test_late_and_unordered_data_makes_its_minutes_right_again(store: TimeSeries) -> None:
    store.write([power([START + 10_000, START + 50_000], [10, 50])], 1)
    roll_all_up(store)
    store.write([power([START + 59_999, START], [59, 0])], 2)
    roll_all_up(store)
    expected: dict[Aggregate, list[float | None]] = {
        "min": [0], "max": [59], "mean": [(0 * 10_000 + 10 * 40_000 + 50 * 9_999) / 59_999],
        "covered": [59_999 / 60_000], "last": [59], "count": [4],
    }  # fmt: skip
    assert columns(store, START, START + MINUTE, MINUTE) == expected


def test_late_data_makes_its_hours_and_days_right_again(store: TimeSeries) -> None:
    times = [START + at * 10 * MINUTE for at in range(48 * 6)]
    store.write([power(times, [float(at) for at in range(len(times))])], 1)
    roll_all_up(store)
    store.write([power([START + 5 * HOUR + 7, START + 30 * HOUR + 7], [-3, 500])], 2)
    roll_all_up(store)
    got = columns(store, START, START + 48 * HOUR, DAY)
    assert (got["min"], got["max"], got["count"]) == ([-3, 144], [143, 500], [145, 145])
    assert columns(store, START, START + 48 * HOUR, HOUR)["count"].count(7) == 2


def test_readings_from_the_end_on_do_not_count(store: TimeSeries) -> None:
    times = [START + second * SECOND for second in range(180)]
    store.write([power(times, [float(second) for second in range(180)])], 1)
    roll_all_up(store)
    got = columns(store, START, START + 90_500, MINUTE)
    assert got["count"] == [60, 31]
    assert got["last"] == [59, 90]


def test_steps_and_starts_that_are_no_whole_minutes_are_exact_too(store: TimeSeries) -> None:
    times = [START + second * SECOND for second in range(120)]
    store.write([power(times, [float(second) for second in range(120)])], 1)
    roll_all_up(store)
    assert columns(store, START, START + 30_000, 10_000)["last"] == [9, 19, 29]
    assert columns(store, START + 30_000, START + 90_000, MINUTE)["min"] == [30]


def test_only_the_aggregates_asked_for_are_given(store: TimeSeries) -> None:
    store.write([power([START], [1])], 1)
    window = store.window(SITE, "meter", "active_power", START, START + MINUTE, MINUTE, ["last"])
    assert window.columns == {"last": [1]}
    assert store.window(SITE, "meter", "active_power", START, START, MINUTE, ["max"]).time == []


def test_a_step_of_nothing_and_a_window_without_bound_are_refused(store: TimeSeries) -> None:
    with pytest.raises(ValueError, match="step_ms"):
        store.window(SITE, "meter", "active_power", START, START + 1, 0, ALL)
    with pytest.raises(ValueError, match="buckets"):
        store.window(SITE, "meter", "active_power", 0, START, 1, ALL)


def test_a_window_of_many_buckets_over_few_readings(store: TimeSeries) -> None:
    days = 100
    store.write([power([START + day * DAY for day in range(days)], [float(day) for day in range(days)])], 1)
    for _ in range(2):
        got = columns(store, START, START + days * DAY, MINUTE)
        assert [at for at, value in enumerate(got["last"]) if value is not None] == list(
            range(0, days * 1440, 1440)
        )
        roll_all_up(store)


# Counters.


def counter(store: TimeSeries, time: list[int], values: list[float | None]) -> None:
    store.write([Block(SITE, "meter", time, {"active_energy_import": values})], 1)


def increases(store: TimeSeries, start: int, end: int, step_ms: int) -> list[float | None]:
    window = store.window(SITE, "meter", "active_energy_import", start, end, step_ms, ["increase"])
    return window.columns["increase"]


@pytest.fixture(params=["as written", "rolled up"])
def settle(request: pytest.FixtureRequest) -> Callable[[TimeSeries], None]:
    """Rolls up, or not."""
    return roll_all_up if request.param == "rolled up" else lambda _: None


def test_an_increase_belongs_to_the_bucket_of_the_later_reading(
    store: TimeSeries, settle: Callable[[TimeSeries], None]
) -> None:
    counter(store, [START, START + 50_000, START + MINUTE + 10_000, START + 2 * MINUTE], [100, 101, 103, 103])
    settle(store)
    assert increases(store, START, START + 4 * MINUTE, MINUTE) == [1, 2, 0, None]


def test_a_window_steps_from_the_reading_before_it_however_old(
    store: TimeSeries, settle: Callable[[TimeSeries], None]
) -> None:
    counter(store, [START - 40 * DAY, START + 10, START + HOUR], [100, 130, 131])
    settle(store)
    assert increases(store, START, START + 2 * HOUR, HOUR) == [30, 1]
    assert increases(store, START - 40 * DAY, START + DAY, 41 * DAY) == [31]


def test_the_first_reading_of_all_is_no_increase(
    store: TimeSeries, settle: Callable[[TimeSeries], None]
) -> None:
    counter(store, [START + 10], [5000])
    settle(store)
    assert increases(store, START, START + MINUTE, MINUTE) == [0]


def test_what_is_no_counter_has_no_increase(store: TimeSeries) -> None:
    store.write([power([START, START + 1], [1, 2])], 1)
    window = store.window(SITE, "meter", "active_power", START, START + MINUTE, MINUTE, ["increase"])
    assert window.columns == {"increase": [None]}
    with pytest.raises(ValueError, match="active_power is no counter"):
        store.life(SITE, "meter", "active_power", START, START + MINUTE, MINUTE)


#: Readings a minute apart -> what grew, and the marks. After the cases in findings V1 and their like.
LIVES: Final[dict[str, tuple[list[float], float, list[str]]]] = {
    "a zero": ([1000.0, 1000.1, 0.0, 1000.2, 1000.3], 0.3, ["glitch"]),
    "zeros for a while": ([1000.0, 1000.1, 0.0, 0.0, 0.0, 1000.2, 1000.3], 0.3, ["glitch"]),
    "a dip of one digit": ([1000.00, 1000.02, 1000.01, 1000.03], 0.03, []),
    "a dip": ([1000.0, 1000.1, 999.0, 1000.2, 1000.3], 0.3, ["glitch"]),
    "a spike": ([1000.0, 1000.1, 65535.0, 1000.2, 1000.3], 0.3, ["glitch"]),
    "a spike of two readings": ([1000.0, 1000.1, 65535.0, 65535.0, 1000.2, 1000.3], 0.3, ["glitch"]),
    "a spike that could be real": ([1000.0, 1000.1, 1001.1, 1000.2, 1000.3], 0.3, ["glitch"]),
    "zero and spike": ([1000.0, 1000.1, 0.0, 65535.0, 1000.2, 1000.3], 0.3, ["glitch", "glitch"]),
    "a reset": ([1000.0, 1000.1, 0.0, 0.1, 0.2], 0.3, ["reset"]),
    "an older meter": ([12.0, 12.1, 45678.0, 45678.2], 0.3, ["exchange"]),
    "a younger meter": ([45678.0, 45678.1, 912.0, 912.2], 0.3, ["exchange"]),
    "a roll-over": ([99999.5, 99999.9, 0.1, 0.3], 0.8, ["rollover"]),
    "a display that flickers": ([10.0, 10.1, 10.0, 10.1, 10.0, 10.1], 0.1, []),
    "whole kWh": ([10.0, 10.0, 11.0, 11.0, 12.0], 2.0, []),
    "a bad beginning": ([0.0, 1000.0, 1000.1], 0.1, ["exchange"]),
}


@pytest.mark.parametrize("name", LIVES)
@pytest.mark.parametrize("offset", [0, 57 * MINUTE], ids=["within an hour", "across hours"])
def test_a_counter_grows_by_the_one_rule(
    store: TimeSeries, settle: Callable[[TimeSeries], None], name: str, offset: int
) -> None:
    values, grown, marks = LIVES[name]
    counter(store, [START + offset + at * MINUTE for at in range(len(values))], list(values))
    settle(store)
    for step in (MINUTE, HOUR, 10_000, 2 * HOUR):
        span = START, START + 2 * HOUR, step
        window = store.window(SITE, "meter", "active_energy_import", *span, ["increase"])
        assert sum(value or 0 for value in window.columns["increase"]) == pytest.approx(grown), step
        assert [mark.why for mark in window.marks] == marks, step


def test_late_readings_between_two_minutes_divide_the_step(store: TimeSeries) -> None:
    counter(store, [START, START + 3 * HOUR], [10, 20])
    roll_all_up(store)
    counter(store, [START + 2 * HOUR], [16])
    roll_all_up(store)
    assert increases(store, START, START + 4 * HOUR, HOUR) == [0, None, 6, 4]


def test_a_late_reading_shows_a_step_to_have_been_a_glitch(store: TimeSeries) -> None:
    counter(store, [START, START + MINUTE], [1000, 0])
    roll_all_up(store)
    counter(store, [START + 2 * MINUTE], [1000.5])
    roll_all_up(store)
    assert increases(store, START, START + HOUR, HOUR) == [0.5]


def test_what_a_person_says_of_an_exchange_holds(
    store: TimeSeries, settle: Callable[[TimeSeries], None]
) -> None:
    """45 minutes without power; the new meter comes with 3.2 kWh of its own (findings V2)."""
    old = [45_678.0 + 0.125 * at for at in range(5)]
    times = [START + at * MINUTE for at in (*range(5), *range(50, 55))]
    counter(store, times, [*old, 3.25, 3.25, 3.5, 3.5, 3.75])
    settle(store)
    span = START, START + 2 * HOUR, HOUR
    assert increases(store, *span) == [1.0, None]
    told = [Exchange(START + 30 * MINUTE, old_last=45_678.75, new_first=3.0)]
    for step in (MINUTE, HOUR, 2 * HOUR):
        window = store.window(
            SITE, "meter", "active_energy_import", START, START + 2 * HOUR, step, ["increase"], told
        )
        assert sum(value or 0 for value in window.columns["increase"]) == pytest.approx(0.75 + 0.75)
        assert [mark.why for mark in window.marks] == ["told"]
    store.forget(START + HOUR, 0)
    window = store.window(SITE, "meter", "active_energy_import", *span, ["increase"], told)
    assert window.columns["increase"][0] == pytest.approx(1.5)


def test_a_life_goes_on_with_newer_readings(store: TimeSeries, settle: Callable[[TimeSeries], None]) -> None:
    counter(store, [START - HOUR, START, START + MINUTE], [10, 11, 12])
    settle(store)
    life = store.life(SITE, "meter", "active_energy_import", START, START + DAY, DAY)
    assert (life.grown(), life.since, life.newest) == ({0: 2}, START - HOUR, (START + MINUTE, 12))
    life.add(Run(START + 2 * MINUTE, 12.5, START + 2 * MINUTE, 12.5))
    assert life.grown() == {0: 2.5}
    assert store.life(SITE, "nobody", "active_energy_import", START, START + DAY, DAY).grown() == {}


# Means.


def test_a_mean_is_weighted_by_time(store: TimeSeries, settle: Callable[[TimeSeries], None]) -> None:
    """One reading of 20 degrees at the full hour, 50 min of silence, 60 readings of 30 degrees in the last
    10 min (findings T4)."""
    time = [START, *(START + 50 * MINUTE + at * 10 * SECOND for at in range(60))]
    values: list[float | None] = [20.0, *[30.0] * 60]
    store.write([Block(SITE, "th", time, {"temperature": values})], 1)
    settle(store)
    got = columns(store, START, START + HOUR, HOUR, device="th", quantity="temperature")
    assert got["mean"] == [pytest.approx((20 * 3000 + 30 * 590) / 3590)]
    assert got["covered"] == [pytest.approx(3590 / 3600)]


def test_a_mean_does_not_bridge_a_gap(store: TimeSeries, settle: Callable[[TimeSeries], None]) -> None:
    """Power holds for a minute at most: 10 min of 100 W, 40 min of nothing, 10 min of 200 W."""
    time = [START + at * 10 * SECOND for at in (*range(60), *range(300, 361))]
    values: list[float | None] = [*[100.0] * 60, *[200.0] * 61]
    store.write([power(time, values)], 1)
    settle(store)
    got = columns(store, START, START + HOUR, HOUR)
    assert got["mean"] == [pytest.approx((100 * 650 + 200 * 600) / 1250)]
    assert got["covered"] == [pytest.approx(1250 / 3600)]


def test_a_reading_holds_into_the_next_bucket_that_has_one(
    store: TimeSeries, settle: Callable[[TimeSeries], None]
) -> None:
    store.write([power([START + 40 * SECOND, START + 80 * SECOND, START + 100 * SECOND], [10, 20, 40])], 1)
    settle(store)
    got = columns(store, START, START + 2 * MINUTE, MINUTE)
    assert got["mean"] == [10, pytest.approx((10 * 20 + 20 * 20) / 40)]
    assert got["covered"] == [pytest.approx(20 / 60), pytest.approx(40 / 60)]


# Time zones.


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", (2026, 3, 29), 23),
        ("Europe/Berlin", (2026, 10, 25), 25),
        ("Asia/Shanghai", (2026, 3, 29), 24),
        ("Asia/Kolkata", (2026, 3, 29), 24),
    ],
)
def test_a_local_day_has_the_hours_it_has(
    store: TimeSeries, zone: str, day: tuple[int, int, int], hours: int
) -> None:
    """From midnight to midnight, also where clocks change, and where midnight is no whole hour of UTC."""
    place = ZoneInfo(zone)
    start = int(datetime(*day, tzinfo=place).timestamp() * 1000)
    end = int(datetime(day[0], day[1], day[2] + 1, tzinfo=place).timestamp() * 1000)
    times = list(range(start - HOUR, end + HOUR, 15 * MINUTE))
    store.write([power(times, [float(at) for at in range(len(times))])], 1)
    for _ in range(2):
        assert columns(store, start, end, HOUR)["count"] == [4] * hours
        whole_day = columns(store, start, end, end - start)
        assert (whole_day["min"], whole_day["count"]) == ([4], [hours * 4])
        roll_all_up(store)


# Names and numbers of series.


def test_names_may_be_in_any_script_and_case_matters(store: TimeSeries) -> None:
    names = ["厨房_电表.1", "Zähler-Ω", "meter", "Meter", "m", "счётчик"]
    store.write([power([START], [float(at)], device=name) for at, name in enumerate(names)], 1)
    assert store.devices(SITE) == {name: ["active_power"] for name in sorted(names)}
    assert list(store.devices(SITE)) == sorted(names)
    for at, name in enumerate(names):
        assert store.raw(SITE, name, "active_power", START, START + 1) == ([START], [at])
        assert columns(store, START, START + MINUTE, MINUTE, device=name)["last"] == [at]
    assert {device for device, _ in store.latest(SITE)} == set(names)


def test_devices_list_what_has_been_read_and_nothing_else(store: TimeSeries) -> None:
    values: dict[str, list[float | None]] = {"voltage": [230], "active_power": [5], "frequency": [None]}
    store.write([Block(SITE, "b", [START], values), power([START], [1], device="a")], 1)
    store.write([power([START], [1], site="elsewhere")], 2)
    assert store.devices(SITE) == {"a": ["active_power"], "b": ["active_power", "voltage"]}
    assert store.devices("nobody") == {}


def test_ten_thousand_series(store: TimeSeries) -> None:
    names = [f"quantity_{number}" for number in range(10)]
    blocks = [
        Block(SITE, f"device-{device:04d}", [START], {name: [float(device)] for name in names})
        for device in range(1000)
    ]
    assert store.write(blocks, 1) == 10_000
    latest = store.latest(SITE)
    assert len(latest) == 10_000
    assert latest["device-0777", "quantity_7"] == Latest(START, 777)
    assert len(store.devices(SITE)) == 1000
    roll_all_up(store)
    window = store.window(SITE, "device-0999", "quantity_0", START, START + MINUTE, MINUTE, ["last"])
    assert window.columns == {"last": [999]}


# Letting go.


def test_windows_answer_from_rollups_where_readings_are_forgotten(store: TimeSeries) -> None:
    times = [START + at * 20 * SECOND for at in range(3 * 180)]
    store.write([power(times, [float(at % 50) for at in range(len(times))])], 1)
    roll_all_up(store)
    spans = [(START, START + 3 * HOUR, MINUTE), (START, START + 3 * HOUR, HOUR),
             (START + 7 * MINUTE, START + 170 * MINUTE, 13 * MINUTE)]  # fmt: skip
    before = [columns(store, *span) for span in spans]
    store.forget(START + 2 * HOUR, 0)
    assert raw(store, START, START + 2 * HOUR) == []
    assert len(raw(store)) == 180
    for span, expected in zip(spans, before, strict=True):
        assert_same(columns(store, *span), expected)


def test_what_was_not_rolled_up_yet_is_before_it_is_forgotten(store: TimeSeries) -> None:
    store.write([power([START, START + 1, START + DAY], [1, 2, 3])], 1)
    store.forget(START + HOUR, 0)
    assert columns(store, START, START + MINUTE, MINUTE)["count"] == [2]


def test_rollups_are_forgotten_by_their_own_term(store: TimeSeries) -> None:
    times = [START + at * 10 * MINUTE for at in range(24)]
    store.write([power(times, [1.0] * 24)], 1)
    roll_all_up(store)
    store.forget(START + 2 * HOUR, START + HOUR)
    assert columns(store, START, START + 4 * HOUR, HOUR)["count"] == [None, 6, 6, 6]


def test_forgetting_again_forgets_nothing_more(store: TimeSeries) -> None:
    store.write([power([START, START + DAY], [1, 2])], 1)
    store.forget(START + HOUR, 0)
    assert store.forget(START + HOUR, 0) == 0
    assert raw(store) == [(START + DAY, 2)]


def test_a_counter_steps_from_what_is_forgotten(store: TimeSeries) -> None:
    counter(store, [START, START + 30 * SECOND, START + 2 * HOUR], [100, 101, 141])
    roll_all_up(store)
    store.forget(START + HOUR, 0)
    assert increases(store, START + HOUR, START + 3 * HOUR, HOUR) == [None, 40]
    assert increases(store, START, START + 3 * HOUR, HOUR) == [1, None, 40]


def test_a_late_reading_does_not_destroy_the_rollup_of_forgotten_ones(store: TimeSeries) -> None:
    store.write([power([START, START + 10 * SECOND, START + DAY], [1, 2, 3])], 1)
    roll_all_up(store)
    store.forget(START + HOUR, 0)
    store.write([power([START + 20 * SECOND], [1.5])], 2)
    roll_all_up(store)
    got = columns(store, START, START + MINUTE, MINUTE)
    assert got["min"] == [1]
    assert got["max"] == [2]
    assert (got["count"][0] or 0) >= 2


def test_erasing_a_site_leaves_the_others(store: TimeSeries) -> None:
    for site in (SITE, "elsewhere"):
        store.write([power([START, START + HOUR], [1, 2], site=site)], 1)
    roll_all_up(store)
    store.erase(SITE)
    assert store.devices(SITE) == {}
    assert store.latest(SITE) == {}
    assert raw(store) == []
    assert columns(store, START, START + 2 * HOUR, HOUR)["count"] == [None, None]
    assert store.raw("elsewhere", "meter", "active_power", 0, START * 2) == ([START, START + HOUR], [1, 2])
    store.erase("nobody")


def test_an_erased_site_may_begin_anew(store: TimeSeries) -> None:
    store.write([power([START], [1])], 1)
    roll_all_up(store)
    store.erase(SITE)
    store.write([power([START + HOUR], [7])], 2)
    roll_all_up(store)
    assert raw(store) == [(START + HOUR, 7)]
    assert columns(store, START, START + 2 * HOUR, HOUR)["count"] == [None, 1]
    assert store.devices(SITE) == {"meter": ["active_power"]}


def test_compacting_loses_nothing(store: TimeSeries) -> None:
    times = [START + at * SECOND for at in range(20_000)]
    store.write([power(times, [float(at) for at in range(20_000)])], 1)
    store.forget(START + 4 * HOUR, 0)
    before = raw(store)
    store.compact()
    assert raw(store) == before
    assert columns(store, START, START + 4 * HOUR, HOUR)["count"] == [3600] * 4


# Set up and opened again.


def test_a_store_that_is_set_up_has_no_findings(store: TimeSeries) -> None:
    store.check(fix=True)
    assert store.check(fix=False) == []


def test_everything_is_there_after_reopening(open_store: Callable[[], TimeSeries]) -> None:
    store = open_store()
    times = [START + at * 10 * SECOND for at in range(600)]
    store.write([power(times, [float(at) for at in range(600)])], 5)
    store.roll_up(30)
    before = columns(store, START, START + 2 * HOUR, HOUR)
    store.close()
    again = open_store()
    assert raw(again) == list(zip(times, map(float, range(600)), strict=True))
    assert_same(columns(again, START, START + 2 * HOUR, HOUR), before)
    assert again.latest(SITE) == {("meter", "active_power"): Latest(times[-1], 599)}


def test_threads_write_and_read_at_once(store: TimeSeries) -> None:
    def work(device: str) -> None:
        for at in range(0, 100, 10):
            times = [START + second * SECOND for second in range(at, at + 10)]
            store.write([power(times, [float(at)] * 10, device=device)], at)
            store.latest(SITE)

    threads = [threading.Thread(target=work, args=(f"device-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        assert len(store.raw(SITE, f"device-{number}", "active_power", 0, START * 2)[0]) == 100


# Whatever the readings are.

#: Readings that meet in minutes and hours, and stand alone for hours.
TIMES: Final = st.one_of(st.integers(0, 3 * MINUTE), st.integers(0, 5 * HOUR), st.integers(0, 40 * HOUR))
VALUES: Final = st.integers(-100_000, 1_000_000).map(lambda hundredths: hundredths / 100)
STEPS: Final = st.one_of(
    st.sampled_from([MINUTE, 7 * MINUTE, HOUR, 90 * MINUTE, 6 * HOUR, DAY, 526 * MINUTE]),
    st.integers(11_111, 3 * HOUR),
)
STARTS: Final = st.sampled_from([0, 0, MINUTE, 61 * MINUTE, 12_345, -5 * MINUTE, 2 * HOUR])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    quantity=st.sampled_from(["active_energy_import", "water_volume", "temperature"]),
    early=st.dictionaries(TIMES, VALUES, min_size=1, max_size=80),
    late=st.dictionaries(TIMES, VALUES, max_size=30),
    start=STARTS,
    length=st.integers(1, 41 * HOUR),
    step_ms=STEPS,
)
def test_any_window_equals_what_the_readings_say(
    store: TimeSeries,
    quantity: str,
    early: dict[int, float],
    late: dict[int, float],
    start: int,
    length: int,
    step_ms: int,
) -> None:
    """As written, rolled up, and after late readings, against plain Python."""
    device = f"device-{next(FRESH)}"  # the store is shared by the examples
    span = (START + start, START + start + length, step_ms)

    def judge(readings: Mapping[int, float]) -> None:
        got = store.window(SITE, device, quantity, *span, [*ALL, "increase"]).columns
        assert_same(got, plain(readings, quantity, *span))

    def write(readings: Mapping[int, float]) -> None:
        store.write([Block(SITE, device, list(readings), {quantity: list(readings.values())})], 1)

    first = {START + at: value for at, value in early.items()}
    write(first)
    judge(first)
    roll_all_up(store)
    judge(first)
    more = {START + at: value for at, value in late.items() if at not in early}
    write(more)
    roll_all_up(store)
    judge(first | more)


def plain(
    readings: Mapping[int, float], quantity: str, start: int, end: int, step_ms: int
) -> dict[Aggregate, list[float | None]]:
    """The window by the words of the contract; growth by the rule, reading by reading."""
    ordered = sorted(readings.items())
    edges = list(range(start, end, step_ms))
    found: dict[Aggregate, list[float | None]] = {one: [None] * len(edges) for one in (*ALL, "increase")}
    for number, bucket in enumerate(edges):
        until = min(bucket + step_ms, end)
        values = [value for time, value in ordered if bucket <= time < until]
        if not values:
            continue
        held = _held(ordered, bucket, until, hold_ms(quantity))
        covered = sum(ms for _, ms in held)
        plain_mean = sum(values) / len(values)
        found["min"][number], found["max"][number] = min(values), max(values)
        found["last"][number], found["count"][number] = values[-1], len(values)
        found["mean"][number] = sum(v * ms for v, ms in held) / covered if covered else plain_mean
        found["covered"][number] = covered / (until - bucket)
    if quantity in COUNTERS:
        # The context a store looks at: an hour before the last reading before, an hour after and the next.
        before = [time for time, _ in ordered if time < start]
        since = (before[-1] - HOUR) // MINUTE * MINUTE if before else start
        after = [time for time, _ in ordered if time >= end + HOUR]
        beyond = after[0] if after else end + HOUR
        seen = [Run(time, v, time, v) for time, v in ordered if since <= time < end + HOUR or time == beyond]
        life = lived(seen, COUNTERS[quantity], start, end, step_ms)
        for number, amount in life.grown().items():
            found["increase"][number] = amount
    return found


def _held(ordered: list[tuple[int, float]], start: int, end: int, hold: int) -> list[tuple[float, int]]:
    """Each value with the ms it holds in [start, end)."""
    return [
        (value, max(0, min(after, time + hold, end) - max(time, start)))
        for (time, value), (after, _) in itertools.pairwise(ordered)
    ]


def assert_same(got: Mapping[Aggregate, list[float | None]], expected: Mapping[Aggregate, Any]) -> None:
    """Bit for bit, but for what is added up: that depends on the order."""
    assert got.keys() == expected.keys()
    for aggregate, column in got.items():
        if aggregate in ("mean", "increase", "covered"):
            assert column == [
                value if value is None else pytest.approx(value, rel=1e-9, abs=1e-6)
                for value in expected[aggregate]
            ], aggregate
        else:
            assert column == expected[aggregate], aggregate


# Two values of one moment.


def test_of_two_values_of_one_moment_the_first_stands_and_the_other_is_told(
    open_store: Callable[[], TimeSeries],
) -> None:
    """In a later call, after a restart, and within one call (findings R4)."""
    store = open_store()
    store.write([power([START, START + 1], [1, 2])], 1)
    told = Differences()
    store.write([power([START + 1, START + 2], [7, 3]), power([START + 2], [8])], 2, told)
    assert raw(store) == [(START, 1), (START + 1, 2), (START + 2, 3)]
    assert sorted(told.first) == [
        (SITE, "meter", "active_power", START + 1, 2, 7),
        (SITE, "meter", "active_power", START + 2, 3, 8),
    ]
    store.close()
    again, told = open_store(), Differences()
    again.write([power([START, START + 1, START + 3], [1, 9, 4])], 3, told)
    assert (told.count, told.first[0].came) == (1, 9)
    assert raw(again)[1:] == [(START + 1, 2), (START + 2, 3), (START + 3, 4)]
    roll_all_up(again)
    assert columns(again, START, START + MINUTE, MINUTE)["count"] == [4]


def test_a_repeat_is_no_difference_and_many_differences_are_counted(store: TimeSeries) -> None:
    times = [START + at for at in range(3000)]
    told = Differences()
    for _ in range(2):
        store.write([power(times, [float(at) for at in range(3000)])], 1, told)
    assert told == Differences()
    store.write([power(times, [0.5] * 3000)], 2, told)
    assert (told.count, len(told.first)) == (3000, 1000)


def test_the_newest_reading_of_all_sites(store: TimeSeries) -> None:
    assert store.newest() is None
    store.write([power([START + 5], [1]), power([START + 9], [1], site="elsewhere")], 1)
    store.write([power([START], [1])], 2)
    assert store.newest() == START + 9
