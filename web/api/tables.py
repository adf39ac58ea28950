"""The same table as JSON or CSV, by `format` or the Accept header."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from fastapi import Depends, Query, Request
from fastapi.responses import Response

from web.api.optional import OPTIONAL
from web.http.problem_details import Problem

Format = Literal["json", "csv"]
CSV: Final = "text/csv"
JSON: Final = "application/json"
#: Below it the middleware's few microseconds do not matter.
_COMPRESS_ABOVE_BYTES: Final = 4_096
#: Measured on 721 kB of figures in columns: 7 ms to 228 kB; level 6 takes 97 ms to 181 kB.
_LEVEL: Final = 1
_PARTS: Final = re.compile(r"\s*([\w*+.-]+/[\w*+.-]+)\s*(?:;(.*))?")
_WEIGHT: Final = re.compile(r"(?:^|;)\s*q=([01](?:\.\d{0,3})?)\s*(?:;|$)")

FormatParameter = Annotated[
    Format | None,
    OPTIONAL,
    Query(description="Representation; left out: by the Accept header, JSON where it leaves the choice."),
]


def weight(accept: str, media_type: str) -> float:
    """How much an Accept header (RFC 9110 §12.5.1) wants `media_type`, 0..1; the closest range counts."""
    best = (-1, 0.0)
    for part in accept[:1_000].split(","):
        if (match := _PARTS.fullmatch(part)) is None:
            continue
        range_ = match[1].lower()
        if range_ in (media_type, media_type.split("/")[0] + "/*", "*/*"):
            found = _WEIGHT.search(match[2] or "")
            precision = 3 - range_.count("*")
            best = max(best, (precision, float(found[1]) if found else 1.0))
    return best[1]


def accepts_json(request: Request) -> None:
    """Refuses, 406, a client that would take no JSON."""
    accept = request.headers.get("accept", "*/*")
    if accept.strip() and not weight(accept, JSON):
        raise Problem("not-acceptable", f"This resource is {JSON}.")


def chosen_format(request: Request, format: FormatParameter = None) -> Format:  # noqa: A002 - the address says so
    """What the client wants. Refuses, 406, one that would take neither."""
    if format is not None:
        return format
    accept = request.headers.get("accept", "*/*") or "*/*"
    as_json, as_csv = weight(accept, JSON), weight(accept, CSV)
    if not as_json and not as_csv:
        raise Problem("not-acceptable", f"This resource is {JSON} or {CSV}.")
    return "csv" if as_csv > as_json else "json"


def packed(request: Request, text: str, media_type: str, headers: Mapping[str, str]) -> Response:
    """A long answer, compressed here where the client takes gzip: routes run in threads, and the middleware,
    which leaves alone what is compressed already, would hold up the live pages meanwhile."""
    body = text.encode()
    named = {**headers, "Vary": f"{headers.get('Vary', 'Accept')}, Accept-Encoding"}
    if len(body) > _COMPRESS_ABOVE_BYTES and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, _LEVEL, mtime=0)
        named["Content-Encoding"] = "gzip"
    return Response(body, headers=named, media_type=media_type)


JsonOnly = Depends(accepts_json)
ChosenFormat = Annotated[Format, Depends(chosen_format)]
