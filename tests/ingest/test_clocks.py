"""Whose clock is wrong: none is believed alone, and nobody alone sets ours."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.clocks import LEAST_BEHIND_MS, SPREAD_MS, Agent, Clocks, Voice, behind_ms

HOUR_MS = 3_600_000
NOW = 1_764_000_000_000
FAR = st.integers(LEAST_BEHIND_MS, 400 * 24 * HOUR_MS)
NEAR = st.integers(-400 * 24 * HOUR_MS, LEAST_BEHIND_MS - 1)
TREMBLE = st.integers(0, SPREAD_MS)


def voices(ahead_ms: list[int], *, sites: int = 1_000, paced: bool = True) -> dict[Agent, Voice]:
    return {(f"s{at % sites}", f"pi-{at}"): Voice(ahead, paced) for at, ahead in enumerate(ahead_ms)}


@given(FAR, st.lists(TREMBLE, min_size=2, max_size=20))
def test_several_sites_that_are_ahead_by_the_same_say_that_ours_is_behind(
    far: int, tremble: list[int]
) -> None:
    assert far <= behind_ms(voices([far + one for one in tremble])) <= far + SPREAD_MS


@given(st.lists(NEAR, min_size=1, max_size=20), st.data())
def test_fewer_than_agree_with_us_change_nothing(near: list[int], data: st.DataObject) -> None:
    far = data.draw(st.lists(FAR, max_size=len(near)))
    assert behind_ms(voices([*near, *far]), stepped_back_ms=far[0] if far else 0) == 0


@given(FAR, st.integers(2, 50), st.integers(2, 10))
def test_the_many_agents_of_one_site_do_not_set_the_clock_of_others(far: int, many: int, others: int) -> None:
    loud = {("loud", f"pi-{at}"): Voice(far, paced=True) for at in range(many)}
    quiet = {(f"s{at}", "pi-1"): Voice(0, paced=True) for at in range(others)}
    assert behind_ms(loud | quiet) == 0


@given(FAR)
def test_one_agent_alone_is_not_believed(far: int) -> None:
    assert behind_ms(voices([far])) == 0


@given(FAR, st.integers(-SPREAD_MS, SPREAD_MS))
def test_one_agent_is_believed_where_our_clock_went_back_by_as_much(far: int, tremble: int) -> None:
    assert behind_ms(voices([far]), stepped_back_ms=far + tremble) == far
    assert behind_ms(voices([far], paced=False), stepped_back_ms=far) == 0


def test_one_agent_is_believed_where_the_log_stands_ahead_of_our_clock() -> None:
    hour = voices([HOUR_MS])
    assert behind_ms(hour, log_ahead_ms=HOUR_MS - 60_000) == HOUR_MS
    assert behind_ms(hour, log_ahead_ms=2 * HOUR_MS) == 0, "the log was written by a clock that was ahead"
    assert behind_ms(voices([400 * 24 * HOUR_MS]), log_ahead_ms=HOUR_MS) == 0, "by far too much"


def test_those_that_are_ahead_each_by_something_else_say_nothing() -> None:
    assert behind_ms(voices([HOUR_MS, 2 * HOUR_MS, 5 * HOUR_MS])) == 0


class Machine:
    """A clock that may be set, and one that cannot jump."""

    def __init__(self) -> None:
        self.right_ms = NOW
        self.off_ms = 0
        self.clocks = Clocks(lambda: self.right_ms + self.off_ms, lambda: self.right_ms / 1000)

    def hear(self, *agents: Agent, after_ms: int = 10_000, off_ms: int = 0) -> bool:
        self.right_ms += after_ms
        for agent in agents:
            self.clocks.hear(agent, self.right_ms + off_ms)
        return self.clocks.look()


def test_a_clock_that_steps_back_is_noticed_by_one_agent_and_forgotten_when_it_is_set_right() -> None:
    machine = Machine()
    machine.hear(("a", "pi-1"))
    machine.hear(("a", "pi-1"))
    machine.off_ms = -HOUR_MS
    assert machine.hear(("a", "pi-1"))
    assert abs(machine.clocks.now() - machine.right_ms) <= SPREAD_MS
    assert machine.clocks.well() == "this machine's clock is behind by about 3600 s"
    machine.off_ms = 0
    assert machine.clocks.look()
    assert (machine.clocks.behind_ms, machine.clocks.well()) == (0, None)


def test_an_agent_whose_own_clock_jumps_ahead_changes_nothing() -> None:
    machine = Machine()
    machine.hear(("a", "pi-1"))
    for _ in range(5):
        assert not machine.hear(("a", "pi-1"), off_ms=HOUR_MS)
    assert machine.clocks.behind_ms == 0


def test_what_waited_in_a_spool_takes_no_voice_away() -> None:
    machine = Machine()
    machine.off_ms = -HOUR_MS
    machine.hear(("a", "pi-1"), ("b", "pi-1"))
    machine.hear(("a", "pi-1"), ("b", "pi-1"), off_ms=-5 * HOUR_MS)
    assert machine.clocks.behind_ms == HOUR_MS


def test_who_was_not_heard_for_long_has_no_voice() -> None:
    machine = Machine()
    machine.off_ms = -HOUR_MS
    machine.hear(("a", "pi-1"), ("b", "pi-1"))
    assert machine.clocks.behind_ms == HOUR_MS
    machine.hear(after_ms=20 * 60_000)
    assert machine.clocks.behind_ms == 0


def test_what_the_log_has_accepted_bears_out_an_agent_after_a_restart() -> None:
    right = [NOW]
    clocks = Clocks(lambda: right[0] - HOUR_MS, lambda: right[0] / 1000, log_newest=NOW - 60_000)
    for _ in range(2):
        right[0] += 5_000
        clocks.hear(("a", "pi-1"), right[0])
        clocks.look()
    assert clocks.behind_ms == HOUR_MS
