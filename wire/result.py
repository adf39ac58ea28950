"""What became of a command."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from wire.bounds import Bounds
from wire.codec import Codec
from wire.command import CommandId
from wire.identifiers import DeviceId
from wire.model import Message, Milliseconds

#: A detail is for a person to read; so many characters.
LONGEST_DETAIL: Final = 2_000
#: Refused: not begun. Failed: begun, and nothing came of it. Rolled back: undone, as it was before.
Outcome = Literal["done", "refused", "failed", "rolled_back"]


class Result(Message):
    """The answer to a command, the same again where it comes again. `values` are in the table's units."""

    v: Literal[1] = 1
    id: CommandId
    at: Milliseconds
    outcome: Outcome
    detail: Annotated[str, Field(max_length=LONGEST_DETAIL)] = ""
    values: dict[DeviceId, dict[str, float | None]] = {}


#: What hundreds of devices say, some quantities each.
CODEC: Final = Codec(Result, Bounds(bytes=1 << 20, depth=4, elements=25_000))
encode, decode, recall = CODEC.encode, CODEC.decode, CODEC.recall
