"""One site: its devices and agents, and what each said last."""

from __future__ import annotations

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from store.records.access import Access
from store.threads import PAGES
from web.access.page import page
from web.access.principal import Member
from web.access.rights import Right
from web.access.room import Room
from web.http.languages import language_of
from web.live.routes import address_of
from web.services import Here
from web.site import reading, view

room = Room("/sites")
routes = room.routes


@room.get("/{site}", right=Right("site", "see"))
async def site(request: Request, here: Here, access: Access, me: Member, site: str) -> Response:
    """The page. One that is another firm's is as absent as one that does not exist."""
    seen = await PAGES.run(here.overview.site, access, site)
    if seen is None:
        raise HTTPException(404)
    live = address_of(here, access, f"site:{site}")  # before the reading: what comes after it is told
    quantity = request.query_params.get("quantity", "")
    facts = await PAGES.run(reading.read, here, access, seen, quantity)
    built = view.build(me, access, facts, quantity, live, language_of(request), here.assets)
    return await page(request, built)
