"""What every message has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

#: UTC milliseconds since 1970. Upper bound: the year 2100, far beyond any clock that is merely wrong.
Milliseconds = Annotated[int, Field(ge=0, lt=4_102_444_800_000)]
Seq = Annotated[int, Field(ge=1, lt=1 << 53)]


class Message(BaseModel):
    """Unknown keys are mistakes, numbers are not guessed from text, and a message does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
