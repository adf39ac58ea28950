"""A badge at a reader: one pass or a repeat, in or out, and whether it fits what came before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.gather.passage import THROUGH_GATE_S, Passage, Passages, Reader

IN, OUT = Reader("gate-in", direction="in"), Reader("gate-out", direction="out")
OUTSIDE = Reader("outer", gate="gate", side="outside")
INSIDE = Reader("inner", gate="gate", side="inside")
ANNA, BEN = "b:" + "a" * 32, "b:" + "b" * 32


def test_a_badge_that_stays_is_one_pass_however_long() -> None:
    passages = Passages([IN])
    assert passages.seen("gate-in", ANNA, 0.0) == Passage("in")
    assert [passages.seen("gate-in", ANNA, second * 1.5) for second in range(1, 20)] == [None] * 19


def test_a_badge_counts_again_once_it_was_away_for_the_debounce_time() -> None:
    passages = Passages([Reader("gate-in", direction="in", debounce_s=5.0)])
    assert passages.seen("gate-in", ANNA, 0.0)
    assert passages.seen("gate-in", ANNA, 5.0) is None
    assert passages.seen("gate-in", ANNA, 10.1)


def test_two_badges_at_one_reader_do_not_disturb_each_other() -> None:
    passages = Passages([IN])
    seen = [passages.seen("gate-in", badge, 0.1 * n) for n, badge in enumerate([ANNA, BEN, ANNA, BEN])]
    assert seen == [Passage("in"), Passage("in"), None, None]


def test_a_reader_nobody_described_gives_passes_without_direction() -> None:
    assert Passages().seen("new", ANNA, 0.0) == Passage(None)


def test_the_order_of_a_gates_two_readers_is_the_direction() -> None:
    passages = Passages([OUTSIDE, INSIDE])
    assert passages.seen("outer", ANNA, 0.0) == Passage(None), "passed on at once, nothing waits"
    assert passages.seen("inner", ANNA, 3.0) == Passage("in")
    assert passages.seen("inner", ANNA, 600.0) == Passage(None)
    assert passages.seen("outer", ANNA, 602.0) == Passage("out")


def test_who_turns_round_in_the_gate_has_not_passed() -> None:
    passages = Passages([OUTSIDE, INSIDE])
    passages.seen("outer", ANNA, 0.0)
    assert passages.seen("inner", ANNA, THROUGH_GATE_S + 0.1) == Passage(None)


def test_a_tag_both_readers_still_hear_does_not_walk_back_by_itself() -> None:
    """UHF readers hear metres far: the inner one has told the passage, the outer one goes on hearing."""
    passages = Passages([OUTSIDE, INSIDE])
    told = [passages.seen(reader, ANNA, 0.2 * n) for n, reader in enumerate(["outer", "inner"] * 10)]
    assert [one.direction for one in told if one] == [None, "in"]


def test_in_without_out_and_out_without_in_are_marked_never_refused() -> None:
    passages = Passages([IN, OUT])
    told = [
        passages.seen(reader, ANNA, 10.0 * n)
        for n, reader in enumerate(["gate-in", "gate-in", "gate-out", "gate-out", "gate-in"])
    ]
    assert [one and one.mark for one in told] == [None, "in_without_out", None, "out_without_in", None]


def test_the_first_pass_after_a_start_is_never_marked() -> None:
    assert Passages([IN, OUT]).seen("gate-out", ANNA, 0.0) == Passage("out")


def test_a_site_without_a_reader_for_the_way_out_marks_nothing() -> None:
    passages = Passages([IN])
    told = [passages.seen("gate-in", ANNA, 100.0 * n) for n in range(3)]
    assert [one and one.mark for one in told] == [None, None, None]


def test_badges_are_remembered_up_to_a_bound_and_the_forgetting_is_counted() -> None:
    passages = Passages([IN, OUT], most_badges=2)
    for badge in (ANNA, BEN, "b:" + "c" * 32):
        passages.seen("gate-in", badge, 0.0)
    assert passages.forgotten == 1
    again = passages.seen("gate-in", ANNA, 10.0)
    assert again == Passage("in"), "forgotten: no mark on what is not known"


_READS = st.lists(
    st.tuples(
        st.sampled_from(["gate-in", "gate-out", "outer", "inner"]),
        st.sampled_from([ANNA, BEN]),
        st.floats(0.0, 30.0),
    ),
    max_size=40,
)


@given(_READS)
def test_a_badge_is_never_told_twice_within_the_debounce_time_of_a_reader(
    reads: list[tuple[str, str, float]],
) -> None:
    passages = Passages([IN, OUT, OUTSIDE, INSIDE])
    now_s = 0.0
    told: dict[tuple[str, str], float] = {}
    for device, badge, pause_s in reads:
        now_s += pause_s
        first = (device, badge) not in told
        passage = passages.seen(device, badge, now_s)
        if passage is not None:
            assert now_s - told.get((device, badge), -100.0) > 2.0
        assert passage is not None or not first, "the first sight of a badge is always told"
        told[device, badge] = now_s
