"""What somebody typed: fields of a form, bounded before they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from web.http.limits import OF_WRITING_BYTES

#: A form of the door has a dozen fields.
MOST_FIELDS: Final = 200
_URLENCODED: Final = "application/x-www-form-urlencoded"


class FormError(Exception):
    """A body that is no form of ours: too large, too many fields, of another kind."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Values by name, as they stood in the form: several of check boxes."""

    typed: Mapping[str, list[str]]

    def one(self, name: str) -> str:
        """The last value of a name, empty where it was not sent."""
        return self.typed.get(name, [""])[-1]


async def read_form(request: Request) -> Sent:
    """The form of a request, read once: who asks again hears the same. Raises FormError."""
    sent: Sent | FormError | None = getattr(request.state, "sent", None)
    if sent is None:
        try:
            sent = parse(await _body(request))
        except FormError as error:
            sent = error
        request.state.sent = sent
    if isinstance(sent, FormError):
        raise sent
    return sent


def parse(body: bytes) -> Sent:
    """Raises FormError for what no browser sends."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise FormError("not a form") from error
    typed: dict[str, list[str]] = {}
    for name, value in pairs:
        typed.setdefault(name, []).append(value.replace("\r\n", "\n").replace("\0", ""))
    return Sent(typed)


async def _body(request: Request) -> bytes:
    kind = request.headers.get("content-type", _URLENCODED).partition(";")[0].strip().lower()
    if kind != _URLENCODED:
        raise FormError("not a form")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > OF_WRITING_BYTES:
                raise FormError("too large")
    except ClientDisconnect as error:
        raise FormError("cut off") from error
    return bytes(body)
