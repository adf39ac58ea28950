"""Files that belong to nobody in particular: styles, scripts, pictures."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException

from web.access.rights import OPEN
from web.access.room import Room
from web.services import Here

room = Room()
routes = room.routes


@room.get("/static/{version}/{name:path}", right=OPEN)
async def static(version: str, name: str, here: Here) -> Response:
    """A file; kept for ever by browsers under the version of now."""
    return _found(here.assets.response(version, name))


@room.get("/robots.txt", right=OPEN)
async def robots() -> Response:
    """Nothing in here is for searches (RFC 9309)."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


@room.get("/{name}.txt", right=OPEN)
@room.get("/{name}.html", right=OPEN)
@room.get("/{name}.xml", right=OPEN)
async def verification(request: Request, here: Here) -> Response:
    """A file by which WeChat or a search engine sees whose host this is, of those that the settings name."""
    text = here.settings.verification_files.get(request.url.path.removeprefix("/"))
    return _found(None if text is None else PlainTextResponse(text))


@room.get("/favicon.ico", right=OPEN)
async def favicon(here: Here) -> Response:
    """Where browsers look of themselves."""
    return _found(here.assets.response("", "favicon.svg"))


def _found(response: Response | None) -> Response:
    if response is None:
        raise HTTPException(404)
    return response
