"""The living page's one route."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from web.access.page import page
from web.access.principal import Member
from web.access.rights import SIGNED_IN
from web.access.room import Room
from web.http.languages import language_of
from web.kit.places import masthead
from web.living.view import build
from web.services import Here

room = Room()
routes = room.routes


@room.get("/living", right=SIGNED_IN)
async def living(request: Request, here: Here, me: Member) -> Response:
    """Every part of the kit, in the visitor's language. Nothing on it is anybody's."""
    language = language_of(request)
    return await page(request, build(language, here.assets, masthead(me, "living", language)))
