"""/health: whether the server is well; how, for who may know."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import Field

from parts.vitals import Status
from web.access.rights import open_to_all
from web.api.identity import TokenIfSent
from web.api.models import Answer
from web.api.sources import From
from web.api.tables import JsonOnly

routes = APIRouter(tags=["health"], dependencies=[JsonOnly])


class HealthAnswer(Answer):
    """Public but for the parts."""

    status: Annotated[
        Status, Field(description="ok, starting (some seconds at most), or failing (with HTTP 503).")
    ]
    failing: Annotated[list[str], Field(description="Which parts of the server do not do their work.")]
    parts: Annotated[
        dict[str, dict[str, Any]] | None,
        Field(
            description="Each part of the server: its state, why it fails, how often it was started anew, "
            "its counters; null without the scope health:read."
        ),
    ]


@routes.get(
    "/health",
    summary="Is the server well?",
    responses={503: {"model": HealthAnswer, "description": "A part of the server does not do its work"}},
)
@open_to_all
async def show_health(response: Response, who: TokenIfSent, sources: From) -> HealthAnswer:
    """Without a token: the status, and the names of the parts that fail."""
    vitals = sources.vitals()
    response.status_code = vitals.status_code
    allowed = who is not None and who.access.scope("health", "see") is not None
    return HealthAnswer(
        status=vitals.status,
        failing=vitals.failing,
        parts=vitals.parts if allowed else None,
    )
