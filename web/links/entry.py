"""/p/TOKEN: a link is exchanged for a cookie, and is gone from the address bar."""

from __future__ import annotations

import math

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from store.records.links import Link, link_digest
from store.records.openings import Opening
from store.threads import PAGES
from web.access.device import family_of
from web.access.rights import OPEN
from web.access.room import Room
from web.access.secret import digest, make_secret
from web.http.addresses import network_of, visitor
from web.http.languages import keep_language, language_of
from web.kit.render import render
from web.links import cookie, sentence
from web.links.navigation import is_navigation
from web.links.visit import address_of, ended, refuse_who_guesses
from web.services import Here, Services

room = Room("/p")
routes = room.routes


@room.get("/{token}", right=OPEN)
@room.get("/{token}/", right=OPEN)
async def enter(request: Request, token: str, here: Here) -> Response:
    """On to the project's page, where somebody opens it; a blank card for whatever else looks, of any token:
    looking tells nothing."""
    if not is_navigation(request):
        page = sentence.card(language_of(request), here.assets, here.settings.icp_number)
        return HTMLResponse(await PAGES.run(render, page))
    refuse_who_guesses(request, here)
    link = await PAGES.run(here.records.links.by_digest, link_digest(token))
    if link is None:
        here.guesses.missed(visitor(request))
        raise HTTPException(404)
    project = here.projects.of(link.firm, link.project)
    if project is None or not link.opens(here.clock()):
        raise await ended(here, link)
    return await _opened(request, here, link, address_of(project))


async def _opened(request: Request, here: Services, link: Link, address: str) -> Response:
    """A secret of this browser's own, whatever it came with: nobody can have planted it."""
    _bound(request, here, link)
    secret, now = make_secret(), here.clock()
    device, network = family_of(request.headers.get("user-agent")), network_of(visitor(request))
    opening = Opening(digest(secret), link.firm, link.id, device, network, now, now)
    await PAGES.run(here.records.openings.add, opening)
    response = RedirectResponse(address, 303)
    cookie.put(response, secret, address, secure=here.settings.secure_cookies)
    keep_language(request, response)
    return response


def _bound(request: Request, here: Services, link: Link) -> None:
    """Each opening is a row: who has a link must not fill a disk with it."""
    if wait_s := here.entries.take((link.id, visitor(request))):
        raise HTTPException(429, headers={"Retry-After": str(math.ceil(wait_s))})
