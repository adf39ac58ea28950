"""The living page's one route."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from web.access.rights import OPEN
from web.access.room import Room
from web.http.languages import language_of
from web.kit.render import render
from web.living.view import build
from web.services import Here

room = Room()
routes = room.routes


@room.get("/living", right=OPEN)
async def living(request: Request, here: Here) -> HTMLResponse:
    """Every part of the kit, in the visitor's language. Nothing on it is anybody's."""
    return HTMLResponse(render(build(language_of(request), here.assets)))
