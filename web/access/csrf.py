"""That a form was sent from a page of ours, by the browser that page was for.

Two checks, each enough alone: where the request came from (Origin, Fetch Metadata), and a token that only our
page could show, bound to the browser's session or, before there is one, to a cookie of its own.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from starlette.requests import HTTPConnection

FIELD: Final = "csrf"
HEADER: Final = "x-csrf"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class ForgedError(Exception):
    """A form that did not come from one of our pages, or from one that is long over."""


def token_of(secret: str) -> str:
    """What the page shows: a keyed digest of the secret in the cookie, from which that is not found."""
    return hashlib.blake2b(b"form", key=secret.encode()[:64], digest_size=24, person=b"csrf").hexdigest()


def tie_token_of(secret: str) -> str:
    """What an address of ours carries that ties a provider to the account of this session: a page elsewhere
    may lead a browser to an address, and does not know this."""
    return hashlib.blake2b(b"tie", key=secret.encode()[:64], digest_size=24, person=b"csrf").hexdigest()


def is_tie_token(secret: str, given: str) -> bool:
    """Whether `given` is that of the session of `secret`."""
    return hmac.compare_digest(tie_token_of(secret).encode(), given.encode("utf-8", "replace"))


def check(request: HTTPConnection, secret: str | None, given: str, base_url: str | None) -> None:
    """Raises ForgedError unless it is of our own origin and `given` belongs to the cookie's secret."""
    if not from_here(request, base_url):
        raise ForgedError("of another origin")
    if not secret or not hmac.compare_digest(token_of(secret).encode(), given.encode("utf-8", "replace")):
        raise ForgedError("without the page's token")


def from_here(request: HTTPConnection, base_url: str | None) -> bool:
    """Whether the browser says that one of our pages sent it. One that says neither where from nor from which
    site (none since 2020 does so for a form) is not believed."""
    origin = request.headers.get("origin")
    if origin is not None:
        return origin in _ours(request, base_url)
    return request.headers.get("sec-fetch-site") == "same-origin"


def _ours(request: HTTPConnection, base_url: str | None) -> set[str]:
    """Behind a proxy the scheme is what the proxy says; `base_url` is what the settings say."""
    said = set() if base_url is None else {base_url.rstrip("/")}
    return said or {f"{request.url.scheme}://{request.headers.get('host', '')}"}
