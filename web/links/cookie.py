"""What a browser keeps of a link it has opened: a secret of its own, for the pages of one project alone.

`__Host-` would want the path `/`, and with it one secret for all projects; `__Secure-` keeps plain HTTP out
(RFC 6265bis §4.1.3).
"""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response

#: A neighbouring host may plant others of this name for wider paths: the browser sends ours first (RFC 6265
#: §5.4), and all of them are looked at, so that a planted one shuts nobody out.
MOST_LOOKED_AT: Final = 4
_AGE_S: Final = 400 * 86_400
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def name_of(*, secure: bool) -> str:
    """As the browser keeps it."""
    return "__Secure-visit" if secure else "visit"


def read(request: HTTPConnection, *, secure: bool) -> list[str]:
    """The secrets the browser has sent, as they stood."""
    name = name_of(secure=secure)
    pairs = (pair.strip().partition("=") for pair in request.headers.get("cookie", "").split(";"))
    found = [value for key, _, value in pairs if key == name and _SECRET.fullmatch(value)]
    return found[:MOST_LOOKED_AT]


def put(response: Response, secret: str, path: str, *, secure: bool) -> None:
    """For the pages at and below `path`. As long as browsers keep any (RFC 6265bis §5.5): the link ends it.
    Lax: the message with the link is on another site."""
    response.set_cookie(
        name_of(secure=secure), secret, _AGE_S, path=path, secure=secure, httponly=True, samesite="lax"
    )
