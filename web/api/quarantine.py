"""/quarantine: what of the firm's sites could not be accepted, and why."""

from __future__ import annotations

import base64
import heapq
import itertools
import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field, TypeAdapter

from store.records.contract import Quarantined, QuarantineReason, Records
from store.records.registry import Site
from web.api.models import AgentName, Answer, Page, SiteName, TimeMs
from web.api.optional import OPTIONAL
from web.api.paging import USUAL_ITEMS, Cursor, Limit, page, unseal
from web.api.said import Shown, ShownMessage
from web.api.sources import From, Sources
from web.api.tables import JsonOnly
from web.identity import Identity, QuarantineToken, QuarantineWriter
from web.problem import Problem
from wire import payload as wire_payload
from wire.identifiers import ID_PATTERN

routes = APIRouter(tags=["quarantine"], dependencies=[JsonOnly])

_AFTER: Final = TypeAdapter(tuple[Annotated[int, Field(ge=0, lt=1 << 53)]])
#: How much of a payload one answer carries.
MOST_TEXT_BYTES: Final = 1_048_576
_SITES_A_STEP: Final = 1_000
_ITEMS_A_STEP: Final = 25
#: A badge that is no pseudonym: a mistake of the agent's, and one reason for a refusal. It stays here
#: (invariant 6).
_BARE_BADGE: Final = re.compile(r'("badge"\s*:\s*)(?!"b:[0-9a-f]{32}"|null)("(?:[^"\\]|\\.)*"?|[^\s,}\]]+)')

SiteFilter = Annotated[
    str | None,
    OPTIONAL,
    Query(pattern=ID_PATTERN, description="Only of this site.", examples=["fenglin-18"]),
]
ReasonFilter = Annotated[QuarantineReason | None, OPTIONAL, Query(description="Only for this reason.")]
State = Annotated[
    Literal["waiting", "all"], Query(description="waiting: not yet replayed; all: also what was replayed.")
]
ItemId = Annotated[int, Path(ge=1, lt=1 << 53, description="Of the list.", examples=[1])]


class QuarantineAnswer(Answer):
    """One message that could not be accepted, in whole or in part."""

    id: Annotated[int, Field(description="Grows with time.", examples=[1])]
    received: TimeMs
    site: SiteName
    agent: AgentName | None
    stream: Annotated[str | None, Shown, Field(description="ULID of its stream, where it could be read.")]
    seq: Annotated[int | None, Field(description="Its number in the stream, where it could be read.")]
    reason: Annotated[str, Shown, Field(description="Why.", examples=["implausible"])]
    detail: Annotated[str, Shown, Field(description="Where, and what rule it breaks.")]
    bytes: Annotated[int, Field(ge=0, description="Size of the message.")]
    replayed: Annotated[int | None, Field(description="UTC ms at which it was taken in after all.")]


class QuarantineDetails(QuarantineAnswer):
    """With what it said."""

    topic: Annotated[
        str, Shown, Field(description="MQTT topic.", examples=["plumbline/v1/fenglin-18/pi-1/batch"])
    ]
    text: Annotated[
        str | None,
        ShownMessage,
        Field(
            description="The message unpacked, where it is text. Badges that are no pseudonyms are withheld; "
            "hidden characters are written as escapes."
        ),
    ]
    base64: Annotated[str | None, Field(description="The message as it came, where it is not text.")]
    truncated: Annotated[
        bool, Field(description=f"Whether there is more than the {MOST_TEXT_BYTES} bytes that are shown.")
    ]


class ReplayAnswer(Answer):
    """What judging a message again came to."""

    id: Annotated[int, Field(description="Of the item.", examples=[1])]
    outcome: Annotated[
        Literal["taken", "partly_taken", "waiting"],
        Field(description="taken: nothing of it waits any more; partly_taken, waiting: see `reason`."),
    ]
    readings: Annotated[int, Field(ge=0, description="Taken in by this call.")]
    events: Annotated[int, Field(ge=0, description="Taken in by this call.")]
    reason: Annotated[str, Shown, Field(description="Why the rest waits on; empty where nothing does.")]
    detail: Annotated[str, Shown, Field(description="Where, and what rule it breaks.")]


