"""/quarantine: what of the firm's sites could not be accepted, and why."""

from __future__ import annotations

import base64
import heapq
import itertools
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field, TypeAdapter

from store.records.contract import Quarantined, QuarantineReason
from store.records.tenancy import SiteRef
from store.scoped import SiteRecords
from web.api.identity import Identity, QuarantineToken, QuarantineWriter, all_own, own
from web.api.models import AgentName, Answer, Page, SiteName, TimeMs
from web.api.optional import OPTIONAL
from web.api.paging import USUAL_ITEMS, Cursor, Limit, page, unseal
from web.api.said import Shown, ShownMessage
from web.api.sources import From, Sources
from web.api.tables import JsonOnly
from web.http.problem_details import Problem
from wire import payload as wire_payload
from wire.disclosure import disclosed
from wire.identifiers import ID_PATTERN

routes = APIRouter(tags=["quarantine"], dependencies=[JsonOnly])

_AFTER: Final = TypeAdapter(tuple[Annotated[int, Field(ge=0, lt=1 << 53)]])
#: How much of a payload one answer carries.
MOST_TEXT_BYTES: Final = 1_048_576
_ITEMS_A_STEP: Final = 25

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
            description="The message as JSON; what may be a badge number is withheld, hidden characters are "
            "written as escapes. With the scope quarantine:raw as it was written. null: it cannot be read."
        ),
    ]
    base64: Annotated[
        str | None,
        Field(description="With the scope quarantine:raw, where it is no text: the message as it came."),
    ]
    digest: Annotated[str, Field(description="16 hex digits that name the message (BLAKE2b).")]
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
    sites = [one.id for one in ([own(who, site, sources)] if site else all_own(who, sources))]
    if state == "waiting":
        waiting = {where for where, _ in sources.records.quarantine.counts()}
        sites = [one for one in sites if one in waiting]
    lists = [_items(sources.records, one, reason, state == "waiting", after) for one in sites]
    merged = heapq.merge(*lists, key=lambda item: item.id)
    found = list(itertools.islice(merged, limit + 1))
    return page(request, response, found, limit, lambda item: (item.id,))


@routes.get("/quarantine/{item}", summary="One message in quarantine, with what it said")
def show_quarantined(item: ItemId, who: QuarantineToken, sources: From) -> QuarantineDetails:
    """An item of another firm is as absent as one that does not exist."""
    return _details(_own(sources, who, item), raw=who.access.scope("message", "see") is not None)


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
    absent = Problem("not-found", f"Your firm has no item {item} in quarantine.")
    found = sources.records.quarantine.item(item)
    if found is None or found.site is None:
        raise absent
    try:
        own(who, found.site, sources)
    except Problem as problem:
        raise absent from problem
    return found


def _items(
    records: SiteRecords, site: SiteRef, reason: str | None, waiting: bool, after: int
) -> Iterator[QuarantineAnswer]:
    """A site's items from the one after `after`; a few payloads are in memory at a time, not a page."""
    while found := records.quarantine.items(_ITEMS_A_STEP, after, site=site, reason=reason, waiting=waiting):
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


def _details(item: Quarantined, *, raw: bool) -> QuarantineDetails:
    text = _text(item.payload) if raw else disclosed(item.payload)
    whole = None
    if raw and text is None:
        whole = base64.b64encode(item.payload[:MOST_TEXT_BYTES]).decode()
    size = len(item.payload) if text is None else len(text)
    extra = {
        "topic": item.topic,
        "digest": wire_payload.digest(item.payload),
        "text": None if text is None else text[:MOST_TEXT_BYTES],
        "base64": whole,
        "truncated": (raw or text is not None) and size > MOST_TEXT_BYTES,
    }
    return QuarantineDetails.model_validate(_fields(item) | extra)


def _text(payload: bytes) -> str | None:
    """The message unpacked; None where it is no text."""
    try:
        return wire_payload.unpack(payload).decode()
    except ValueError:
        return None
