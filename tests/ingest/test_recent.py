"""The short cut holds only what is bounded, whole and in order."""

from __future__ import annotations

from ingest.recent import Recent, Stored
from store.timeseries.contract import Block


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
    recent = Recent(bound_readings=25)
    for offset in (1, 2, 3):
        recent.add(stored(offset))
    assert offsets(recent, 0) == []
    assert offsets(recent, 1) == [2, 3]
    assert recent.readings == 20
    recent.add(stored(4, readings=100))
    assert recent.readings == 0


def test_what_everybody_has_read_is_forgotten() -> None:
    recent = Recent()
    for offset in (1, 2, 3):
        recent.add(stored(offset))
    recent.forget(2)
    assert offsets(recent, 2) == [3]
    assert recent.readings == 10
