"""What holds of a JSON text before it is parsed: its size, depth, number of elements and length of numbers.

A parser makes an object of each value and fails, if at all, at the end: 144 packed bytes could cost
gigabytes. So the text is first reduced to its marks (`[ ] { } , "`) by one pass of `bytes.translate`,
and these are counted: no object an element, about a tenth of the time that parsing takes. It need not
know whether the text is JSON: it may count too much in a text that is broken, never too little in one
that is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from wire.errors import WireError

#: No float needs more than 17 significant digits (IEEE 754), and fixed notation of a small one some more.
LONGEST_NUMBER: Final = 64

#: A text between quotes, or what begins as one and never ends: so no byte is looked at twice.
_TEXT: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
#: Arrays and objects nest alike.
_ALIKE: Final = bytes.maketrans(b"{}", b"[]")
_NO_MARK: Final = bytes(set(range(256)) - set(b'[]{},"\\'))
_ANY_DIGIT: Final = bytes.maketrans(b"123456789", b"000000000")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most a message may have: bytes unpacked, arrays and objects within each other, elements (values in
    arrays, members in objects) in all, and digits of a number."""

    bytes: int
    depth: int
    elements: int
    digits: int = LONGEST_NUMBER
    #: Of the elements, arrays and objects: one takes as long as eight numbers.
    containers: int = 1 << 62


def check(text: bytes, bounds: Bounds) -> None:
    """Raises WireError (`too_large`) naming the first bound that does not hold."""
    if len(text) > bounds.bytes:
        raise _too_large(f"{len(text)} bytes", bounds.bytes)
    marks = text.translate(_ALIKE, _NO_MARK).replace(b'""', b"")
    if b'"' in marks or b"\\" in marks or _has_long_number(text, bounds):
        text = _without_texts(text, bounds)
        marks = text.translate(_ALIKE, _NO_MARK)
        if _has_long_number(text, bounds):
            raise _too_large("a number longer than any of ours", bounds.digits, " digits")
    elements = marks.count(b"[") + marks.count(b",")
    if elements > bounds.elements:
        raise _too_large(f"{elements} elements", bounds.elements)
    if (containers := marks.count(b"[")) > bounds.containers:
        raise _too_large(f"{containers} arrays and objects", bounds.containers)
    if not _is_flat(marks, bounds.depth):
        raise _too_large("more arrays and objects within each other", bounds.depth)


def _has_long_number(text: bytes, bounds: Bounds) -> bool:
    return b"0" * (bounds.digits + 1) in text.translate(_ANY_DIGIT)


def _without_texts(text: bytes, bounds: Bounds) -> bytes:
    """What stands between quotes taken out. Each is an element or the name of one: no more can be."""
    most = 2 * bounds.elements + 1
    bare, count = _TEXT.subn(b"", text, most + 1)
    if count > most:
        raise _too_large(f"more than {bounds.elements} elements", bounds.elements)
    return bare


def _is_flat(marks: bytes, depth: int) -> bool:
    """Whether `depth` times taking away what is innermost leaves nothing, but for what is never closed."""
    brackets = marks.translate(None, b',"\\')
    for _ in range(depth):
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return True
    return b"[]" not in brackets and brackets.count(b"[") <= depth


def _too_large(what: str, most: int, unit: str = "") -> WireError:
    return WireError("too_large", "payload", f"too large: {what}, at most {most}{unit}")
