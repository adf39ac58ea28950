"""The short cut holds only what is bounded, whole and in order."""

from __future__ import annotations

import pytest

from ingest.recent import Recent, Stored
from store.timeseries.contract import Block
from wire.batch import Event


def stored(offset: int, readings: int = 10) -> Stored:
    block = Block("s", "d", list(range(readings)), {"frequency": [50.0] * readings})
    return Stored(offset, "s", "a", [block], [], readings)


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


def test_older_ones_make_room_at_the_bound() -> None:
    recent = Recent(bound=100)
    for offset in (1, 2, 3):
        recent.add(stored(offset))
    assert offsets(recent, 0) == []
    assert offsets(recent, 1) == [2, 3]
    assert recent.held <= 100
    recent.add(stored(4, readings=100))
    assert recent.held == 0


@pytest.mark.parametrize("events", [0, 1])
def test_batches_without_readings_make_room_too(events: int) -> None:
    recent = Recent(bound=1000)
    passed = [Event(device="gate", time=1, kind="badge", badge="b:" + "9f" * 16)] * events
    for offset in range(1, 1001):
        recent.add(Stored(offset, "s", "a", [], passed, 0))
    assert recent.held <= 1000
    assert offsets(recent, 1) == []
    assert 0 < len(offsets(recent, 980)) <= 20


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
