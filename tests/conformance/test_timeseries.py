"""What every time series store promises. An implementation is one line in `STORES`."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from store.timeseries.contract import Aggregate, Block, Latest, TimeSeries
from store.timeseries.sqlite import SqliteTimeSeries

STORES: Final[dict[str, Callable[[Path], TimeSeries]]] = {
    "sqlite": lambda folder: SqliteTimeSeries(folder / "timeseries.db")
}
SITE: Final = "fenglin-18"
MINUTE: Final = 60_000
#: A whole hour, so that minutes and buckets begin here.
START: Final = 1_764_000_000_000
ALL: Final[tuple[Aggregate, ...]] = ("min", "max", "mean", "last", "count")


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


def columns(store: TimeSeries, start: int, end: int, step_ms: int) -> dict[Aggregate, list[float | None]]:
    return store.window(SITE, "meter", "active_power", start, end, step_ms, ALL).columns


def test_what_was_written_is_read_back_bit_for_bit(store: TimeSeries) -> None:
    values = [0.1 + 0.2, 1e-300, -812.5, 5.0, 2**53 - 1.0]
    times = [START + at for at in range(len(values))]
    assert store.write([power(times, list(values))], 1) == 5
    assert raw(store) == list(zip(times, values, strict=True))


def test_raw_is_half_open_and_ascending(store: TimeSeries) -> None:
    store.write([power([START + 2, START, START + 1], [3, 1, 2])], 1)
    assert raw(store, START, START + 2) == [(START, 1), (START + 1, 2)]


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


def test_the_position_moves_with_the_rows_and_never_back(open_store: Callable[[], TimeSeries]) -> None:
    store = open_store()
    assert store.position() == 0
    store.write([power([START], [1])], 17)
    store.write([], 18)
    store.write([power([START], [1])], 3)
    assert store.position() == 18
    store.close()
    assert open_store().position() == 18


def test_latest_is_the_newest_by_its_own_time(store: TimeSeries) -> None:
    store.write([power([START + 5000], [5])], 1)
    store.write([power([START + 1000], [1])], 2)
    store.write([Block(SITE, "room", [START], {"temperature": [21.5], "relative_humidity": [None]})], 3)
    assert store.latest(SITE) == {
        ("meter", "active_power"): Latest(START + 5000, 5),
        ("room", "temperature"): Latest(START, 21.5),
    }
    assert store.latest("elsewhere") == {}


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
            "last": [0, None, 2],
            "count": [1, None, 1],
        }
        roll_all_up(store)


def test_a_window_is_right_before_and_after_roll_up(store: TimeSeries) -> None:
    times = [START + second * 7000 for second in range(100)]
    store.write([power(times, [float(at % 13) for at in range(100)])], 1)
    before = columns(store, START, START + 15 * MINUTE, 5 * MINUTE)
    assert store.roll_up(3) == 3
    between = columns(store, START, START + 15 * MINUTE, 5 * MINUTE)
    roll_all_up(store)
    assert before == between == columns(store, START, START + 15 * MINUTE, 5 * MINUTE)
    assert store.roll_up(100) == 0


def test_late_and_unordered_data_makes_its_minutes_right_again(store: TimeSeries) -> None:
    store.write([power([START + 10_000, START + 50_000], [10, 50])], 1)
    roll_all_up(store)
    store.write([power([START + 59_999, START], [59, 0])], 2)
    expected: dict[Aggregate, list[float | None]] = {
        "min": [0], "max": [59], "mean": [119 / 4], "last": [59], "count": [4],
    }  # fmt: skip
    assert columns(store, START, START + MINUTE, MINUTE) == expected
    roll_all_up(store)
    assert columns(store, START, START + MINUTE, MINUTE) == expected


def test_readings_from_the_end_on_do_not_count(store: TimeSeries) -> None:
    times = [START + second * 1000 for second in range(180)]
    store.write([power(times, [float(second) for second in range(180)])], 1)
    roll_all_up(store)
    got = columns(store, START, START + 90_500, MINUTE)
    assert got["count"] == [60, 31]
    assert got["last"] == [59, 90]


def test_steps_and_starts_that_are_no_whole_minutes_are_exact_too(store: TimeSeries) -> None:
    times = [START + second * 1000 for second in range(120)]
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


@pytest.mark.parametrize("seed", range(4))
def test_any_window_equals_what_the_readings_say(store: TimeSeries, seed: int) -> None:
    """Random writes, late ones among them, and roll-ups in between, against plain Python."""
    chance = random.Random(seed)
    readings: dict[int, float] = {}
    for position in range(12):
        times = [START + chance.randrange(20 * MINUTE) for _ in range(chance.randrange(1, 60))]
        values = [round(chance.uniform(-5, 5), 2) for _ in times]
        store.write([power(times, list(values))], position)
        for time, value in zip(times, values, strict=True):
            readings.setdefault(time, value)
        store.roll_up(chance.randrange(12))
        start = START + chance.choice([0, 0, MINUTE, 1234])
        end = start + chance.randrange(1, 20 * MINUTE)
        step_ms = chance.choice([MINUTE, 5 * MINUTE, 7777])
        assert columns(store, start, end, step_ms) == plain(readings, start, end, step_ms)


def plain(
    readings: dict[int, float], start: int, end: int, step_ms: int
) -> dict[Aggregate, list[float | None]]:
    expected: dict[Aggregate, list[float | None]] = {aggregate: [] for aggregate in ALL}
    for bucket in range(start, end, step_ms):
        inside = range(bucket, min(bucket + step_ms, end))
        values = [value for time, value in sorted(readings.items()) if time in inside]
        for aggregate in ALL:
            expected[aggregate].append(_aggregate(aggregate, values) if values else None)
    return expected


def _aggregate(aggregate: Aggregate, values: list[float]) -> Any:
    if aggregate == "mean":
        return pytest.approx(sum(values) / len(values), abs=1e-9)
    return {"min": min(values), "max": max(values), "last": values[-1], "count": len(values)}[aggregate]
