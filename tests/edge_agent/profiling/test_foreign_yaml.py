"""Other programs' YAML: whatever is odd in it costs one line, and nothing in it costs much."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checked_yaml.lines import ConfigError
from edge_agent.profiling import foreign_yaml
from edge_agent.profiling.foreign_yaml import DEEPEST, LARGEST_BYTES, Elsewhere


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: 0x10\nb: 1.5\nc: true\nd: no\ne: ~", {"a": 16, "b": 1.5, "c": True, "d": "no", "e": None}),
        ("a: '1'\nb: \"2\"", {"a": "1", "b": "2"}),
        ("a: .nan\nb: -.inf\nc: 1e999", {"a": ".nan", "b": "-.inf", "c": float("inf")}),
        ("a: 012\nb: 1_000\nc: 12:30", {"a": "012", "b": "1_000", "c": "12:30"}),
        ("- 1\n- [2, {b: 3}]", [1, [2, {"b": 3}]]),
        ("", None),
    ],
)
def test_plain_values_are_what_they_say(text: str, data: object) -> None:
    assert foreign_yaml.load(text, "f").data == data


def test_a_tag_stands_for_what_is_elsewhere() -> None:
    found = foreign_yaml.load("host: !secret meter\nb: !!python/object:os.system x\nc: 3", "dir/f")
    assert found.data["host"] == Elsewhere("!secret", "meter")
    assert found.data["c"] == 3
    assert found.oddities[0] == "f:1: !secret: what it stands for is elsewhere and is not read"
    assert isinstance(found.data["b"], str | Elsewhere)


def test_anchors_and_merges_are_followed() -> None:
    found = foreign_yaml.load("a: &x {n: 1, m: 2}\nb: {<<: *x, m: 3}\nc: *x\nd: *gone", "f")
    assert found.data == {"a": {"n": 1, "m": 2}, "b": {"n": 1, "m": 3}, "c": {"n": 1, "m": 2}, "d": None}
    assert found.oddities == ["f:4: *gone has no &gone before it: taken for nothing"]


def test_a_key_that_stands_twice_counts_as_it_stands_last() -> None:
    found = foreign_yaml.load("a: 1\nb: 2\na: 3", "f")
    assert found.data == {"a": 3, "b": 2}
    assert found.oddities == ["f:3: a stands twice, first on line 1: the last one counts"]


def test_every_key_knows_its_line() -> None:
    found = foreign_yaml.load("a:\n  - b: 1\n  - c: 2\n", "f")
    assert [found.line_of(path) for path in (("a",), ("a", 1, "c"), ("a", 1, "gone"), ())] == [2, 3, 3, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * (DEEPEST + 1), "f:1: is nested too deeply, at most 40 levels"),
        ("[" * 400_000, "f:1: is nested too deeply"),
        ("- a\n" * 60_000, "has too many parts, at most 50000"),
        ("#" * (LARGEST_BYTES + 1), "f:1: is too large, at most 512 KiB"),
        ("a: [", "no YAML"),
        ("a: 'x", "f:1: no YAML"),
        ("\x00", "no YAML"),
    ],
)
def test_what_is_too_much_or_no_yaml_is_one_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        foreign_yaml.load(text, "f")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_anchors_that_double_themselves_cost_nothing() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    began_s = time.process_time()
    assert "a39" in foreign_yaml.load("\n".join(lines), "f").data
    assert time.process_time() - began_s < 1.0


@given(st.text(alphabet="ab:-[]{}&*!<>|\n '\"#0", max_size=60))
def test_no_text_crashes_it(text: str) -> None:
    try:
        foreign_yaml.load(text, "f")
    except ConfigError as error:
        assert "\n" not in str(error)  # noqa: PT017  # many texts are no YAML, and that is right
