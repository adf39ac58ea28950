"""What people read when a page cannot be had. Nothing in it depends on what was asked for."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import Scope

from store.errors import StoreError
from web.access.rights import open_to_all
from web.http import not_found
from web.http.assets import Assets
from web.http.languages import language_of
from web.http.limits import TOO_LARGE
from web.http.problem_details import of_status
from web.http.words import say
from web.kit.render import render
from web.services import Services

#: A store that is away is usually back after a restart.
_STORE_RETRY_AFTER_S = "10"


def answer_refusals(app: FastAPI, services: Services) -> None:
    """Give `app` the pages for what it refuses; the API has problems of its own."""
    lost = nothing_here(services.assets)

    @app.exception_handler(404)
    @app.exception_handler(405)
    @open_to_all
    async def not_here(request: Request, _error: Exception) -> Response:
        return lost(request.scope)

    @app.exception_handler(429)
    @open_to_all
    async def not_now(request: Request, error: HTTPException) -> PlainTextResponse:
        return PlainTextResponse(say(language_of(request), "guesses.text"), 429, error.headers)

    @app.exception_handler(TOO_LARGE)
    @open_to_all
    async def larger_than_said(request: Request, _error: HTTPException) -> Response:
        return too_large(request.scope)

    @app.exception_handler(StoreError)
    @open_to_all
    async def store_away(request: Request, _error: Exception) -> PlainTextResponse:
        text = say(language_of(request), "store_away.text")
        return PlainTextResponse(text, 503, {"Retry-After": _STORE_RETRY_AFTER_S})


def nothing_here(assets: Assets) -> Callable[[Scope], Response]:
    """The answer to an address that opens nothing."""
    lost = render(not_found.build(assets))

    def answer(scope: Scope) -> Response:
        if scope["path"].startswith("/api/"):
            # What the mount's pattern does not match: a line break in the path.
            return of_status(HTTPException(404)).answer(scope["path"])
        return HTMLResponse(lost, status_code=404)

    return answer


def too_large(scope: Scope) -> Response:
    """For a body that is larger than its place takes."""
    if scope["path"].startswith("/api/"):
        return of_status(HTTPException(TOO_LARGE)).answer(scope["path"])
    return PlainTextResponse(say(language_of(Request(scope)), "too_large.text"), TOO_LARGE)
