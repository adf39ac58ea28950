"""/sites/{site}/agents: what the edge agents say of themselves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, TypeAdapter

from web.api.identity import TelemetrySite
from web.api.models import AgeMs, AgentName, Answer, Page, TimeMs, age_ms
from web.api.paging import USUAL_ITEMS, Cursor, Limit, page, unseal
from web.api.said import Shown
from web.api.sources import From
from web.api.tables import JsonOnly
from wire.status import Status

routes = APIRouter(tags=["agents"], dependencies=[JsonOnly])
_AFTER = TypeAdapter(tuple[str])


class AgentAnswer(Answer):
    """An agent's last word."""

    agent: AgentName
    received: TimeMs
    age_ms: AgeMs
    status: Annotated[
        Status,
        Shown,
        Field(
            description="As the agent sent it (docs/wire/status.schema.json): its spool, what it had to "
            "drop, its lines and devices. `online` false is the broker's word that it is gone."
        ),
    ]


@routes.get("/sites/{site}/agents", summary="The agents of a site and their last status")
def list_agents(
    request: Request,
    response: Response,
    site: TelemetrySite,
    sources: From,
    limit: Limit = USUAL_ITEMS,
    cursor: Cursor = None,
) -> Page[AgentAnswer]:
    """By id: those that have ever spoken."""
    (after,) = unseal(request, cursor, _AFTER) or ("",)
    now = sources.clock()
    found = [
        AgentAnswer(
            agent=state.agent,
            received=state.received,
            age_ms=age_ms(state.received, now),
            status=state.status,
        )
        for state in sorted(sources.records.agent_states.of(site.id), key=lambda state: state.agent)
        if state.agent > after
    ]
    return page(request, response, found, limit, lambda agent: (agent.agent,))
