"""The web server's routes. Everything a customer can reach hangs on one lookup: the token of the address."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from typing import Annotated, Final

from anyio.to_thread import current_default_thread_limiter
from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from parts.part import Part
from parts.progress import Progress
from store.errors import StoreError
from store.log.contract import Log
from store.log.decoder import Decoder
from store.log.hint import Hint
from store.records.contract import Quarantined
from store.records.records import Records
from store.records.registry import Registry
from store.threads import API_THREADS, PAGES
from store.timeseries.contract import TimeSeries
from web.api.app import create_api
from web.api.rate import Rate
from web.api.sources import Replayed, Sources, Vitals
from web.api.tables import packed
from web.assets import Assets
from web.channel import Crowded, Cursor, Update
from web.guesses import Guesses
from web.headers import SecurityHeaders
from web.keeping import Look, keep
from web.kit.language import LANGUAGES, Language, choose
from web.kit.render import prepare, render
from web.live import Live
from web.messages import say
from web.pages import customer, not_found
from web.problem import of_status
from web.project import Project, Projects
from web.reading import Stores
from web.visitors import visitor

#: Proxies cut a silent connection after 30 s or more; half of that keeps it.
HEARTBEAT_S: Final = 15.0
#: How long a browser waits before it comes back (ms).
RETRY_MS: Final = 2_000
#: The same of one whose seat others needed more.
CROWDED_RETRY_MS: Final = 60_000
COOKIE: Final = "lang"
_YEAR_S: Final = 365 * 86_400


def create_app(
    projects: Iterable[Project],
    log: Log,
    timeseries: TimeSeries,
    records: Records,
    hint: Hint,
    clock: Callable[[], int],
    vitals: Callable[[], Vitals] = lambda: Vitals([], {}),
    registry: Registry | None = None,
    api_rate: Rate | None = None,
    replay: Callable[[Quarantined], Replayed] | None = None,
    look: Look | None = None,
) -> FastAPI:
    """The web server. `clock` gives UTC milliseconds; `vitals` how the process is (never blocks).
    With a `registry` there is the HTTP API at /api/v1, where one token may ask as often as `api_rate`, and
    `replay` takes in what is in quarantine (in a thread). `look` says when the projects have changed.
    `app.state.parts` are to be run beside it; `app.state.live.close()` ends all streams."""
    known = Projects(projects)
    stores = Stores(timeseries, records, registry)
    live = Live(log, stores, hint, clock, Decoder(records))
    assets = Assets()
    prepare()
    guesses = Guesses()
    app = FastAPI(
        title="Plumbline",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # A redirect would lead to whatever Host the client named, the link in its address.
        redirect_slashes=False,
    )
    app.state.live = live
    app.state.parts = [live.part()]
    if look is not None:
        app.state.parts.append(_links(known, live, look, guesses))
    app.add_middleware(GZipMiddleware, minimum_size=800)
    app.add_middleware(SecurityHeaders)
    lost = render(not_found.build(assets))

    @app.exception_handler(404)
    @app.exception_handler(405)
    async def nothing_here(request: Request, _error: Exception) -> Response:
        if request.url.path.startswith("/api/"):
            # What the mount's pattern does not match: a line break in the path.
            return of_status(HTTPException(404)).answer(request.url.path)
        return HTMLResponse(lost, status_code=404)

    @app.exception_handler(429)
    async def not_now(request: Request, error: HTTPException) -> PlainTextResponse:
        return PlainTextResponse(say(_language(request), "guesses.text"), 429, error.headers)

    @app.exception_handler(StoreError)
    async def store_away(request: Request, _error: Exception) -> PlainTextResponse:
        return PlainTextResponse(say(_language(request), "store_away.text"), 503, {"Retry-After": "10"})

    app.include_router(_project_routes(known, guesses, stores, live, assets, clock))
    app.include_router(_static_routes(assets))

    @app.get("/health")
    async def health() -> JSONResponse:
        """For anybody: the state, and which parts do not do their work. No figure, no reason."""
        found = vitals()
        body = {"status": found.status} | ({"failing": found.failing} if found.failing else {})
        return JSONResponse(body, found.status_code)

    if registry is not None:
        sources = Sources(registry, log, timeseries, records, clock, vitals, replay)
        app.mount("/api", create_api(sources, api_rate))
    return app


def _project_routes(
    known: Projects,
    guesses: Guesses,
    stores: Stores,
    live: Live,
    assets: Assets,
    clock: Callable[[], int],
) -> APIRouter:
    """What a token opens."""
    routes = APIRouter(prefix="/p/{token}")

    async def project_of(request: Request, token: str) -> Project:
        """The one filter between a visitor and a site."""
        address = visitor(request)
        if wait_s := guesses.refuse_for_s(address):
            raise HTTPException(429, headers={"Retry-After": str(math.ceil(wait_s))})
        if (project := known.by_token(token, clock())) is None:
            guesses.missed(address)
            raise HTTPException(404)
        return project

    opened = Depends(project_of)

    @routes.api_route("", methods=["GET", "HEAD"])
    @routes.api_route("/", methods=["GET", "HEAD"])
    async def customer_page(request: Request, project: Project = opened) -> Response:
        language = _language(request)
        channel = await live.channel(project)
        page = customer.build(project, channel.figures(language), language, clock(), assets)
        response = await PAGES.run(_painted, request, page)  # the event loop is for what is short
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(COOKIE, language, max_age=_YEAR_S, httponly=True, samesite="lax")
        return response

    @routes.get("/live")
    async def live_stream(
        request: Request, project: Project = opened, last_event_id: Annotated[str | None, Header()] = None
    ) -> Response:
        language = _language(request)
        channel = await live.channel(project)
        address = visitor(request)
        if channel.seats.full(address):
            later = {"Retry-After": str(CROWDED_RETRY_MS // 1_000)}
            return PlainTextResponse(say(language, "busy.text"), 429, later)
        changes = channel.changes(Cursor.parse(last_event_id), language, HEARTBEAT_S, address)
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(_events(changes, clock), media_type="text/event-stream", headers=headers)

    @routes.get("/chart")
    async def chart(project: Project = opened) -> JSONResponse:
        channel = await live.channel(project)
        return JSONResponse(dataclasses.asdict(await channel.chart(stores)))

    return routes


def _painted(request: Request, page: customer.CustomerPage) -> Response:
    """In a thread: rendered, and compressed where the browser takes that."""
    return packed(request, render(page), "text/html", {"Vary": "Accept-Language, Cookie"})


def _static_routes(assets: Assets) -> APIRouter:
    """Files that belong to nobody in particular."""
    routes = APIRouter()

    @routes.get("/static/{version}/{name:path}")
    async def static(version: str, name: str) -> Response:
        if (response := assets.response(version, name)) is None:
            raise HTTPException(404)
        return response

    @routes.get("/favicon.ico")
    async def favicon() -> Response:
        if (response := assets.response("", "favicon.svg")) is None:
            raise HTTPException(404)
        return response

    return routes


@contextlib.asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    # The pool in which FastAPI runs routes and dependencies that are not coroutines.
    current_default_thread_limiter().total_tokens = API_THREADS
    yield


def _links(known: Projects, live: Live, look: Look, guesses: Guesses) -> Part:
    """What keeps the links in step with the office."""
    progress = Progress()
    return Part(
        "links",
        lambda _: keep(known, live, look, progress),
        lambda: {"projects": len(known.all), "guesses_refused": guesses.refused},
        progress.well,
        heeds_stop=False,
    )


def _language(request: Request) -> Language:
    asked = request.query_params.get("lang")
    return choose(asked, request.cookies.get(COOKIE), request.headers.get("accept-language"))


async def _events(
    changes: AsyncGenerator[Update | Crowded | None], clock: Callable[[], int]
) -> AsyncIterator[bytes]:
    """Server-sent events (html.spec.whatwg.org §9.2): `snapshot`, then `figures`; `chart`: read again."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    async with contextlib.aclosing(changes):
        async for update in changes:
            if isinstance(update, Crowded):
                yield f"retry: {CROWDED_RETRY_MS}\nevent: crowded\ndata: {CROWDED_RETRY_MS}\n\n".encode()
            else:
                yield _beat(clock()) if update is None else _event(update, clock())


def _beat(now: int) -> bytes:
    """A comment for proxies, an event for the page: scripts see no comments, and must know the line holds."""
    return f': still here\nevent: beat\ndata: {{"now":{now}}}\n\n'.encode()


def _event(update: Update, now: int) -> bytes:
    data = {"now": now, "figures": [dataclasses.asdict(figure) for figure in update.figures]}
    name = "snapshot" if update.whole else "figures"
    text = f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n"
    if update.chart and not update.whole:
        text += f"id: {update.cursor}\n\nevent: chart\ndata: {{}}\n"
    return f"{text}id: {update.cursor}\n\n".encode()
