"""In which language a request is answered, and how that is kept for the next visit."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from starlette.responses import Response

from web.kit.language import LANGUAGES, Language, choose

COOKIE: Final = "lang"
_YEAR_S: Final = 365 * 86_400


def language_of(request: Request) -> Language:
    """The one asked for in the address, else of the last visit, else of the browser."""
    asked = request.query_params.get("lang")
    return choose(asked, request.cookies.get(COOKIE), request.headers.get("accept-language"))


def keep_language(request: Request, response: Response) -> None:
    """For the next visit, where the address has asked for one."""
    if (asked := request.query_params.get("lang")) in LANGUAGES:
        response.set_cookie(COOKIE, asked, max_age=_YEAR_S, httponly=True, samesite="lax")
