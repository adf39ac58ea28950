"""Secrets that must be read again (those of authenticators) are sealed: whoever has the database alone, or a
dump of it, has none of them.

AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits; whose it is, is bound to it, so that a secret
moved to another's row opens nothing.
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from store.records.records import Records
from web.access.totp import SECRET_BYTES

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
#: Nonce, secret, tag: by its length a sealed one is told from one that an older version left bare.
SEALED_BYTES: Final = _NONCE_BYTES + SECRET_BYTES + _TAG_BYTES


class Seal:
    """With the key of the installation."""

    def __init__(self, key: bytes) -> None:
        """Raises ValueError for a key that is not KEY_BYTES long."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a key of {KEY_BYTES} bytes is wanted, not of {len(key)}")
        self._cipher: Final = AESGCM(key)

    def close(self, secret: bytes, firm: str, member: str) -> bytes:
        """What is kept of it."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, _whose(firm, member))

    def open(self, sealed: bytes, firm: str, member: str) -> bytes | None:
        """The secret; None where it was sealed with another key, or for somebody else."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, _whose(firm, member))
        except (InvalidTag, ValueError):
            return None

    def close_all(self, store: Records) -> int:
        """Seal what an older version left bare; how many those were. Blocking."""
        bare = [one for one in store.accounts.totp_secrets() if len(one.secret) == SECRET_BYTES]
        return sum(store.accounts.reseal(one, self.close(one.secret, one.firm, one.member)) for one in bare)

    def unopened(self, store: Records) -> int:
        """How many authenticators were sealed with another key; their owners have recovery codes left.
        Blocking."""
        kept = [one for one in store.accounts.totp_secrets() if len(one.secret) == SEALED_BYTES]
        return sum(self.open(one.secret, one.firm, one.member) is None for one in kept)


def _whose(firm: str, member: str) -> bytes:
    return f"totp\0{firm}\0{member}".encode()
