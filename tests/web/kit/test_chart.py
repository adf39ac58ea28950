"""A chart bridges no gap, hatches it, and says what it shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from web.kit.chart import HIGH, WIDE, Point, Scale, bars, drawn, gaps, nice_levels, runs, spans, spark

STEP = 60_000
SCALE = Scale(0, 10 * STEP, 0.0, 10.0)


def at(*minutes: int, value: float = 5.0) -> list[Point]:
    return [(minute * STEP, value) for minute in minutes]


def test_a_line_ends_where_nothing_was_measured() -> None:
    points = at(0, 1, 2, 6, 7)
    assert [len(run) for run in runs(points, STEP)] == [3, 2]
    assert drawn(points, SCALE, STEP).line == "M0 100 100 100 200 100M600 100 700 100"


def test_a_null_ends_a_line_too() -> None:
    assert drawn([*at(0, 1), (2 * STEP, None), *at(3, 4)], SCALE, STEP).line.count("M") == 2


def test_one_missing_step_is_late_not_lost() -> None:
    assert len(list(runs(at(0, 2, 4), STEP))) == 1
    assert gaps(at(0, 2, 4), STEP, 0, 5 * STEP) == []


def test_gaps_are_found_before_between_and_after() -> None:
    assert gaps(at(4, 5, 9), STEP, 0, 13 * STEP) == [
        (0, 4 * STEP), (5 * STEP, 9 * STEP), (9 * STEP, 13 * STEP),
    ]  # fmt: skip
    assert gaps([], STEP, 0, 10 * STEP) == [(0, 10 * STEP)]


def test_a_point_between_two_gaps_is_a_dot() -> None:
    found = drawn(at(0, 5, 9), SCALE, STEP)
    assert (found.line, found.lone) == ("", ((0.0, 50.0), (50.0, 50.0), (90.0, 50.0)))


def test_an_area_stands_on_zero_also_where_values_go_below_it() -> None:
    below = Scale(0, 10 * STEP, -10.0, 10.0)
    assert drawn(at(0, 1, value=-5.0), below, STEP).area == "M0 100 0 150 100 150 100 100z"


@given(st.lists(st.tuples(st.integers(0, 10**13), st.none() | st.floats(-1e9, 1e9)), max_size=40))
def test_nothing_is_drawn_outside_its_place(points: list[Point]) -> None:
    path = drawn(sorted(points, key=lambda point: point[0]), Scale(10, 10**12, -5.0, 80.0), STEP).area
    numbers = [float(n) for n in path.replace("M", " ").replace("z", " ").split()]
    assert all(0 <= x <= WIDE for x in numbers[::2])
    assert all(0 <= y <= HIGH for y in numbers[1::2])


def test_a_flat_course_and_an_empty_one_can_be_drawn() -> None:
    assert spark(at(0, 1, 2), 0, 2 * STEP, "flat", step_ms=STEP).line
    empty = spark([], 0, 9 * STEP, "none", step_ms=STEP)
    assert (empty.line, empty.end, len(empty.gaps)) == ("", None, 1)


def test_a_spark_that_stopped_has_no_end() -> None:
    assert spark(at(0, 1, 2), 0, 9 * STEP, "stopped", step_ms=STEP).end is None


def test_a_missing_amount_is_no_zero() -> None:
    made = bars("Water", [("1", 0.0), ("2", None), ("3", 4.0)], lambda amount: f"{amount}")
    assert [bar.height for bar in made.bars] == [0.0, None, 100.0]


def test_spans_outside_are_left_out() -> None:
    assert spans([(-5, -1), (0, 5 * STEP)], SCALE) == (spans([(0, 5 * STEP)], SCALE))


def test_levels_are_round_numbers() -> None:
    assert nice_levels(0, 18) == [0, 10]
    assert nice_levels(-2_000, 1_500) == [-2000, 0]
    assert nice_levels(20.4, 21.1) == [20.5, 21.0]
