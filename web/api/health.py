"""/health: whether the server is well; how, for who may know."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from web.api.models import Answer
from web.api.sources import From
from web.api.tables import JsonOnly
from web.identity import TokenIfSent

routes = APIRouter(tags=["health"], dependencies=[JsonOnly])


class HealthAnswer(Answer):
    """Public but for the vitals."""

    status: Annotated[Literal["ok", "failing"], Field(description="ok, or failing (with HTTP 503).")]
    vitals: Annotated[
        dict[str, Any] | None,
        Field(description="Counters of the server's parts; null without the scope health:read."),
    ]


@routes.get(
    "/health",
    summary="Is the server well?",
    responses={503: {"model": HealthAnswer, "description": "A part of the server has ended"}},
)
async def show_health(response: Response, who: TokenIfSent, sources: From) -> HealthAnswer:
    """Without a token: the status alone."""
    vitals = await sources.vitals()
    response.status_code = 200 if vitals.well else 503
    allowed = who is not None and "health:read" in who.scopes
    return HealthAnswer(status="ok" if vitals.well else "failing", vitals=vitals.counts if allowed else None)
