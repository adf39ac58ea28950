"""YAML keeps what a person wrote, and knows on which line."""

from __future__ import annotations

import pytest

from checked_yaml.lines import ConfigError, dotted, load_with_lines


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("000000000161", "000000000161"),
        ("161", 161),
        ("0x10", 16),
        ("-5", -5),
        ("0.1", 0.1),
        ("1e-3", 0.001),
        ("12:30", "12:30"),
        ("no", "no"),
        ("on", "on"),
        ("N", "N"),
        ("true", True),
        ("null", None),
        ("", None),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("'5'", "5"),
        ("准绳", "准绳"),
    ],
)
def test_a_plain_word_is_what_yaml_1_2_says(text: str, value: object) -> None:
    data, _ = load_with_lines(f"key: {text}")
    assert data == {"key": value}


def test_every_key_knows_its_line_and_a_missing_one_its_parents() -> None:
    text = "site: a\nlines:\n  - port: x\n    devices:\n      - id: m\n        address: 1\n"
    _, line_of = load_with_lines(text)
    assert line_of(("site",)) == 1
    assert line_of(("lines", 0, "port")) == 3
    assert line_of(("lines", 0, "devices", 0, "address")) == 6
    assert line_of(("lines", 0, "devices", 0, "profile")) == 5
    assert line_of(("nothing", "here")) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", "site.yaml:3: a: stands twice, first on line 1"),
        ("a:\n  - [", "site.yaml:2: no YAML: "),
        ("a: 1\n\tb: 2", "site.yaml:2: no YAML: "),
        ("a: &x [*x]", "site.yaml:1: no YAML: aliases"),
        ("a: \x00", "site.yaml:1: no YAML: "),
        ("? [1]\n: 2", "site.yaml:1: "),
        ("a: !!python/object:os.system 1", "site.yaml:1: no YAML: "),
    ],
)
def test_what_is_no_yaml_is_one_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_with_lines(text, "site.yaml")
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_a_place_reads_as_a_person_writes_it() -> None:
    assert dotted(("devices", 2, "driver")) == "devices[2].driver"
    assert dotted(()) == "file"
