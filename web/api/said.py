"""What agents and strangers said, as the API tells it on: hidden characters written out, nothing left raw."""

from __future__ import annotations

from typing import Final

from pydantic import SerializerFunctionWrapHandler, WrapSerializer

from wire.printable import printable, printable_lines


def _shown(value: object, serialize: SerializerFunctionWrapHandler) -> object:
    return _every_text(serialize(value))


def _every_text(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list | tuple):
        return [_every_text(one) for one in value]
    if isinstance(value, dict):
        return {_every_text(key): _every_text(one) for key, one in value.items()}
    return value


def _message(value: str | None) -> str | None:
    return None if value is None else printable_lines(value)


#: For a field: every text in it on one line.
Shown: Final = WrapSerializer(_shown)
#: For a message, which is JSON as a rule and stays it.
ShownMessage: Final = WrapSerializer(lambda value, _: _message(value))
