"""Models to bytes and back, the same way for all five messages: bounds first, then the schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

from pydantic import FailFast, TypeAdapter, ValidationError

from wire import payload as wire_payload
from wire.bounds import Bounds, check
from wire.errors import mistake
from wire.model import Message
from wire.salvage import salvage

M = TypeVar("M", bound=Message)


class Codec(Generic[M]):
    """`encode` and `decode` of one kind of message. All of it raises WireError, one line.

    What comes in is judged strictly by `decode`. What a neighbour version has stored, or what a party says
    with whom we must go on whatever its version, is read by `recall`
    (docs/decisions/0017-versions-side-by-side.md).
    """

    def __init__(self, model: type[M], bounds: Bounds) -> None:
        self.model = model
        self.bounds = bounds
        many: Any = Annotated[list[model], FailFast()]  # type: ignore[valid-type]
        self._many: TypeAdapter[list[M]] = TypeAdapter(many)

    def encode(self, message: M) -> bytes:
        """The message as it goes on the wire, within the bounds of its kind."""
        text = message.model_dump_json().encode()
        check(text, self.bounds)
        return wire_payload.pack(text)

    def text(self, message: M) -> str:
        """The message as a store keeps it: JSON, fields that hold nothing left out."""
        return message.model_dump_json(exclude_none=True)

    def of_texts(self, texts: Sequence[str]) -> list[M]:
        """What `text` made, whatever version did, without what this one does not know. All at once where
        nothing is foreign, which takes a third of the time."""
        try:
            found = self._many.validate_json(f"[{','.join(texts)}]")
        except ValidationError:
            found = []
        if len(found) == len(texts):
            return found
        return [salvage(self.model, text.encode()) for text in texts]

    def decode(self, payload: bytes) -> M:
        """The message in these bytes, every part of it right."""
        try:
            return self.model.model_validate_json(self.unpack(payload))
        except ValidationError as error:
            raise mistake(error) from None

    def recall(self, payload: bytes) -> M:
        """The message in these bytes without the fields, and the parts, that this version does not know."""
        return salvage(self.model, self.unpack(payload))

    def unpack(self, payload: bytes) -> bytes:
        """The JSON text in these bytes, which is within the bounds of its kind and so may be parsed."""
        text = wire_payload.unpack(payload, self.bounds.bytes)
        check(text, self.bounds)
        return text
