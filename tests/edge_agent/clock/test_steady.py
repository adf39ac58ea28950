"""No moment is given twice, however the system's clock is set; and the time is right again soon."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.clock.steady import BEHIND_AT_START_MS, BELIEVED_AFTER_S, LARGE_MS, SteadyClock

START_MS = 1_764_000_000_000


@dataclass
class Machine:
    """A clock on the wall that can be set, and one that only goes on."""

    elapsed_s: float = 100.0
    set_by_ms: int = 0
    newest_ms: int = 0
    clock: SteadyClock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = SteadyClock(self.wall_ms, lambda: self.elapsed_s, self.newest_ms)

    def right_ms(self) -> int:
        return START_MS + round((self.elapsed_s - 100.0) * 1000)

    def wall_ms(self) -> int:
        return self.right_ms() + self.set_by_ms

    def after(self, seconds: float) -> int:
        self.elapsed_s += seconds
        return self.clock()


def test_without_a_jump_it_is_the_clock_of_the_system() -> None:
    machine = Machine()
    assert [machine.after(0.25) - START_MS for _ in range(4)] == [250, 500, 750, 1000]


def test_a_jump_that_is_taken_back_soon_is_never_believed() -> None:
    machine = Machine()
    for by_ms in (90_000, -90_000, 3 * LARGE_MS, -3 * LARGE_MS):
        machine.set_by_ms = by_ms
        for _ in range(10):
            assert abs(machine.after(1.0) - machine.right_ms()) <= 1
        machine.set_by_ms = 0
        assert abs(machine.after(1.0) - machine.right_ms()) <= 1


def test_a_jump_that_lasts_is_believed() -> None:
    machine = Machine()
    machine.set_by_ms = 7_200_000
    machine.after(1.0)
    assert machine.after(BELIEVED_AFTER_S) == machine.wall_ms()


def test_after_a_step_back_it_runs_slower_until_it_is_right() -> None:
    machine = Machine()
    machine.set_by_ms = -60_000
    machine.after(1.0)
    before_ms = machine.after(BELIEVED_AFTER_S)
    assert machine.after(10.0) - before_ms == 5_000
    machine.after(200.0)
    assert machine.after(1.0) == machine.wall_ms()


def test_a_large_step_back_is_taken_whole() -> None:
    machine = Machine()
    machine.set_by_ms = -LARGE_MS - 60_000
    machine.after(1.0)
    assert machine.after(BELIEVED_AFTER_S) == machine.wall_ms()


def test_a_process_begins_after_the_last_time_of_the_one_before() -> None:
    """A Pi without a battery starts with the time at which it was last told one."""
    machine = Machine(newest_ms=START_MS + 3_600_000)
    assert machine.after(1.0) > START_MS + 3_600_000
    wild = Machine(newest_ms=START_MS + 2 * BEHIND_AT_START_MS)
    assert wild.after(1.0) == wild.wall_ms()


# Two of them are no large step apart, also with the fractions of a millisecond that a float has.
jumps = st.integers(-LARGE_MS + 10, LARGE_MS - 10)


@given(st.lists(st.tuples(st.floats(0.05, 40.0), st.one_of(st.none(), jumps)), max_size=60))
def test_no_moment_comes_twice(steps: list[tuple[float, int | None]]) -> None:
    machine = Machine()
    last_ms = machine.clock()
    for seconds, by_ms in steps:
        if by_ms is not None:
            # From anywhere to anywhere within ten minutes' reach of the last belief.
            machine.set_by_ms = by_ms // 2
        now_ms = machine.after(seconds)
        assert now_ms > last_ms
        last_ms = now_ms
