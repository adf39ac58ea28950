"""How strong a link must be: it is the whole key to a page, so nobody may guess it."""

from __future__ import annotations

import math
import re
import secrets
from typing import Final

#: As much as a key of AES-128; 22 characters of base 64 are 132 bits.
GOOD_BITS: Final = 128.0
_MADE_BYTES: Final = 20
_LEAST_CHARACTERS: Final = 16
_LEAST_DISTINCT: Final = 8
_KINDS_OF_CHARACTERS: Final = (("[a-z]", 26), ("[A-Z]", 26), ("[0-9]", 10), ("[-_]", 2))
#: What people write while they try something out.
_WORDS: Final = (
    "password",
    "passwort",
    "changeme",
    "letmein",
    "example",
    "qwerty",
    "secret",
    "plumbline",
    "token",
)


def make_link_token() -> str:
    """A new one, of 160 random bits: 27 characters."""
    return secrets.token_urlsafe(_MADE_BYTES)


def weakness(token: str) -> str | None:
    """Why a token must be refused, None where it need not be."""
    period = _period(token)
    if period < _LEAST_CHARACTERS:
        again = f", again and again: {period} different ones in a row" if period < len(token) else ""
        return f"has {len(token)} characters{again}; a link needs {_LEAST_CHARACTERS} that do not repeat"
    if (distinct := len(set(token))) < _LEAST_DISTINCT:
        return f"has {distinct} different characters; a link needs {_LEAST_DISTINCT} at least"
    if word := next((word for word in _WORDS if word in token.lower()), None):
        return f'holds the word "{word}", which is tried first'
    return None


def bits(token: str) -> float:
    """The most chance that can be in a token of this length and these kinds of characters, in bits."""
    size = sum(count for pattern, count in _KINDS_OF_CHARACTERS if re.search(pattern, token))
    return _period(token) * math.log2(size) if size else 0.0


def _period(token: str) -> int:
    """The length of what is repeated; that of the token where nothing is."""
    for length in range(1, len(token)):
        if token == (token[:length] * len(token))[: len(token)]:
            return length
    return len(token)
