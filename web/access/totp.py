"""Time-based one-time passwords (RFC 6238 over RFC 4226): SHA-1, 30 s, six digits, as apps do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import Final
from urllib.parse import quote

STEP_S: Final = 30
DIGITS: Final = 6
#: RFC 4226 §4 wants 160 bits.
SECRET_BYTES: Final = 20
#: Steps before and after ours that are taken (RFC 6238 §5.2: clocks differ, people type slowly).
_WINDOW: Final = 1
_CODE: Final = re.compile(r"[0-9]{6}")


def make_secret() -> bytes:
    """160 random bits."""
    return secrets.token_bytes(SECRET_BYTES)


def step_at(now: int) -> int:
    """The step of UTC ms `now`."""
    return now // 1_000 // STEP_S


def code_of(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The password of one step (RFC 4226 §5.3)."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    offset = mac[-1] & 0xF
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: bytes, code: str, now: int) -> int | None:
    """The step whose password this is, None where it is that of none near UTC ms `now`. Whoever asks
    sees to it that a step is taken once. Blanks in it are of no account."""
    code = "".join(code.split())
    if not _CODE.fullmatch(code):
        return None
    around = range(step_at(now) - _WINDOW, step_at(now) + _WINDOW + 1)
    found = [step for step in around if hmac.compare_digest(code_of(secret, step), code)]
    return found[-1] if found else None


def base32(secret: bytes) -> str:
    """As people type it, in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def address(secret: bytes, login: str, issuer: str) -> str:
    """What the QR code says (github.com/google/google-authenticator/wiki/Key-Uri-Format)."""
    text = base64.b32encode(secret).decode()
    whose, who = quote(issuer, safe=""), quote(login, safe="")
    return f"otpauth://totp/{whose}:{who}?secret={text}&issuer={whose}"
