"""Which stream a number of the spool belongs to, and the way back from a receipt."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.spool.streams import Streams
from wire.ranges import Ranges

NAMES = ["A", "B", "C", "D"]
several = st.lists(st.integers(1, 9), min_size=0, max_size=3).map(
    lambda lengths: Streams(
        tuple(zip([0, *(sum(lengths[: at + 1]) for at in range(len(lengths)))], NAMES, strict=False))
    )
)


@given(streams=several, numbers=st.lists(st.integers(1, 40)))
def test_what_is_named_is_found_again(streams: Streams, numbers: list[int]) -> None:
    asked = Ranges((number, number) for number in numbers)
    named = streams.named(asked)
    assert Ranges(pair for name, seqs in named for pair in streams.numbers(name, seqs)) == asked


@given(streams=several)
def test_a_seq_beyond_the_end_of_a_stream_is_no_number_of_the_next(streams: Streams) -> None:
    for name in [name for _, name in streams.begun[:-1]]:
        numbers = streams.numbers(name, [(1, 1000)]).pairs()
        assert streams.named(Ranges(numbers)) == [(name, [(1, numbers[0][1] - numbers[0][0] + 1)])]


def test_a_stream_that_had_no_number_gives_way_to_the_next() -> None:
    one = Streams(((0, "A"),)).begin(3, "B").begin(3, "C")
    assert one.begun == ((0, "A"), (3, "C"))
    assert (one.current, one.base) == ("C", 3)


def test_only_streams_with_numbers_that_are_asked_for_stay() -> None:
    one = Streams(((0, "A"), (3, "B"), (5, "C")))
    assert one.needed(Ranges([(4, 4)])).begun == ((3, "B"), (5, "C"))
    assert one.needed(Ranges()).begun == ((5, "C"),)
