"""Badge numbers become keyed pseudonyms before they touch anything that lasts."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from edge_agent.language import said

PEPPER_BYTES: Final = 32


class PepperError(Exception):
    """The pepper file cannot be used; the message says why and what to do."""


def pseudonym(pepper: bytes, card: str) -> str:
    """`b:` and the first 16 bytes of HMAC-SHA-256 in hex (RFC 2104, FIPS 180-4).

    A plain hash of a card number is undone in seconds by trying all numbers; without the pepper this is not.
    """
    return "b:" + hmac.new(pepper, card.encode(), hashlib.sha256).hexdigest()[:32]


def load_pepper(path: Path) -> bytes:
    """The pepper in `path`, made there (32 random bytes, mode 0600) when the file is missing.

    One that others may read is closed to them. Raises PepperError where the file is too short to protect
    anything, or cannot be read, closed or made.
    """
    try:
        pepper = _read_or_make(path)
    except OSError as error:
        raise PepperError(f"{path}: {error.strerror or error}") from error
    if len(pepper) < PEPPER_BYTES:
        raise PepperError(said("pepper_short", file=path, bytes=len(pepper), least=PEPPER_BYTES))
    return pepper


def _read_or_make(path: Path) -> bytes:
    if path.exists():
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return path.read_bytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    pepper = secrets.token_bytes(PEPPER_BYTES)
    made = path.with_name(path.name + ".new")
    made.unlink(missing_ok=True)
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(pepper)
        file.flush()
        os.fsync(file.fileno())
    made.rename(path)
    return pepper
