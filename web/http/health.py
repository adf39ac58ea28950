"""/health: for anybody, the state and which parts do not do their work. No figure, no reason."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from web.services import Here

routes = APIRouter()


@routes.get("/health")
async def health(here: Here) -> JSONResponse:
    """200 where all is well or about to be, else 503."""
    found = here.vitals()
    body = {"status": found.status} | ({"failing": found.failing} if found.failing else {})
    return JSONResponse(body, found.status_code)
