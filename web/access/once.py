"""A form that is sent twice is done once: the second POST gets the first one's answer, also while that runs.

*Is*: for every form of every room, by the key in it and the token that binds it to a browser; in the memory
of one process. *Is not*: durable; what must not happen twice after a crash keeps its key with its act
(`web.kit.once`).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from web.access import csrf
from web.access.form import FormError, read_form
from web.kit.once import KEY_FIELD, is_key

#: Answers kept; the oldest go first. A redirect is a few hundred bytes.
MOST_KEPT: Final = 2_000
#: A longer answer is a page, which is made anew.
LONGEST_BYTES: Final = 4_096

Act = Callable[[], Awaitable[Response]]


class Answers:
    """Lives in the event loop."""

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, asyncio.Future[Response | None]] = OrderedDict()

    async def once(self, key: bytes, act: Act) -> Response:
        """What `act` answers the first time. Where it fails, or refuses, the next one may try again."""
        while (first := self._kept.get(key)) is not None:
            if (answer := await asyncio.shield(first)) is not None:
                return _again(answer)
        self._kept[key] = first = asyncio.get_running_loop().create_future()
        answer = None
        try:
            answer = await act()
        finally:
            done = answer is not None and _is_kept(answer)
            if not done and self._kept.get(key) is first:
                del self._kept[key]
            first.set_result(answer if done else None)
            self._forget()
        return answer

    def _forget(self) -> None:
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


class OnceRoute(APIRoute):
    """A route whose forms are done once."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's hook: the handler of this route, with the memory before it."""
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            key = await _key(request)
            if key is None:
                return await handle(request)
            answers: Answers = request.app.state.answers
            return await answers.once(key, lambda: handle(request))

        return handle_once


async def _key(request: Request) -> bytes | None:
    """Of this form at this place, with the token that binds it to a browser; None for what has none."""
    if request.method in csrf.SAFE:
        return None
    try:
        sent = await read_form(request)
    except FormError:
        return None  # whoever reads it says what is wrong
    if not is_key(once := sent.one(KEY_FIELD)):
        return None
    named = "\0".join((request.url.path, once, sent.one(csrf.FIELD)))
    return hashlib.sha256(named.encode("utf-8", "replace")).digest()


def _is_kept(answer: Response) -> bool:
    """What was done, and is short."""
    body = getattr(answer, "body", None)
    return answer.status_code < 400 and isinstance(body, bytes) and len(body) <= LONGEST_BYTES


def _again(answer: Response) -> Response:
    copy = Response(answer.body, answer.status_code)
    copy.raw_headers = list(answer.raw_headers)
    return copy
