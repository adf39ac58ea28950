"""Every number a stream should have and the log has not is named, with what is known of it."""

from __future__ import annotations

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from store.gaps import StreamGaps, gaps
from store.records.contract import AgentState
from wire.ranges import Ranges
from wire.status import Dropped, DroppedOf, SpoolStatus, Status

STREAM: Final = "01K" + "A" * 23
OLD: Final = "01J" + "A" * 23
NOW: Final = 1_764_000_000_000


def state(
    *,
    last_seq: int = 0,
    waiting: int = 0,
    dropped: list[tuple[int, int]] | None = None,
    online: bool = True,
    stream: str = STREAM,
) -> AgentState:
    status = Status(
        online=online,
        sent=NOW,
        stream=stream,
        spool=SpoolStatus(batches=waiting, last_seq=last_seq),
        dropped=Dropped(batches=dropped or []),
    )
    return AgentState("fenglin-18", "pi-1", NOW, status)


def of(came: list[tuple[int, int]], *states: AgentState, set_aside: Ranges | None = None) -> StreamGaps:
    key = ("pi-1", STREAM)
    (found,) = gaps({key: came}, states, {key: set_aside} if set_aside else {})
    return found


def test_a_whole_stream_is_not_spoken_of() -> None:
    assert gaps({("pi-1", STREAM): [(1, 9)]}, [state(last_seq=9)], {}) == []
    assert gaps({}, [state()], {}) == []


def test_a_hole_nobody_explains_is_missing() -> None:
    assert of([(1, 3), (5, 9)], state(last_seq=9)).missing == [(4, 4)]
    assert of([(2, 3)]).missing == [(1, 1)]


def test_what_the_agent_has_and_the_cloud_has_not_is_expected() -> None:
    """Also beyond the highest number that has come."""
    found = of([(1, 4)], state(last_seq=9, waiting=5))
    assert (found.expected, found.missing) == ([(5, 9)], [])


def test_a_spool_with_fewer_batches_than_holes_has_the_newest_of_them() -> None:
    found = of([(1, 2), (5, 6)], state(last_seq=8, waiting=3))
    assert (found.missing, found.expected) == ([(3, 3)], [(4, 4), (7, 8)])


def test_what_is_younger_than_the_last_status_is_on_its_way() -> None:
    assert of([(1, 9), (11, 12)], state(last_seq=9)).expected == [(10, 10)]


def test_what_the_agent_gave_up_is_named_as_dropped() -> None:
    found = of([(5, 9)], state(last_seq=9, dropped=[(1, 3)]))
    assert (found.dropped, found.missing) == ([(1, 3)], [(4, 4)])


def test_a_number_that_came_all_the_same_is_no_gap() -> None:
    assert gaps({("pi-1", STREAM): [(1, 9)]}, [state(last_seq=9, dropped=[(1, 3)])], {}) == []


def test_what_was_refused_whole_is_in_quarantine_and_not_missing() -> None:
    found = of([(1, 3), (6, 9)], state(last_seq=9), set_aside=Ranges([(4, 4), (8, 8)]))
    assert (found.set_aside, found.missing) == ([(4, 4)], [(5, 5)])


def test_while_an_agent_is_silent_its_holes_may_still_come() -> None:
    assert of([(1, 3), (5, 9)], state(online=False)).expected == [(4, 4)]


def test_an_earlier_stream_is_judged_by_what_came_of_it() -> None:
    found = gaps({("pi-1", OLD): [(1, 3), (5, 9)], ("pi-1", STREAM): [(1, 2)]}, [state(last_seq=2)], {})
    assert [(one.stream, one.missing) for one in found] == [(OLD, [(4, 4)])]


numbers = st.sets(st.integers(1, 40)).map(lambda found: Ranges((number, number) for number in found))


@given(came=numbers, dropped=numbers, set_aside=numbers, last=st.integers(0, 40), waiting=st.integers(0, 40))
def test_each_number_is_said_once(
    came: Ranges, dropped: Ranges, set_aside: Ranges, last: int, waiting: int
) -> None:
    agent = state(last_seq=last, waiting=waiting, dropped=dropped.pairs())
    key = ("pi-1", STREAM)
    said = list(came.pairs())
    for one in gaps({key: came.pairs()}, [agent], {key: set_aside}):
        said += one.missing + one.dropped + one.set_aside + one.expected
    end = max([last, *(pair[1] for pair in came.pairs())])
    assert sorted(n for first, last_ in said for n in range(first, last_ + 1)) == list(range(1, end + 1))


@given(one=numbers, other=numbers, count=st.integers(0, 50))
def test_ranges_are_taken_apart_as_sets_are(one: Ranges, other: Ranges, count: int) -> None:
    def members(ranges: Ranges) -> list[int]:
        return [number for first, last in ranges for number in range(first, last + 1)]

    assert members(one.minus(other)) == sorted(set(members(one)) - set(members(other)))
    assert members(one.within(other)) == sorted(set(members(one)) & set(members(other)))
    assert members(one.highest(count)) == members(one)[max(0, len(one) - count) :]


def test_what_waits_of_an_earlier_stream_is_expected_and_the_rest_is_missing() -> None:
    """Each run of an agent begins a stream; what an earlier one sealed may still be in the spool."""
    spool = SpoolStatus(batches=5, older_batches=2, last_seq=4)
    dropped = Dropped(older=[DroppedOf(stream=OLD, batches=[(1, 1)])])
    now = Status(online=True, sent=NOW, stream=STREAM, spool=spool, dropped=dropped)
    came = {("pi-1", OLD): [(2, 3), (5, 6), (9, 9)], ("pi-1", STREAM): [(4, 4)]}
    older, current = gaps(came, [AgentState("fenglin-18", "pi-1", NOW, now)], {})
    assert (older.dropped, older.expected, older.missing) == ([(1, 1)], [(7, 8)], [(4, 4)])
    assert (current.expected, current.missing) == ([(1, 3)], [])


def test_a_stream_of_an_agent_nobody_hears_of_any_more_has_its_holes_missing() -> None:
    (found,) = gaps(
        {("pi-1", OLD): [(1, 1), (3, 3)]}, [state(last_seq=2)], {("pi-1", STREAM): Ranges([(1, 2)])}
    )[:1]
    assert (found.stream, found.missing) == (OLD, [(2, 2)])
