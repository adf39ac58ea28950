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
from web.live.routes import address_of
from web.services import Here

room = Room()
routes = room.routes
_DOOR = "/door/sign-in"
_LONGEST_FIND = 100


@room.get("/", right=OPEN)
async def root(request: Request, member: Member | None) -> Response:
    """On to where one works, or to the door."""
    if member is None or member.session.stage != "whole":
        return go(request, _DOOR)
    return go(request, entrance(access_of(member)))


@room.get("/firm", right=Right("site", "see"))
async def firm(request: Request, here: Here, access: Access, me: Member) -> Response:
    """The sites that somebody may see."""
    live = address_of(here, access, f"firm:{access.firm}")  # before the look: what comes after it is told
    sight = await PAGES.run(here.overview.of, access)
    return await page(
        request, view.build(me, sight, _asked(request), live, language_of(request), here.assets)
    )


def _asked(request: Request) -> view.Asked:
    """What a page was asked for, as far as there is such a thing."""
    said = request.query_params
    first = said.get("from", "")
    return view.Asked(
        find=said.get("find", "").strip()[:_LONGEST_FIND],
        group=next((one for one in view.STANDINGS if one == said.get("group")), None),
        order=next((one for one in view.ORDERS if one == said.get("order")), "standing"),
        first=max(1, int(first)) if first.isdecimal() and len(first) < 6 else 1,
    )
