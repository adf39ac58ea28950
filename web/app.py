"""The web server: the rooms of the table, what surrounds every answer, and the API."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from store.threads import API_THREADS
from web.access.once import Answers
from web.access.refusals import answer_gate
from web.access.room import require_rights
from web.api.app import create_api
from web.api.sources import Sources
from web.http.headers import SecurityHeaders
from web.http.limits import BodyLimit
from web.http.nul import NoNul
from web.http.refusals import answer_refusals, nothing_here, too_large
from web.kit.render import prepare
from web.links.refusals import answer_visitors
from web.rooms import LARGER_BODIES, Routes, rooms
from web.services import Services


def create_app(services: Services, own: Iterable[Routes] = ()) -> FastAPI:
    """The application: pages, live streams, and the HTTP API at /api/v1. `services.parts()` are to be run
    beside it; `services.live.close()` ends all streams. `own`: rooms of this process
    alone, in no table. Raises RouteWithoutRight."""
    prepare()
    app = FastAPI(
        title="Plumbline",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # A redirect would lead to whatever Host the client named, the link in its address.
        redirect_slashes=False,
    )
    app.state.services = services
    app.state.gate = services.gate
    app.state.answers = Answers()
    app.add_middleware(GZipMiddleware, minimum_size=800)
    app.add_middleware(NoNul, refuse=nothing_here(services.assets))
    app.add_middleware(BodyLimit, refuse=too_large, larger=LARGER_BODIES)
    app.add_middleware(SecurityHeaders)
    answer_refusals(app, services)
    answer_gate(app, services.assets)
    answer_visitors(app, services)
    for routes in (*(routes for _, routes in rooms()), *own):
        app.include_router(routes)
    app.mount("/api", create_api(_sources(services), services.settings.api_rate))
    require_rights(app)
    return app


def _sources(here: Services) -> Sources:
    return Sources(
        here.log,
        here.timeseries,
        here.records,
        here.records.accounts,
        here.records.tokens,
        here.clock,
        here.vitals,
        here.replay,
    )


@contextlib.asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    # The pool in which FastAPI runs routes and dependencies that are not coroutines.
    current_default_thread_limiter().total_tokens = API_THREADS
    yield
