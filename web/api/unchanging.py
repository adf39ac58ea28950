"""Answers that stay the same as long as the process runs: with an ETag."""

from __future__ import annotations

import hashlib
from typing import Final

from fastapi import Request
from fastapi.responses import Response

CACHING: Final = "private, max-age=3600"


class Unchanging:
    """A body that is made once."""

    def __init__(self, body: bytes, media_type: str) -> None:
        self._body = body
        self._media_type = media_type
        self._tag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'

    def answer(self, request: Request) -> Response:
        """The body, or 304 for who has it (RFC 9110 §13.1.2; behind gzip the tag comes back weak)."""
        headers = {"ETag": self._tag, "Cache-Control": CACHING}
        known = {
            tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")
        }
        if known & {self._tag, "*"}:
            return Response(status_code=304, headers=headers)
        return Response(self._body, headers=headers, media_type=self._media_type)
