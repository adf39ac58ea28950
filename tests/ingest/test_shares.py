"""A sender that takes more of our time than its share is known by it, until it has rested."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ingest.shares import Shares


class Time:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_who_takes_too_much_is_over_its_share_until_that_has_drained() -> None:
    time = Time()
    shares = Shares(share=0.1, burst_s=0.1, steady_s=time)
    shares.take("a", 0.09)
    assert not shares.is_over("a")
    shares.take("a", 0.11)
    assert shares.is_over("a")
    assert not shares.is_over("b")
    time.now_s += 1.5
    assert not shares.is_over("a")


@given(st.floats(0.0, 0.099), st.integers(1, 200))
def test_who_stays_within_its_share_is_never_late(cpu_s: float, times: int) -> None:
    time = Time()
    shares = Shares(share=0.1, burst_s=0.1, steady_s=time)
    for _ in range(times):
        shares.take("a", cpu_s)
        assert not shares.is_over("a")
        time.now_s += 1.0


def test_what_is_known_of_senders_is_bounded() -> None:
    shares = Shares(steady_s=Time())
    for number in range(10_000):
        shares.take(number, 1.0)
    assert not shares.is_over(0)
    assert shares.is_over(9_999)
