"""Passwords: argon2id with parameters of our own, in a thread of its own.

Parameters as OWASP's Password Storage Cheat Sheet has them at least (19 MiB, 2 passes, 1 lane): about 30 ms
of one core, so that sign-ins are slow to guess and a page never waits for one. Rules for what people choose
are NIST SP 800-63B §3.1.1.2: a length, no composition, nothing that is tried first.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from pwdlib.hashers.argon2 import Argon2Hasher

from store.threads import PASSWORDS

SHORTEST: Final = 10
LONGEST: Final = 200
_HASHER: Final = Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1)
#: A stored hash says itself what checking it costs; one that asks for more than so much is not checked.
_MOST: Final = {"m": 262_144, "t": 8, "p": 4}
_PARAMETERS: Final = re.compile(r"\$argon2id\$v=19\$m=(?P<m>\d{1,9}),t=(?P<t>\d{1,9}),p=(?P<p>\d{1,9})\$")
#: For logins that nobody has: checking takes as long, and never succeeds.
_NOBODYS: Final = _HASHER.hash("nobody signs in with this")
_TRIED_FIRST: Final = (
    *("password", "passwort", "12345678", "87654321", "qwertyui", "11111111", "00000000", "88888888"),
    *("66666666", "iloveyou", "changeme", "letmein", "admin123", "woaini", "5201314", "plumbline"),
)
Weakness = Literal["password.short", "password.long", "password.tried_first"]


async def verify(password: str, encoded: str | None) -> bool:
    """Whether it is the password; takes as long where there is none. Raises OverloadedError where too many
    wait to be checked."""
    return await PASSWORDS.run(_verify, password, encoded)


async def encode(password: str) -> str:
    """The hash to keep. Raises OverloadedError as `verify`."""
    return await PASSWORDS.run(_HASHER.hash, password)


def is_old(encoded: str) -> bool:
    """Whether it was made with other parameters, and is to be made anew at the next sign-in."""
    return _HASHER.check_needs_rehash(encoded)


def weakness(password: str, *about: str) -> Weakness | None:
    """Why a password is not taken, as a key of words; None where it is. `about`: login, name, firm."""
    if len(password) > LONGEST:
        return "password.long"
    plain = password.casefold()
    rest = plain
    for known in (*_TRIED_FIRST, *(one.casefold() for one in about if len(one) > 2)):
        rest = rest.replace(known, "")
    if len(password) < SHORTEST:
        return "password.short"
    if len(rest) < SHORTEST // 2 or len(set(plain)) < SHORTEST // 2:
        return "password.tried_first"
    return None


def _verify(password: str, encoded: str | None) -> bool:
    bounded = len(password) <= LONGEST and encoded is not None and _affordable(encoded)
    matches = _HASHER.verify(password[:LONGEST], encoded if bounded and encoded else _NOBODYS)
    return matches and bounded


def _affordable(encoded: str) -> bool:
    found = _PARAMETERS.match(encoded)
    return found is not None and all(int(found[name]) <= most for name, most in _MOST.items())
