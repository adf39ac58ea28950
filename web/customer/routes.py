"""The pages of a customer. Everything in here hangs on one lookup: what the browser has kept of its link."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from store.threads import PAGES
from web.api.tables import packed
from web.customer import view
from web.http.addresses import visitor
from web.http.languages import keep_language, language_of
from web.http.words import say
from web.kit.frame import with_icp_number
from web.kit.render import render
from web.links.visit import PREFIX, Opened, address_of
from web.live.stream import CROWDED_RETRY_MS, HEARTBEAT_S, stream
from web.live.versions import Seen
from web.services import Here

routes = APIRouter(prefix=PREFIX)


@routes.api_route("", methods=["GET", "HEAD"])
@routes.api_route("/", methods=["GET", "HEAD"])
async def customer_page(request: Request, project: Opened, here: Here) -> Response:
    """The page as of now."""
    language = language_of(request)
    channel = await here.live.channel(project)
    figures = channel.figures(language)
    page = view.build(project, address_of(project), figures, language, here.clock(), here.assets)
    page = with_icp_number(page, here.settings.icp_number)
    response = await PAGES.run(_painted, request, page)  # the event loop is for what is short
    keep_language(request, response)
    return response


@routes.get("/live")
async def live(
    request: Request, project: Opened, here: Here, last_event_id: Annotated[str | None, Header()] = None
) -> Response:
    """What changes on it, as it changes."""
    language = language_of(request)
    channel = await here.live.channel(project)
    address = visitor(request)
    if channel.audience.seats.full(address):
        later = {"Retry-After": str(CROWDED_RETRY_MS // 1_000)}
        return PlainTextResponse(say(language, "busy.text"), 429, later)
    return stream(channel.changes(Seen.parse(last_event_id), language, HEARTBEAT_S, address), here.clock)


@routes.get("/figures")
async def figures_now(request: Request, project: Opened, here: Here) -> JSONResponse:
    """The stream's first word, for browsers that hold streams back."""
    channel = await here.live.channel(project)
    figures = channel.figures(language_of(request)).values()
    return JSONResponse({"now": here.clock(), "figures": [dataclasses.asdict(one) for one in figures]})


@routes.get("/chart")
async def chart(project: Opened, here: Here) -> JSONResponse:
    """The last 24 hours, see `web.live.stored.Chart`."""
    channel = await here.live.channel(project)
    return JSONResponse(dataclasses.asdict(await channel.chart(here.stored)))


def _painted(request: Request, page: view.CustomerPage) -> Response:
    """In a thread: rendered, and compressed where the browser takes that."""
    return packed(request, render(page), "text/html", {"Vary": "Accept-Language, Cookie"})
