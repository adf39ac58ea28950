"""Pages: `limit` and `cursor`, the same on every list.

A cursor says where the next page begins. It is opaque to clients, and holds only for the list and the filters
it was given with: a mark of both is part of it. It opens nothing by itself; what may be seen is the token's
affair.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from pydantic import TypeAdapter, ValidationError

from web.api.models import Page
from web.api.optional import OPTIONAL
from web.http.problem_details import Fault, Problem

MOST_ITEMS: Final = 1_000
USUAL_ITEMS: Final = 100
LONGEST_CURSOR: Final = 512
_MARK_BYTES: Final = 6

Limit = Annotated[
    int,
    Query(ge=1, le=MOST_ITEMS, description=f"How many items at most, up to {MOST_ITEMS}.", examples=[100]),
]
Cursor = Annotated[
    str | None,
    OPTIONAL,
    Query(
        pattern=r"^[A-Za-z0-9_-]+$",
        max_length=LONGEST_CURSOR,
        description="`next` of the page before; only for the same list and filters.",
    ),
]

Item = TypeVar("Item")
Position = TypeVar("Position")


def seal(request: Request, position: Sequence[str | int]) -> str:
    """The cursor for a position in the list that `request` asks for."""
    body = json.dumps(position, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mark(request, body) + body).rstrip(b"=").decode()


def unseal(request: Request, cursor: str | None, shape: TypeAdapter[Position]) -> Position | None:
    """The position in a cursor of `seal`, None without one. Raises Problem, 400, for any other text."""
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        mark, body = raw[:_MARK_BYTES], raw[_MARK_BYTES:]
        if mark != _mark(request, body):
            raise _invalid(cursor)
        return shape.validate_json(body)
    except (binascii.Error, ValidationError) as error:
        raise _invalid(cursor) from error


def link_next(request: Request, response: Response, cursor: str | None) -> None:
    """Name the next page in the Link header (RFC 8288)."""
    if cursor is not None:
        response.headers["Link"] = next_link(request, cursor)


def next_link(request: Request, cursor: str) -> str:
    """The Link header of the page after this one."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f'<{request.url.path}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'


def page(
    request: Request,
    response: Response,
    found: Sequence[Item],
    limit: int,
    position: Callable[[Item], Sequence[str | int]],
) -> Page[Item]:
    """The first `limit` of `found`, which goes on beyond it if there is more; `position` of the last one
    is where the next page begins."""
    items = list(found[:limit])
    following = seal(request, position(items[-1])) if len(found) > limit else None
    link_next(request, response, following)
    return Page[Any](items=items, next=following)


def _mark(request: Request, body: bytes) -> bytes:
    asked = sorted(
        (name, value)
        for name, value in request.query_params.multi_items()
        if name not in ("cursor", "limit", "format")
    )
    about = json.dumps([request.url.path, asked]).encode()
    return hashlib.blake2b(about + body, digest_size=_MARK_BYTES).digest()


def _invalid(cursor: str) -> Problem:
    fault = Fault(
        parameter="cursor",
        place="query",
        given=cursor[:100],
        rule="is no cursor of this list with these filters",
        remedy="begin without cursor, or follow `next` unchanged",
    )
    return Problem("cursor", f"cursor: {fault.rule}; {fault.remedy}.", errors=[fault])
