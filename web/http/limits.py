"""How large a body may be: bounded before and while it is read, by route."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOO_LARGE: Final = 413
#: What reads has no body; a small one is not worth a refusal, and is never read.
OF_READING_BYTES: Final = 4_096
#: A form with a few hundred fields, or a list in JSON. Ten thousand letters outside the BMP are 120 kB in a
#: form, and whoever pastes them is told at the field rather than here.
OF_WRITING_BYTES: Final = 256 * 1_024
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Larger:
    """Below `prefix` what writes may have `bytes`: where files are sent."""

    prefix: str
    bytes: int


class BodyLimit:
    """ASGI middleware. `refuse` answers what says it is too large; what turns out to be, while it is read, is
    refused with HTTPException 413."""

    def __init__(
        self, app: ASGIApp, refuse: Callable[[Scope], ASGIApp], larger: Sequence[Larger] = ()
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self.most_bytes(scope["method"], scope["path"])
        said = Headers(scope=scope).get("content-length", "0")
        if not (said.isascii() and said.isdecimal()) or int(said) > most:
            await self._refuse(scope)(scope, receive, send)
            return
        await self._app(scope, _counted(receive, most), send)

    def most_bytes(self, method: str, path: str) -> int:
        """How large the body of such a request may be."""
        if method in _READING:
            return OF_READING_BYTES
        found = (one.bytes for one in self._larger if path.startswith(one.prefix))
        return max(found, default=OF_WRITING_BYTES)


def _counted(receive: Receive, most: int) -> Receive:
    """A body without a length, or with a wrong one, ends where the bound is."""
    came = 0

    async def counted() -> Message:
        nonlocal came
        message = await receive()
        came += len(message.get("body", b""))
        if came > most:
            raise HTTPException(TOO_LARGE)
        return message

    return counted
