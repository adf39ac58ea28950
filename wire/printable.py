"""Text of strangers, fit for a terminal: what acts there or hides there is written out.

A name or a detail that an agent sends may hold escape sequences (ECMA-48) that clear the screen, retitle the
window or answer as if typed; marks that turn the order of reading (Unicode Standard Annex #9); characters
that show nothing. Each becomes its JSON escape, so a printed JSON document still says the same.
"""

from __future__ import annotations

import logging
import unicodedata
from typing import Final

#: Controls, formats (bidirectional marks, zero width, tags), surrogates, private and unassigned characters,
#: line and paragraph separators (Unicode Standard, table 4-4).
_ACTING: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Letters and marks that show nothing: Default_Ignorable_Code_Point (DerivedCoreProperties.txt) outside these
#: categories, and the blank Braille pattern.
_HIDDEN: Final = frozenset(
    {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFFA0}
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)


def printable(text: str) -> str:
    """`text` on one line, and nothing in it acts on a terminal or hides there."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(letter) for letter in text)


def printable_lines(text: str) -> str:
    """As `printable`, its line ends and tabs kept: for a text that may be several lines long."""
    return "\n".join("\t".join(printable(part) for part in line.split("\t")) for line in text.split("\n"))


class PrintableFormatter(logging.Formatter):
    """A log names what strangers sent, and is read at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        return printable_lines(super().format(record))


def _shown(letter: str) -> str:
    code = ord(letter)
    if unicodedata.category(letter) not in _ACTING and code not in _HIDDEN:
        return letter
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
