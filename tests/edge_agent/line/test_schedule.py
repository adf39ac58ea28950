"""The beat of a line: whole intervals, no beat made up for, dead devices asked ever more seldom."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from edge_agent.drivers.contract import Point, Target
from edge_agent.line.schedule import (
    PATIENCE,
    SILENT_SHARE,
    Asked,
    Beat,
    Busy,
    Schedule,
    backed_off_s,
    next_beat_s,
)

NOW_MS = 1_764_000_000_000


@pytest.mark.parametrize(
    ("past_ms", "interval_s", "wait_s"),
    [(0, 1.0, 1.0), (300, 1.0, 0.7), (700, 10.0, 9.3), (10, 0.1, 0.09), (998, 1.0, 1.002), (99, 0.1, 0.101)],
)
def test_the_next_beat_is_at_a_whole_multiple_of_the_interval(
    past_ms: int, interval_s: float, wait_s: float
) -> None:
    assert next_beat_s(50.0, NOW_MS + past_ms, interval_s) == pytest.approx(50.0 + wait_s, abs=1e-6)


def test_a_wild_clock_never_makes_the_wait_longer_than_an_interval_and_a_moment() -> None:
    for now_ms in (0, 1, 4_102_444_799_999):
        assert 0 < next_beat_s(0.0, now_ms, 10.0) <= 10.01


def test_a_device_that_fails_now_and_then_keeps_its_interval_and_a_dead_one_backs_off_to_a_minute() -> None:
    assert [backed_off_s(1.0, failures) for failures in range(10)] == [1, 1, 1, 2, 4, 8, 16, 32, 60, 60]
    assert backed_off_s(300.0, 50) == 300.0


def test_slow_quantities_are_asked_with_their_own_interval_in_one_request_with_the_others() -> None:
    points = (Point("active_power", {}), Point("active_energy_import", {}, interval_s=60.0))
    beat = Beat.of(Asked(Target("m", "1", points), 1.0))
    asked = []
    for second in range(121):
        now_s, now_ms = 1000.0 + second, NOW_MS + 1000 * second
        asked.append([point.quantity for point in beat.target(now_s).points])
        beat.served(now_s, now_s + 0.05, now_ms + 50)
    assert all(quantities[0] == "active_power" for quantities in asked)
    assert [second for second, quantities in enumerate(asked) if len(quantities) == 2] == [0, 60, 120]


def test_a_slow_quantity_that_failed_is_asked_again_at_the_next_beat() -> None:
    points = (Point("active_power", {}), Point("active_energy_import", {}, interval_s=60.0))
    beat = Beat.of(Asked(Target("m", "1", points), 1.0))
    beat.failed(1000.2, NOW_MS + 200)
    assert beat.due_s == pytest.approx(1001.0)
    assert len(beat.target(beat.due_s).points) == 2


def poll(beat: Beat, until_s: float, clock: Callable[[float], int]) -> list[float]:
    """When a line with nothing else to do asks, each answer taking 5 ms."""
    asked = []
    while beat.due_s < until_s:
        started_s = max(beat.due_s, 1000.0)
        asked.append(started_s)
        beat.served(started_s, started_s + 0.005, clock(started_s + 0.005))
    return asked


def test_while_its_clock_runs_slow_a_device_is_not_asked_more_often() -> None:
    """So it does after having been set back (edge_agent.clock.steady)."""
    beat = Beat.of(Asked(Target("m", "1", (Point("active_power", {}),)), 1.0))
    asked = poll(beat, 1100.0, lambda now_s: NOW_MS + round(500 * (now_s - 1000.0)))
    assert 60 <= len(asked) <= 101
    assert min(later - earlier for earlier, later in pairwise(asked)) >= 0.74


def test_after_a_jump_of_the_clock_the_beat_is_at_whole_multiples_again() -> None:
    for jump_ms in (137, 400, 900, -300, -7_777):
        beat = Beat.of(Asked(Target("m", "1", (Point("active_power", {}),)), 1.0))
        poll(beat, 1005.0, lambda now_s: NOW_MS + round(1000 * (now_s - 1000.0)))

        def jumped(now_s: float, jump_ms: int = jump_ms) -> int:
            return NOW_MS + jump_ms + round(1000 * (now_s - 1000.0))

        last_s = poll(beat, 1010.0, jumped)[-1]
        assert jumped(last_s) % 1000 in (0, 1, 999)


def run_line(
    devices: list[Asked], dead: set[str], seconds: float, timeout_s: float = 1.2, answer_s: float = 0.03
) -> tuple[dict[str, list[float]], float]:
    """When each device was asked, and how long the line spent on dead ones."""
    schedule, now_s, spent_s = Schedule(devices), 1000.0, 0.0
    asked: dict[str, list[float]] = {one.target.device: [] for one in devices}
    while now_s < 1000.0 + seconds:
        beat, due_s = schedule.next()
        started_s = now_s = max(now_s, due_s)
        device = beat.asked.target.device
        asked[device].append(started_s - 1000.0)
        now_s += timeout_s if device in dead else answer_s
        now_ms = NOW_MS + round(1000 * (now_s - 1000.0))
        if device in dead:
            spent_s += timeout_s
            schedule.failed(beat, started_s, now_s, now_ms)
        else:
            schedule.served(beat, started_s, now_s, now_ms)
    return asked, spent_s


def devices(names: list[str]) -> list[Asked]:
    return [Asked(Target(name, name, (Point("active_power", {}),)), 1.0) for name in names]


@pytest.mark.parametrize("order", ["dead first", "dead last", "mixed"])
def test_thirty_dead_devices_take_no_more_than_their_share_from_those_that_answer(order: str) -> None:
    dead, live = [f"dead-{n}" for n in range(30)], [f"live-{n}" for n in range(5)]
    names = {"dead first": dead + live, "dead last": live + dead}.get(order) or [
        name for n in range(5) for name in (live[n], *dead[6 * n : 6 * n + 6])
    ]
    asked, spent_s = run_line(devices(names), set(dead), 600.0)
    # Until one has answered nobody is harmed: a pass over the dead ones before it.
    before_s = min(asked[name][0] for name in live)
    assert spent_s <= before_s + SILENT_SHARE * 600.0 + 1.2
    for name in live:
        gaps = [later - earlier for earlier, later in pairwise(asked[name])]
        assert max(gaps) <= 3.01, "one time-out and the beat it covered"
        assert len(gaps) >= 0.6 * (600.0 - asked[name][0])


def test_a_device_that_was_never_asked_goes_before_one_that_has_failed() -> None:
    names = ["live-0", *(f"dead-{n}" for n in range(30)), "live-1"]
    asked, _ = run_line(devices(names), {name for name in names if "dead" in name}, 300.0)
    assert asked["live-1"][0] <= 30 * 1.2 / SILENT_SHARE + 1.2
    assert all(len(times) > 1 for times in asked.values())


def test_where_nobody_answers_nobody_waits() -> None:
    names = [f"dead-{n}" for n in range(30)]
    asked, spent_s = run_line(devices(names), set(names), 120.0)
    assert spent_s >= 119.0
    assert all(len(times) >= 3 for times in asked.values())


def test_a_device_that_comes_back_has_its_own_beat_again() -> None:
    schedule = Schedule(devices(["one", "two"]))
    one, _ = schedule.next()
    schedule.served(one, 1000.0, 1000.03, NOW_MS + 30)
    two, due_s = schedule.next()
    schedule.failed(two, due_s, 1001.2, NOW_MS + 1_200)
    later, due_s = schedule.next()
    assert later is one
    schedule.served(one, 1001.2, 1001.23, NOW_MS + 1_230)
    two.failures = 0
    schedule.served(two, 1004.9, 1004.93, NOW_MS + 4_930)
    assert schedule.next()[1] == pytest.approx(1002.0)
    assert two.due_s == pytest.approx(1005.0)


def test_what_seems_dead_is_asked_once_a_beat_and_not_again_at_once() -> None:
    beat = Beat.of(devices(["one"])[0])
    attempts = []
    for _ in range(PATIENCE + 1):
        attempts.append(beat.target(1000.0).attempts)
        beat.failed(1000.0, NOW_MS)
    assert attempts == [None] * PATIENCE + [1]


def test_utilisation_is_of_the_last_whole_minute() -> None:
    busy = Busy(0.0)
    assert busy.add(0.0, 0.5) == pytest.approx(1.0)
    assert busy.add(1.0, 2.0) == pytest.approx(0.75)
    for second in range(2, 61):
        busy.add(second, second + 0.25)
    assert busy.add(61.0, 62.0) == pytest.approx((1.5 + 59 * 0.25) / 60.25, abs=0.01)
