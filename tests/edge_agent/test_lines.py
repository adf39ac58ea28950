"""The beat of a line: whole intervals, no beat made up for, dead devices asked ever more seldom."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from edge_agent.drivers.contract import Point, Target
from edge_agent.lines import Asked, _Beat, _beat, backed_off_s, next_beat_s

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
    beat = _beat(Asked(Target("m", "1", points), 1.0))
    asked = []
    for second in range(121):
        now_s, now_ms = 1000.0 + second, NOW_MS + 1000 * second
        asked.append([point.quantity for point in beat.target(now_s).points])
        beat.served(now_s, now_s + 0.05, now_ms + 50)
    assert all(quantities[0] == "active_power" for quantities in asked)
    assert [second for second, quantities in enumerate(asked) if len(quantities) == 2] == [0, 60, 120]


def test_a_slow_quantity_that_failed_is_asked_again_at_the_next_beat() -> None:
    points = (Point("active_power", {}), Point("active_energy_import", {}, interval_s=60.0))
    beat = _beat(Asked(Target("m", "1", points), 1.0))
    beat.failed(1000.2, NOW_MS + 200)
    assert beat.due_s == pytest.approx(1001.0)
    assert len(beat.target(beat.due_s).points) == 2


def poll(beat: _Beat, until_s: float, clock: Callable[[float], int]) -> list[float]:
    """When a line with nothing else to do asks, each answer taking 5 ms."""
    asked = []
    while beat.due_s < until_s:
        started_s = max(beat.due_s, 1000.0)
        asked.append(started_s)
        beat.served(started_s, started_s + 0.005, clock(started_s + 0.005))
    return asked


def test_while_its_clock_runs_slow_a_device_is_not_asked_more_often() -> None:
    """So it does after having been set back (edge_agent.steady)."""
    beat = _beat(Asked(Target("m", "1", (Point("active_power", {}),)), 1.0))
    asked = poll(beat, 1100.0, lambda now_s: NOW_MS + round(500 * (now_s - 1000.0)))
    assert 60 <= len(asked) <= 101
    assert min(later - earlier for earlier, later in pairwise(asked)) >= 0.74


def test_after_a_jump_of_the_clock_the_beat_is_at_whole_multiples_again() -> None:
    for jump_ms in (137, 400, 900, -300, -7_777):
        beat = _beat(Asked(Target("m", "1", (Point("active_power", {}),)), 1.0))
        poll(beat, 1005.0, lambda now_s: NOW_MS + round(1000 * (now_s - 1000.0)))

        def jumped(now_s: float, jump_ms: int = jump_ms) -> int:
            return NOW_MS + jump_ms + round(1000 * (now_s - 1000.0))

        last_s = poll(beat, 1010.0, jumped)[-1]
        assert jumped(last_s) % 1000 in (0, 1, 999)
