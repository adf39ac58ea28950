"""What a time series store promises when its server dies, stalls or comes back, and when readings come late,
in any order, more than once, or in great numbers."""

from __future__ import annotations

import random
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from benchmarks.servers import Influx
from store.errors import StoreError
from store.timeseries.contract import Block, TimeSeries
from store.timeseries.influxdb.series import InfluxTimeSeries
from store.timeseries.influxdb.settings import InfluxSettings
from store.timeseries.sqlite import SqliteTimeSeries
from tests.influx import settings_for
from tests.servers import wait_until

STORES: Final[dict[str, Callable[[Path], TimeSeries]]] = {
    "sqlite": lambda folder: SqliteTimeSeries(folder / "timeseries.db"),
    "influxdb 1": lambda folder: InfluxTimeSeries(settings_for(folder)),
}
SITE: Final = "fenglin-18"
START: Final = 1_764_000_000_000
SECOND: Final = 1000
MINUTE: Final = 60_000
HOUR: Final = 3_600_000


def block(first: int, count: int = 50, device: str = "meter") -> Block:
    """Readings first, first + 1, … by the second; each says its own number."""
    times = [START + at * SECOND for at in range(first, first + count)]
    return Block(SITE, device, times, {"active_power": [float(at) for at in range(first, first + count)]})


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TimeSeries]:
    store = STORES[request.param](tmp_path)
    yield store
    store.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Influx]:
    """A server of the test's own, to be killed."""
    with Influx(tmp_path / "server") as server:
        yield server


def settings(server: Influx, timeout_s: float = 5.0) -> InfluxSettings:
    return InfluxSettings(generation=1, url=server.url, database="plumbline", timeout_s=timeout_s)


def numbers(store: TimeSeries, device: str = "meter") -> list[float]:
    return store.raw(SITE, device, "active_power", 0, START * 2)[1]


def roll_all_up(store: TimeSeries) -> None:
    while store.roll_up(1000):
        pass


# Any order, any number of times.


def test_batches_in_any_order_and_more_than_once_are_each_there_once(store: TimeSeries) -> None:
    chance = random.Random(7)
    batches = [block(first) for first in range(0, 2000, 50)] * 3
    chance.shuffle(batches)
    for position, batch in enumerate(batches):
        store.write([batch], position)
        if position % 25 == 0:
            store.roll_up(chance.randrange(1, 20))
    roll_all_up(store)
    assert numbers(store) == [float(at) for at in range(2000)]
    window = store.window(SITE, "meter", "active_power", START, START + HOUR, HOUR, ["count", "max"])
    assert window.columns == {"count": [2000], "max": [1999]}


def test_a_hundred_thousand_readings_of_one_series_are_read_whole(store: TimeSeries) -> None:
    store.write([block(0, 120_000)], 1)
    assert numbers(store) == [float(at) for at in range(120_000)]
    times, values = store.raw(SITE, "meter", "active_power", START, START * 2, limit=110_000)
    assert (len(times), values[-1]) == (110_000, 109_999.0)


def test_ten_thousand_devices_in_many_scripts(store: TimeSeries) -> None:
    devices = [f"{word}-{number}" for number in range(2500) for word in ("厨房", "Zähler", "счётчик", "m")]
    assert store.write([block(0, 1, device) for device in devices], 1) == 10_000
    assert len(store.devices(SITE)) == 10_000
    assert numbers(store, "厨房-2499") == [0.0]


def test_a_window_of_two_hundred_thousand_buckets(store: TimeSeries) -> None:
    store.write([block(0, 60), block(190_000 * 60, 60)], 1)
    roll_all_up(store)
    end = START + 200_000 * MINUTE
    window = store.window(SITE, "meter", "active_power", START, end, MINUTE, ["count"])
    found = [at for at, count in enumerate(window.columns["count"]) if count is not None]
    assert found == [0, 190_000]


# The server dies.


def test_what_was_acknowledged_survives_a_server_killed_in_the_middle_of_writes(server: Influx) -> None:
    """As the writer does: from the position on, again after every failure, whatever was half done."""
    store = InfluxTimeSeries(settings(server))
    batches = [block(first, 500) for first in range(0, 150_000, 500)]
    failures: list[StoreError] = []
    written = 0

    def follow() -> None:
        nonlocal written
        while written < len(batches):
            try:
                position = store.position()
                assert position >= written, "a position that was acknowledged is gone"
                part = batches[position : position + 3]
                store.write(part, position + len(part))
                written = position + len(part)
            except StoreError as error:
                failures.append(error)

    writer = threading.Thread(target=follow)
    writer.start()
    for share in (0.2, 0.5, 0.8):
        enough = int(share * len(batches))
        wait_until(lambda enough=enough: written > enough, what="writing goes on")  # type: ignore[misc]
        server.kill()
        server.start()
    writer.join(60)
    assert not writer.is_alive()
    assert failures
    assert numbers(store) == [float(at) for at in range(150_000)]
    assert store.position() == len(batches)
    roll_all_up(store)
    window = store.window(SITE, "meter", "active_power", START, START + 42 * HOUR, 42 * HOUR, ["count"])
    assert window.columns["count"] == [150_000]
    store.close()


