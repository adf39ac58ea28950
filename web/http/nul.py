"""Addresses with a NUL in them open nothing: no id of ours has one, and PostgreSQL keeps none in a text, so
that one would come back as a store that fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_NUL: Final = "\0"
_IN_QUERY: Final = b"%00"


class NoNul:
    """ASGI middleware. `refuse` answers an address that has one, in its path or its query."""

    def __init__(self, app: ASGIApp, refuse: Callable[[Scope], ASGIApp]) -> None:
        self._app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        has_nul = scope["type"] == "http" and (_NUL in scope["path"] or _IN_QUERY in scope["query_string"])
        await (self._refuse(scope) if has_nul else self._app)(scope, receive, send)
