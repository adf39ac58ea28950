"""What holds of a JSON text before it is parsed: its size, depth, number of elements and length of numbers.

A scan over the bytes that builds no object. It need not know whether the text is JSON: it may count too much
in a text that is broken, never too little in one that is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from wire.errors import WireError

#: No float needs more than 17 significant digits (IEEE 754), and fixed notation of a small one some more.
LONGEST_NUMBER: Final = 64

_LONG_NUMBER: Final = re.compile(rb"[0-9]{%d}" % (LONGEST_NUMBER + 1))
#: A text between quotes, also one that is cut off: what is in it counts as nothing.
_TEXTS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)', re.DOTALL)
_NO_BRACKET: Final = bytes(set(range(256)) - set(b"[]{}"))


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most a message may have: bytes unpacked, arrays and objects within each other, and elements (values
    in arrays, members in objects) in all."""

    bytes: int
    depth: int
    elements: int


def check(text: bytes, bounds: Bounds) -> None:
    """Raises WireError (`too_large`) naming the first bound that does not hold."""
    if len(text) > bounds.bytes:
        raise _too_large(f"{len(text)} bytes", f"{bounds.bytes}")
    bare = text if _is_plain(text, bounds) else _TEXTS.sub(b"", text)
    elements = bare.count(b",") + _openings(bare)
    if elements > bounds.elements:
        raise _too_large(f"{elements} elements", f"{bounds.elements}")
    depth = _depth(bare)
    if depth > bounds.depth:
        raise _too_large(f"{depth} arrays and objects within each other", f"{bounds.depth}")
    if _LONG_NUMBER.search(bare):
        raise _too_large("a number longer than any of ours", f"{LONGEST_NUMBER} digits")


def _is_plain(text: bytes, bounds: Bounds) -> bool:
    """Whether it holds every bound even with what stands between quotes: then that need not be taken out."""
    openings = _openings(text)
    few = openings <= bounds.depth and text.count(b",") + openings <= bounds.elements
    return few and not _LONG_NUMBER.search(text)


def _openings(text: bytes) -> int:
    return text.count(b"[") + text.count(b"{")


def _depth(bare: bytes) -> int:
    # Where more is closed than was opened the parser has given up long before.
    brackets = bare.translate(None, _NO_BRACKET)[: 2 * _openings(bare)]
    return max(accumulate(1 if mark in b"[{" else -1 for mark in brackets), default=0)


def _too_large(what: str, most: str) -> WireError:
    return WireError("too_large", "payload", f"too large: {what}, at most {most}")
