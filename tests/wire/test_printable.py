"""What a stranger wrote does nothing to the terminal of whoever reads it."""

from __future__ import annotations

import json

import pytest

from wire.printable import printable, printable_lines

ACTING = {
    "an escape sequence": "\x1b[2J\x1b]0;mine\x07",
    "its one-byte form": "\x9b2J",
    "a carriage return": "ok\rfail",
    "a new line": "x\nok     broker",
    "a backspace": "ab\b\b",
    "reading order turned": "\u202eevil\u202c",
    "reading order isolated": "\u2066evil\u2069",
    "zero width": "pi\u200b-1\u200d\u2060\ufeff",
    "a soft hyphen": "pi\u00ad1",
    "a filler that shows nothing": "\u3164\u115f\uffa0\u2800",
    "tags": "\U000e0041\U000e007f",
    "a variation selector": "a\ufe0f\U000e0100",
    "line separators": "a\u2028b\u2029c\x85d",
    "a lone surrogate": "\ud800",
}


@pytest.mark.parametrize("text", ACTING.values(), ids=ACTING)
def test_what_acts_or_hides_is_written_out(text: str) -> None:
    shown = printable(text)
    assert shown != text
    assert shown.encode()
    assert all(letter.isprintable() for letter in shown)


@pytest.mark.parametrize("text", ["主电表 fenglin-18", "全角　空格", "é ü ß", "21.5 °C → 60 %", "🙂", ""])
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("text", ACTING.values(), ids=ACTING)
def test_a_json_document_says_the_same_after_it(text: str) -> None:
    document = json.dumps({"detail": text}, ensure_ascii=False)
    assert json.loads(printable(document)) == {"detail": text}


def test_lines_keep_their_ends_and_nothing_else() -> None:
    assert printable_lines("a\tb\n\x1b[H\rc\n") == "a\tb\n\\u001b[H\\u000dc\n"
