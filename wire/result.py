"""What became of a command."""

from __future__ import annotations

from typing import Literal

from wire.command import CommandId
from wire.identifiers import DeviceId
from wire.model import Message, Milliseconds

#: Refused: not begun. Failed: begun, and nothing came of it. Rolled back: undone, as it was before.
Outcome = Literal["done", "refused", "failed", "rolled_back"]


class Result(Message):
    """The answer to a command, the same again where it comes again. `values` are in the table's units."""

    v: Literal[1] = 1
    id: CommandId
    at: Milliseconds
    outcome: Outcome
    detail: str = ""
    values: dict[DeviceId, dict[str, float | None]] = {}
