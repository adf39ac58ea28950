"""/sites/{site}/gaps: which batches are missing, by number."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from pydantic import Field, TypeAdapter

from store.gaps import StreamGaps, site_gaps
from web.api.identity import TelemetrySite
from web.api.models import AgentName, Answer, Page
from web.api.paging import USUAL_ITEMS, Cursor, Limit, page, unseal
from web.api.sources import From
from web.api.tables import JsonOnly
from wire.ranges import Ranges

routes = APIRouter(tags=["agents"], dependencies=[JsonOnly])
_AFTER = TypeAdapter(tuple[str, str])
#: Ranges that one answer names of each sort; `batches` counts all of them.
MOST_RANGES: Final = 1_000

SeqRange = Annotated[list[int], Field(min_length=2, max_length=2, description="First and last number.")]


class Holes(Answer):
    """Numbers that did not come."""

    batches: Annotated[int, Field(ge=0, description="How many.", examples=[3])]
    ranges: Annotated[
        list[SeqRange], Field(description=f"Which: the first {MOST_RANGES} ranges.", examples=[[[17, 19]]])
    ]


class GapAnswer(Answer):
    """One stream of an agent that is not whole; a stream lives as long as the agent's spool."""

    agent: AgentName
    stream: Annotated[str, Field(description="ULID of the stream.", examples=["01KAJ8V0000000000000000000"])]
    missing: Annotated[Holes, Field(description="Lost: nobody knows of them.")]
    dropped: Annotated[Holes, Field(description="The agent said that it gave them up.")]
    set_aside: Annotated[Holes, Field(description="In quarantine, refused as a whole.")]
    expected: Annotated[Holes, Field(description="In the agent's spool, as far as is known: they will come.")]


@routes.get("/sites/{site}/gaps", summary="Missing batches, by agent and stream")
def list_gaps(
    request: Request,
    response: Response,
    site: TelemetrySite,
    sources: From,
    limit: Limit = USUAL_ITEMS,
    cursor: Cursor = None,
) -> Page[GapAnswer]:
    """By agent and stream, those that are not whole. Batches are numbered without holes, so each number that
    did not come is in one of the four."""
    after = unseal(request, cursor, _AFTER) or ("", "")
    broken = [
        one for one in site_gaps(sources.log, sources.records, site.id) if (one.agent, one.stream) > after
    ]
    found = [_answer(one) for one in broken[: limit + 1]]
    return page(request, response, found, limit, lambda gap: (gap.agent, gap.stream))


def _answer(one: StreamGaps) -> GapAnswer:
    return GapAnswer(
        agent=one.agent,
        stream=one.stream,
        missing=_holes(one.missing),
        dropped=_holes(one.dropped),
        set_aside=_holes(one.set_aside),
        expected=_holes(one.expected),
    )


def _holes(ranges: list[tuple[int, int]]) -> Holes:
    return Holes(batches=len(Ranges(ranges)), ranges=[list(one) for one in ranges[:MOST_RANGES]])
