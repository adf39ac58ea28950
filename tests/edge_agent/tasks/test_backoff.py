"""Pauses grow to their bound and begin anew once it works."""

from __future__ import annotations

from edge_agent.tasks.backoff import Backoff


def test_each_pause_is_between_half_of_its_length_and_all_of_it() -> None:
    backoff = Backoff(0.25, 2.0)
    for length_s in (0.25, 0.5, 1.0, 2.0, 2.0):
        assert length_s / 2 <= backoff.pause_s() <= length_s


def test_after_a_success_the_first_comes_again() -> None:
    backoff = Backoff(1.0, 60.0)
    for _ in range(6):
        backoff.pause_s()
    backoff.reset()
    assert backoff.pause_s() <= 1.0


def test_two_agents_do_not_come_at_the_same_moment() -> None:
    assert len({Backoff(1.0, 60.0).pause_s() for _ in range(20)}) > 1
