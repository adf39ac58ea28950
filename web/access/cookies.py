"""The cookies of staff's pages: the session's, that of forms before there is one, that of a sign-in under way
elsewhere.

Over TLS their names begin with `__Host-`, so that no neighbouring host can plant one (RFC 6265bis §4.1.3.2).
"""

from __future__ import annotations

import re
from typing import Final, Literal

from starlette.requests import HTTPConnection
from starlette.responses import Response

Name = Literal["session", "form", "elsewhere"]
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def name_of(name: Name, *, secure: bool) -> str:
    """As the browser keeps it."""
    return f"__Host-{name}" if secure else name


def read(request: HTTPConnection, name: Name, *, secure: bool) -> str | None:
    """The secret in it, None where there is none or something that cannot be one."""
    value = request.cookies.get(name_of(name, secure=secure), "")
    return value if _SECRET.fullmatch(value) else None


def put(response: Response, name: Name, secret: str, *, secure: bool, max_age_s: int | None = None) -> None:
    """Without `max_age_s` it goes with the browser. Lax: a link in a message leads in, a form elsewhere does
    not."""
    key = name_of(name, secure=secure)
    response.set_cookie(key, secret, max_age_s, path="/", secure=secure, httponly=True, samesite="lax")


def drop(response: Response, name: Name, *, secure: bool) -> None:
    """The browser forgets it."""
    response.delete_cookie(
        name_of(name, secure=secure), path="/", secure=secure, httponly=True, samesite="lax"
    )
