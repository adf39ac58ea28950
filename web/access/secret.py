"""Secrets that open something: made once, shown once, kept as a digest alone."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

#: 256 random bits are 43 characters of URL-safe base 64 (RFC 4648 §5) without padding.
SECRET_BYTES: Final = 32
LONGEST: Final = 100


def make_secret() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(SECRET_BYTES)


def make_id() -> str:
    """A name for lists and addresses: 96 random bits, which open nothing."""
    return secrets.token_hex(12)


def digest(secret: str) -> bytes:
    """BLAKE2b-256. No salt and no slow hash: nobody guesses what is random. What is longer than any secret
    is cut, and so opens nothing."""
    return hashlib.blake2b(secret[: LONGEST + 1].encode("utf-8", "replace"), digest_size=32).digest()
