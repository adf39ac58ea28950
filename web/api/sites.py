"""/sites: the places of the firm."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field, TypeAdapter

from store.records.registry import RegisteredProject
from web.api.identity import TelemetrySite, TelemetryToken
from web.api.models import Answer, Page, SiteName
from web.api.paging import USUAL_ITEMS, Cursor, Limit, page, unseal
from web.api.sources import From
from web.api.tables import JsonOnly

routes = APIRouter(tags=["sites"], dependencies=[JsonOnly])
_AFTER = TypeAdapter(tuple[str])


class ProjectAnswer(Answer):
    """The contract work at a site."""

    id: Annotated[str, Field(description="Project.", examples=["fenglin-18"])]
    name_zh: Annotated[str, Field(description="Its name in Chinese.", examples=["枫林路 18 号"])]
    name_en: Annotated[str, Field(description="Its name in English.", examples=["18 Fenglin Road"])]
    started: Annotated[str, Field(description="First day of work, ISO date.", examples=["2026-10-20"])]


class SiteAnswer(Answer):
    """A physical place."""

    id: SiteName
    timezone: Annotated[str, Field(description="IANA time zone.", examples=["Asia/Shanghai"])]
    projects: Annotated[list[ProjectAnswer], Field(description="The work done there.")]


class RoomAnswer(Answer):
    """A room, in the customer's words."""

    id: Annotated[str, Field(description="Room.", examples=["bath"])]
    name_zh: Annotated[str, Field(description="Its name in Chinese.", examples=["主卫"])]
    name_en: Annotated[str, Field(description="Its name in English.", examples=["Bathroom"])]


class SiteDetails(SiteAnswer):
    """A physical place with what is in it."""

    rooms: Annotated[list[RoomAnswer], Field(description="Its rooms.")]
    agents: Annotated[list[str], Field(description="Agents registered there.", examples=[["pi-1"]])]


@routes.get("/sites", summary="The sites of your firm")
def list_sites(
    request: Request,
    response: Response,
    who: TelemetryToken,
    sources: From,
    limit: Limit = USUAL_ITEMS,
    cursor: Cursor = None,
) -> Page[SiteAnswer]:
    """By id."""
    (after,) = unseal(request, cursor, _AFTER) or ("",)
    seen = sources.records.seen_by(who.access)
    sites, projects = seen.sites.all(limit=limit + 1, after=after), seen.work_at_sites()
    found = [
        SiteAnswer(id=site.id, timezone=site.timezone, projects=_at(site.id, projects)) for site in sites
    ]
    return page(request, response, found, limit, lambda site: (site.id,))


@routes.get("/sites/{site}", summary="One site with its rooms and agents")
def show_site(site: TelemetrySite) -> SiteDetails:
    """Also the work that is done there."""
    rooms, agents = site.seen.rooms.all(site.id), site.seen.agents.all(site.id)
    return SiteDetails(
        id=site.id,
        timezone=site.timezone,
        projects=_at(site.id, site.seen.work_at_sites()),
        rooms=[RoomAnswer(id=room.id, name_zh=room.name_zh, name_en=room.name_en) for room in rooms],
        agents=[agent.id for agent in agents],
    )


def _at(site: str, projects: list[RegisteredProject]) -> list[ProjectAnswer]:
    return [
        ProjectAnswer(id=one.id, name_zh=one.name_zh, name_en=one.name_en, started=one.started)
        for one in projects
        if one.site == site
    ]
