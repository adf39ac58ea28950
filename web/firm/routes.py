"""All sites of the firm; and the server's root, which leads in."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from store.records.access import Access
from store.threads import PAGES
from web.access.page import go, page
from web.access.principal import Member, access_of
from web.access.rights import OPEN, Right
from web.access.room import Room
from web.firm import view
from web.http.languages import language_of
from web.kit.places import entrance
from web.services import Here

room = Room()
routes = room.routes
_DOOR = "/door/sign-in"


@room.get("/", right=OPEN)
async def root(request: Request, member: Member | None) -> Response:
    """On to where one works, or to the door."""
    if member is None or member.session.stage != "whole":
        return go(request, _DOOR)
    return go(request, entrance(access_of(member)))


@room.get("/firm", right=Right("site", "see"))
async def firm(request: Request, here: Here, access: Access, me: Member) -> Response:
    """The sites that somebody may see."""
    sites = await PAGES.run(here.records.fleet.seen_by, access)
    return await page(request, view.build(me, sites, language_of(request), here.assets))