def test_a_server_that_is_down_is_a_store_error_and_works_again_when_it_is_up(server: Influx) -> None:
    store = InfluxTimeSeries(settings(server))
    store.write([block(0)], 1)
    server.kill()
    calls: list[Callable[[], object]] = [
        lambda: store.write([block(50)], 2), store.position, lambda: store.latest(SITE),
        lambda: numbers(store), lambda: store.devices(SITE), lambda: store.roll_up(10),
        lambda: store.window(SITE, "meter", "active_power", START, START + HOUR, MINUTE, ["last"]),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(StoreError, match=f"127.0.0.1:{server.port}"):
            call()
    assert "does not answer" in store.check(fix=True)[0].what
    server.start()
    assert store.position() == 1
    store.write([block(50)], 2)
    assert numbers(store) == [float(at) for at in range(100)]
    store.close()


def test_a_store_opened_while_the_server_is_down_sets_it_up_later(server: Influx) -> None:
    server.kill()
    store = InfluxTimeSeries(settings(server))
    with pytest.raises(StoreError):
        store.write([block(0)], 1)
    server.start()
    assert store.position() == 0
    store.write([block(0)], 1)
    assert store.position() == 1
    store.close()


def test_connections_kept_over_a_restart_are_no_failure(server: Influx) -> None:
    store = InfluxTimeSeries(settings(server))
    for position in range(1, 4):
        store.write([block(50 * position)], position)
        server.stop()
        server.start()
    assert store.position() == 3
    assert store.check(fix=False) == []
    store.close()


def test_a_frozen_server_is_given_up_in_time_and_used_again(server: Influx) -> None:
    store = InfluxTimeSeries(settings(server, timeout_s=0.5))
    store.write([block(0)], 1)
    assert server.process
    server.process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(StoreError, match="does not answer"):
            store.write([block(50)], 2)
    finally:
        server.process.send_signal(signal.SIGCONT)
    wait_until(lambda: _writes(store, [block(50)], 2), what="a write after the freeze")
    assert numbers(store) == [float(at) for at in range(100)]
    store.close()


def _writes(store: TimeSeries, blocks: list[Block], position: int) -> bool:
    try:
        store.write(blocks, position)
    except StoreError:
        return False
    return True


# The writer dies.


def test_what_a_dead_writer_left_stale_its_successor_rolls_up(tmp_path: Path) -> None:
    first, other = (InfluxTimeSeries(settings_for(tmp_path)) for _ in range(2))
    first.write([block(0, 7200)], 1)
    roll_all_up(first)
    first.write([Block(SITE, "meter", [START + 500], {"active_power": [9e9]})], 2)
    first.close()
    assert other.roll_up(1000) == 1
    assert other.roll_up(1000) == 0
    window = other.window(SITE, "meter", "active_power", START, START + HOUR, HOUR, ["max"])
    assert window.columns["max"] == [9e9]
    other.close()


def test_a_process_that_only_reads_sees_late_readings_before_they_are_rolled_up(tmp_path: Path) -> None:
    writer, reader = (InfluxTimeSeries(settings_for(tmp_path)) for _ in range(2))
    writer.write([block(0, 7200)], 1)
    roll_all_up(writer)
    late = [START + 500, START + HOUR + 30_500]
    writer.write([Block(SITE, "meter", late, {"active_power": [9e9, None]})], 2)
    for step_ms in (MINUTE, HOUR):
        window = reader.window(SITE, "meter", "active_power", START, START + 2 * HOUR, step_ms, ["max"])
        assert window.columns["max"][0] == 9e9
        assert window.columns["max"][-1] == 7199
    writer.close()
    reader.close()


def test_a_clock_set_back_does_not_take_the_position_back(tmp_path: Path) -> None:
    ahead = InfluxTimeSeries(settings_for(tmp_path), clock=lambda: START + 100 * HOUR)
    ahead.write([block(0)], 7)
    ahead.close()
    behind = InfluxTimeSeries(settings_for(tmp_path), clock=lambda: START)
    behind.write([block(50)], 8)
    assert behind.position() == 8
    behind.close()


def test_a_minute_that_is_not_over_is_not_rolled_up_yet(tmp_path: Path) -> None:
    now = START + 30 * SECOND
    store = InfluxTimeSeries(settings_for(tmp_path), clock=lambda: now)
    store.write([block(0, 30)], 1)
    assert store.roll_up(100) == 0
    now = START + MINUTE
    assert store.roll_up(100) == 1
    store.close()
