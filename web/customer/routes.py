"""The pages of a customer. Everything in here hangs on one lookup: what the browser has kept of its link."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from analytics.day.story import DayStory
from store.threads import PAGES
from web.api.tables import packed
from web.customer import day, view, wall
from web.customer.fragment import Fragment
from web.customer.manifest import MEDIA_TYPE, manifest_of
from web.customer.project import Project
from web.http.addresses import visitor
from web.http.headers import policy
from web.http.languages import keep_language, language_of
from web.http.words import say
from web.kit.frame import with_icp_number
from web.kit.render import render
from web.links.visit import PREFIX, Opened, address_of
from web.live.channel import Channel
from web.live.stream import CROWDED_RETRY_MS, HEARTBEAT_S, stream
from web.live.versions import Seen
from web.services import Here, Services

routes = APIRouter(prefix=PREFIX)
_VARY: Final = "Accept-Language, Cookie"
#: WeChat's browser installs nothing: it is told of nothing to install.
_INSTALLS_NOTHING: Final = "MicroMessenger"


AskedDay = Annotated[str | None, Query(alias="day", max_length=40)]


@routes.api_route("", methods=["GET", "HEAD"])
@routes.api_route("/", methods=["GET", "HEAD"])
async def customer_page(request: Request, project: Opened, here: Here, asked: AskedDay = None) -> Response:
    """The page as of now, with the story of today or of the day that is asked for."""
    language = language_of(request)
    channel = await here.live.channel(project)
    figures = channel.figures(language)
    story = await _story(project, asked, here, channel)
    page = view.build(
        project, address_of(project), figures, story, language, here.clock(), here.assets,
        installable=_INSTALLS_NOTHING not in request.headers.get("user-agent", ""),
        kept=here.settings.kept,
    )  # fmt: skip
    page = with_icp_number(page, here.settings.icp_number)
    response = await PAGES.run(_painted, request, page)  # the event loop is for what is short
    keep_language(request, response)
    return response


@routes.get("/day")
async def one_day(request: Request, project: Opened, here: Here, asked: AskedDay = None) -> Response:
    """The story of a day alone. One that is over and settled changes no more: a browser may keep it, and asks
    each time whether it still may show it."""
    language = language_of(request)
    story = await _story(project, asked, here)
    part = day.build(project, story, address_of(project), _today(project, here), language)
    response = await PAGES.run(_part, request, part)
    if story is None or not story.settled:
        return response
    return _revalidated(request, response)


@routes.get("/wall")
async def wall_page(request: Request, project: Opened, here: Here) -> Response:
    """For a screen on a wall: how it stands, in large type."""
    language = language_of(request)
    channel = await here.live.channel(project)
    figures = channel.figures(language)
    story = await channel.today(here.days)
    page = wall.build(project, address_of(project), figures, story, language, here.clock(), here.assets)
    response = await PAGES.run(_painted, request, page)
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


@routes.get("/manifest.webmanifest")
async def manifest(request: Request, project: Opened, here: Here) -> JSONResponse:
    """What a phone needs to put the page on its home screen."""
    language = language_of(request)
    found = manifest_of(project, address_of(project), language, here.assets)
    return JSONResponse(found, media_type=MEDIA_TYPE)


@routes.get("/worker.js")
async def worker(project: Opened, here: Here) -> Response:
    """The script that keeps the last page of this project; it may do so for this page's address alone."""
    found = here.assets.response("", "customer/worker.js")
    if found is None:
        raise HTTPException(404)
    found.headers.update({"Service-Worker-Allowed": address_of(project), "Cache-Control": "no-store"})
    return found


def _today(project: Project, here: Services) -> dt.date:
    return dt.datetime.fromtimestamp(here.clock() / 1_000, project.zone).date()


async def _story(
    project: Project, asked: str | None, here: Services, channel: Channel | None = None
) -> DayStory | None:
    """Of the day that is asked for; None where that is no date. `channel` is the project's, where it is open
    already."""
    today = _today(project, here)
    if (date := day.date_of(asked, today)) is None:
        return None
    if date == today:
        channel = channel or await here.live.channel(project)
        return await channel.today(here.days)
    return await PAGES.run(here.days.story, project.place(), date, here.clock())


def _painted(request: Request, page: view.CustomerPage | wall.WallPage) -> Response:
    """In a thread: rendered, and compressed where the browser takes that. It has a form that asks for a day,
    and its styles in itself."""
    sheet = page.frame.sheet
    headers = {
        "Vary": _VARY,
        "Content-Security-Policy": policy(forms=True, style=sheet.source if sheet else None),
    }
    return packed(request, render(page), "text/html", headers)


def _part(request: Request, part: day.DayPart) -> Response:
    """As `_painted`, of what is put into a page."""
    return packed(request, render(Fragment(part)), "text/html", {"Vary": _VARY})


def _revalidated(request: Request, response: Response) -> Response:
    """304 where the browser has it already (RFC 9110 §8.8.3, §13.1.2). It is asked each time: a link ends."""
    tag = f'W/"{hashlib.blake2b(bytes(response.body), digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers={"Vary": _VARY, **headers})
    response.headers.update(headers)
    return response
