"""API tokens as text: made once, shown once, kept as a digest only."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

#: So that a token in a log or a repository is known for what it is.
PREFIX: Final = "pl_"
#: 32 random bytes are 43 characters in URL-safe base 64 (RFC 4648 §5) without padding.
_TOKEN: Final = re.compile(r"pl_[A-Za-z0-9_-]{43}")


def make_token() -> str:
    """A new secret of 256 random bits, e.g. for `Authorization: Bearer`."""
    return PREFIX + secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """What is kept of it: BLAKE2b-256, 32 bytes. No salt and no slow hash: nobody guesses 256 random bits.

    Raises ValueError for what cannot be a token.
    """
    if not _TOKEN.fullmatch(token):
        raise ValueError(f"not a token: {PREFIX} and 43 characters are wanted")
    return hashlib.blake2b(token.encode(), digest_size=32).digest()
