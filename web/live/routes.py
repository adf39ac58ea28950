"""/live/TOPIC: what pages of staff listen to; `address_of` says from where on, when a page is made."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Header, Query, Request
from fastapi.responses import PlainTextResponse, Response

from store.records.access import Access
from web.access.principal import Member
from web.access.rights import Right
from web.access.room import Room
from web.http.addresses import visitor
from web.http.languages import language_of
from web.http.words import say
from web.live.allowed import BEAT_S, while_allowed
from web.live.stream import CROWDED_RETRY_MS, stream
from web.live.versions import Seen
from web.services import Here, Services

room = Room("/live")
routes = room.routes
#: Then the browser comes back by itself.
LONGEST_S: Final = 300.0


@room.get("/{topic}", right=Right("site", "see"))
async def listen(
    request: Request,
    here: Here,
    access: Access,
    me: Member,
    topic: str,
    after: Annotated[str | None, Query(max_length=40)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """What changes: `changed` events with keys, or `whole`: look at everything. Denied beyond the access."""
    address = visitor(request)
    if here.live.topics.open(access, topic).audience.seats.full(address):
        later = {"Retry-After": str(CROWDED_RETRY_MS // 1_000)}
        return PlainTextResponse(say(language_of(request), "busy.text"), 429, later)
    seen = Seen.parse(last_event_id) or Seen.parse(after)
    heard = here.live.topics.subscribe(access, topic, seen, BEAT_S, address)
    changes = while_allowed(heard, here.gate, me.secret, access)
    return stream(changes, here.clock, longest_s=LONGEST_S)


def address_of(here: Services, access: Access, topic: str) -> str:
    """What a page that is made now listens to, and from where on. Raises Denied."""
    return f"/live/{topic}?after={here.live.topics.open(access, topic).here}"
