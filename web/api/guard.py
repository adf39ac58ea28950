"""What is the same for every request to the API, before any route looks at it."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.http.problem_details import Problem

#: Path and query: room for fifty devices and fifty quantities with long names.
LONGEST_ADDRESS_BYTES: Final = 8_192


class Guard:
    """ASGI middleware: a bound on the address, HEAD as GET without the body, no caching of data."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        send = _marked(send, head)
        if (problem := _refusal(scope)) is not None:
            await problem.answer(scope["path"])(scope, receive, send)
            return
        await self._app({**scope, "method": "GET"} if head else scope, receive, send)


def _refusal(scope: Scope) -> Problem | None:
    length = len(scope.get("raw_path") or scope["path"].encode()) + len(scope.get("query_string", b""))
    if length > LONGEST_ADDRESS_BYTES:
        detail = f"The address has {length} bytes, at most {LONGEST_ADDRESS_BYTES}."
        return Problem("address-too-long", detail)
    return None


def _marked(send: Send, head: bool) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("Cache-Control", "private, no-store")
        elif head:
            message = {**message, "body": b""}
        await send(message)

    return marked
