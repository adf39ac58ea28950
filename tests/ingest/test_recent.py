"""The short cut holds only what is bounded, whole and in order."""

from __future__ import annotations

import pytest

from ingest.recent import LoggedBatch, Recent
from store.timeseries.contract import Block
from wire.batch import Event


def stored(offset: int, readings: int = 10) -> LoggedBatch:
    block = Block("s", "d", list(range(readings)), {"frequency": [50.0] * readings})
    return LoggedBatch(offset, "s", "a", [block], [], readings)


def offsets(recent: Recent, position: int, limit: int = 100) -> list[int]:
    return [one.offset for one in recent.following(position, limit)]


def test_what_follows_a_position_without_a_gap_is_given() -> None:
    recent = Recent()
    for offset in (4, 5, 6, 8):
        recent.add(stored(offset))
    assert offsets(recent, 3) == [4, 5, 6]
    assert offsets(recent, 3, limit=2) == [4, 5]
    assert offsets(recent, 7) == [8]


def test_where_the_next_is_missing_the_log_has_to_be_asked() -> None:
    recent = Recent()
    recent.add(stored(4))
    assert offsets(recent, 2) == []
    assert offsets(recent, 4) == []


def test_at_the_bound_what_a_reader_has_passed_makes_room() -> None:
    recent = Recent(bound=100)
    for offset in (1, 2):
        recent.add(stored(offset))
    recent.forget(0, passed=1)
    recent.add(stored(3))
    assert offsets(recent, 0) == []
    assert offsets(recent, 1) == [2, 3]
    assert recent.held <= recent.bound


def test_at_the_bound_the_newest_is_left_to_the_log_where_nobody_has_read_the_oldest() -> None:
    """Else a reader that fell behind would always find the next one just gone."""
    recent = Recent(bound=100)
    for offset in range(1, 10):
        recent.add(stored(offset))
    assert offsets(recent, 0) == [1, 2]
    assert recent.next_after(0) == 1
    assert recent.next_after(2) is None
    recent.forget(2)
    recent.add(stored(10))
    assert recent.next_after(2) == 10


def test_one_that_is_larger_than_the_bound_is_left_to_the_log() -> None:
    recent = Recent(bound=100)
    recent.add(stored(1, readings=100))
    assert recent.held == 0


def test_it_says_when_a_reader_should_not_wait_for_more() -> None:
    recent = Recent(bound=100)
    assert not recent.presses
    for offset in (1, 2):
        recent.add(stored(offset))
    assert recent.presses


@pytest.mark.parametrize("events", [0, 1])
def test_batches_without_readings_make_room_too(events: int) -> None:
    recent = Recent(bound=1000)
    passed = [Event(device="gate", time=1, kind="badge", badge="b:" + "9f" * 16)] * events
    for offset in range(1, 1001):
        recent.add(LoggedBatch(offset, "s", "a", [], passed, 0))
    assert recent.held <= 1000
    assert 0 < len(offsets(recent, 0)) <= 1000 // 8
    assert offsets(recent, 900) == []


def test_a_batch_added_again_counts_once() -> None:
    recent = Recent()
    recent.add(stored(1))
    once = recent.held
    recent.add(stored(1))
    assert recent.held == once


def test_what_everybody_has_read_is_forgotten() -> None:
    recent = Recent()
    for offset in (1, 2, 3):
        recent.add(stored(offset))
    one = recent.held // 3
    recent.forget(2)
    assert offsets(recent, 2) == [3]
    assert recent.held == one
