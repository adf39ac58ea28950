"""/sites/{site}/events: what happened, badges as pseudonyms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, TypeAdapter

from store.records.contract import SiteEvent
from web.api.identity import EventsSite
from web.api.models import AgentName, Answer, DeviceName, Page, QuantityName, TimeMs
from web.api.moments import End, Start, span
from web.api.optional import OPTIONAL
from web.api.paging import USUAL_ITEMS, Cursor, Limit, link_next, seal, unseal
from web.api.sources import From
from web.api.tables import JsonOnly
from wire.batch import Direction, EventKind, FaultReason
from wire.identifiers import BadgePseudonym
from wire.model import Milliseconds

routes = APIRouter(tags=["events"], dependencies=[JsonOnly])

#: Events of one millisecond that a cursor can pass over: far more than a site has badge readers and devices.
_MOST_AT_ONCE: Final = 100_000
_Passed = Annotated[int, Field(ge=0, le=_MOST_AT_ONCE)]
#: The time of the last event given, and how many of that time have been given.
_POSITION: Final = TypeAdapter(tuple[Milliseconds, _Passed])

OnlyKind = Annotated[EventKind | None, OPTIONAL, Query(description="Only events of this kind.")]


class EventAnswer(Answer):
    """Something that happened at a moment. What its kind does not have is null."""

    time: TimeMs
    agent: AgentName
    device: DeviceName
    kind: Annotated[EventKind, Field(description="badge: somebody passed; fault: a value could not be had.")]
    badge: Annotated[
        BadgePseudonym | None, Field(description="A keyed pseudonym of the badge, never its number.")
    ]
    direction: Annotated[Direction | None, Field(description="Which way somebody passed.")]
    quantity: Annotated[QuantityName | None, Field(description="Whose value is missing; null: all.")]
    reason: Annotated[FaultReason | None, Field(description="Why the value could not be had.")]


@routes.get("/sites/{site}/events", summary="Events: passages and faults")
def list_events(
    request: Request,
    response: Response,
    site: EventsSite,
    sources: From,
    kind: OnlyKind = None,
    start: Start = None,
    end: End = None,
    limit: Limit = USUAL_ITEMS,
    cursor: Cursor = None,
) -> Page[EventAnswer]:
    """By time. An event that arrives late, at the very millisecond where a page ended, may make one event
    come twice; none is passed over."""
    start, end = span(start, end, sources.clock())
    begin, passed = unseal(request, cursor, _POSITION) or (start, 0)
    found = sources.records.events.between(site.id, begin, end, kind, limit=passed + limit + 1)[passed:]
    given = found[:limit]
    following = seal(request, _position(given, begin, passed)) if len(found) > limit else None
    link_next(request, response, following)
    return Page(items=[_answer(one) for one in given], next=following)


def _position(given: Sequence[SiteEvent], begin: int, passed: int) -> tuple[int, int]:
    last = given[-1].event.time
    same = sum(one.event.time == last for one in given)
    return last, same + (passed if last == begin else 0)


def _answer(one: SiteEvent) -> EventAnswer:
    event = one.event
    return EventAnswer(
        time=event.time,
        agent=one.agent,
        device=event.device,
        kind=event.kind,
        badge=event.badge,
        direction=event.direction,
        quantity=event.quantity,
        reason=event.reason,
    )
