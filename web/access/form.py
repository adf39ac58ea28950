"""What somebody typed: fields of a form, bounded before they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

#: A form of the door has a dozen fields.
LARGEST_BYTES: Final = 64 * 1024
MOST_FIELDS: Final = 200
_URLENCODED: Final = "application/x-www-form-urlencoded"


class FormError(Exception):
    """A body that is no form of ours: too large, too many fields, of another kind."""


class Form(Mapping[str, str]):
    """Fields by name, the last of those with one name; what was not sent is empty."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._fields = dict(fields)
        self._all = fields

    def __getitem__(self, name: str) -> str:
        return self._fields.get(name, "")

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def every(self, name: str) -> list[str]:
        """All fields with one name: of check boxes."""
        return [value for key, value in self._all if key == name]


async def read_form(request: Request) -> Form:
    """The form of a request, read once. Raises FormError."""
    form: Form | None = getattr(request.state, "form", None)
    if form is None:
        form = request.state.form = parse(await _body(request))
    return form


def parse(body: bytes) -> Form:
    """Raises FormError for what no browser sends."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise FormError("not a form") from error
    return Form([(name, value.replace("\r\n", "\n").replace("\0", "")) for name, value in pairs])


async def _body(request: Request) -> bytes:
    kind = request.headers.get("content-type", _URLENCODED).partition(";")[0].strip().lower()
    if kind != _URLENCODED:
        raise FormError("not a form")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BYTES:
                raise FormError("too large")
    except ClientDisconnect as error:
        raise FormError("cut off") from error
    return bytes(body)
