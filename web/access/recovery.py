"""Codes for whoever has lost what makes their one-time passwords: on paper, each good once."""

from __future__ import annotations

import secrets
from typing import Final

from web.access.secret import digest

CODES: Final = 10
#: Crockford's base 32 without letters that are read as others (crockford.com/base32.html).
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_CHARACTERS: Final = 16
_READ_AS: Final = str.maketrans({"o": "0", "i": "1", "l": "1"})


def make_codes() -> list[str]:
    """New ones of 80 random bits, in groups of four."""
    return [_grouped("".join(secrets.choice(_ALPHABET) for _ in range(_CHARACTERS))) for _ in range(CODES)]


def code_digest(code: str) -> bytes | None:
    """What is kept of one, however it was typed; None for what is none."""
    plain = "".join(code.split()).replace("-", "").lower().translate(_READ_AS)
    if len(plain) != _CHARACTERS or not set(plain) <= set(_ALPHABET):
        return None
    return digest(plain)


def _grouped(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))
