"""The second POST with the same key gets the first one's result, and nobody gets another's."""

from __future__ import annotations

import pytest

from web.kit.once import Recent, is_key, new_key, once


class Counted:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        return f"/orders/{self.times}"


def test_the_second_time_is_the_first() -> None:
    act, results, key = Counted(), Recent(), new_key()
    assert [once(results, "member:qin", key, act) for _ in range(3)] == ["/orders/1"] * 3
    assert act.times == 1


def test_the_same_key_of_another_is_another_act() -> None:
    act, results, key = Counted(), Recent(), new_key()
    assert once(results, "member:qin", key, act) != once(results, "member:he", key, act)


@pytest.mark.parametrize("key", ["", "x", "a" * 23, "a" * 21 + "/", "\u00e9" * 22])
def test_what_is_no_key_of_ours_guards_nothing(key: str) -> None:
    act = Counted()
    assert not is_key(key)
    assert [once(Recent(), "member:qin", key, act) for _ in range(2)] == ["/orders/1", "/orders/2"]


def test_an_act_that_fails_can_be_done_again() -> None:
    results, key = Recent(), new_key()

    def fails() -> str:
        raise RuntimeError("not now")

    with pytest.raises(RuntimeError):
        once(results, "member:qin", key, fails)
    assert once(results, "member:qin", key, Counted()) == "/orders/1"


def test_memory_is_bounded_the_oldest_go_first() -> None:
    results = Recent(most=2)
    for key in ("1", "2", "3"):
        results.keep("qin", key, key)
    assert [results.of("qin", key) for key in ("1", "2", "3")] == [None, "2", "3"]
