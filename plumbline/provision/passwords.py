"""A password for the broker: made here, and the line by which mosquitto knows it."""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Final

#: As mosquitto_passwd of 2.0 makes them: PBKDF2 with SHA-512 (`$7$`), 12 bytes of salt, 101 rounds. So few
#: are enough for a password of 128 random bits, which nobody guesses.
_ROUNDS: Final = 101
_SALT_BYTES: Final = 12


def new_password() -> str:
    """32 hex digits: 128 random bits."""
    return secrets.token_hex(16)


def mosquitto_line(user: str, password: str) -> str:
    """Of mosquitto's `password_file` (mosquitto.conf(5)); it does not tell the password."""
    salt = secrets.token_bytes(_SALT_BYTES)
    hashed = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    return f"{user}:$7${_ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(hashed).decode()}\n"