@routes.get("/quarantine", summary="What could not be accepted")
def list_quarantine(
    request: Request,
    response: Response,
    who: QuarantineToken,
    sources: From,
    site: SiteFilter = None,
    reason: ReasonFilter = None,
    state: State = "waiting",
    limit: Limit = USUAL_ITEMS,
    cursor: Cursor = None,
) -> Page[QuarantineAnswer]:
    """Of all sites of your firm, by id. What came so broken that its site is unknown is nobody's, and not
    here."""
    (after,) = unseal(request, cursor, _AFTER) or (0,)
    sites = _sites(sources, who, site)
    if state == "waiting":
        waiting = {where for where, _ in sources.records.quarantine_counts(site)}
        sites = [one for one in sites if one in waiting]
    lists = [_items(sources.records, one, reason, state == "waiting", after) for one in sites]
    merged = heapq.merge(*lists, key=lambda item: item.id)
    found = list(itertools.islice(merged, limit + 1))
    return page(request, response, found, limit, lambda item: (item.id,))


@routes.get("/quarantine/{item}", summary="One message in quarantine, with what it said")
def show_quarantined(item: ItemId, who: QuarantineToken, sources: From) -> QuarantineDetails:
    """An item of another firm is as absent as one that does not exist."""
    return _details(_own(sources, who, item))


@routes.post("/quarantine/{item}/replay", summary="Judge a message in quarantine again")
def replay_quarantined(item: ItemId, who: QuarantineWriter, sources: From) -> ReplayAnswer:
    """By the tables and devices of now, as of the time it came: what was wrong then and is right now is taken
    in. Needs no body. It may be repeated: what was taken is not taken twice."""
    found = _own(sources, who, item)
    if sources.replay is None:
        raise Problem("not-found", "This server takes in nothing from quarantine.")
    done = sources.replay(found)
    return ReplayAnswer(
        id=item,
        outcome=done.outcome,
        readings=done.readings,
        events=done.events,
        reason=done.reason,
        detail=done.detail,
    )


def _own(sources: Sources, who: Identity, item: int) -> Quarantined:
    """An item of the firm's sites. Raises Problem, 404."""
    found = sources.records.quarantine_item(item)
    if found is None or found.site is None or sources.registry.site(who.firm, found.site) is None:
        raise Problem("not-found", f"Your firm has no item {item} in quarantine.")
    return found


def _sites(sources: Sources, who: Identity, site: str | None) -> list[str]:
    """Whose items may be seen. Raises Problem, 404, for a site that is not the firm's."""
    if site is None:
        return [one.id for one in _all_sites(sources, who.firm)]
    if sources.registry.site(who.firm, site) is None:
        raise Problem("not-found", f"Your firm has no site {site!r}; /api/v1/sites lists those it has.")
    return [site]


def _all_sites(sources: Sources, firm: str) -> Iterator[Site]:
    after = ""
    while found := sources.registry.sites(firm, limit=_SITES_A_STEP, after=after):
        yield from found
        after = found[-1].id


def _items(
    records: Records, site: str, reason: str | None, waiting: bool, after: int
) -> Iterator[QuarantineAnswer]:
    """A site's items from the one after `after`; a few payloads are in memory at a time, not a page."""
    while found := records.quarantined(_ITEMS_A_STEP, after, site=site, reason=reason, waiting=waiting):
        yield from (QuarantineAnswer.model_validate(_fields(item)) for item in found)
        after = found[-1].id


def _fields(item: Quarantined) -> dict[str, object]:
    return {
        "id": item.id,
        "received": item.received,
        "site": item.site,
        "agent": item.agent,
        "stream": item.stream,
        "seq": item.seq,
        "reason": item.reason,
        "detail": item.detail,
        "bytes": len(item.payload),
        "replayed": item.replayed,
    }


def _details(item: Quarantined) -> QuarantineDetails:
    text = _text(item.payload)
    shown = (
        {"text": text[:MOST_TEXT_BYTES], "base64": None}
        if text is not None
        else {"text": None, "base64": base64.b64encode(item.payload[:MOST_TEXT_BYTES]).decode()}
    )
    whole = len(item.payload if text is None else text)
    extra = {"topic": item.topic, "truncated": whole > MOST_TEXT_BYTES}
    return QuarantineDetails.model_validate(_fields(item) | shown | extra)


def _text(payload: bytes) -> str | None:
    """The message unpacked, badge numbers withheld; None where it is no text."""
    try:
        text = wire_payload.unpack(payload).decode()
    except ValueError:
        return None
    return _BARE_BADGE.sub(r'\1"(withheld)"', text)
