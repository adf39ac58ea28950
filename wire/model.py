"""What every message has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

#: UTC milliseconds since 1970. Upper bound: the year 2100, far beyond any clock that is merely wrong.
Milliseconds = Annotated[int, Field(ge=0, lt=4_102_444_800_000)]
Seq = Annotated[int, Field(ge=1, lt=1 << 53)]


def _ascending(pair: tuple[int, int]) -> tuple[int, int]:
    if pair[1] < pair[0]:
        raise ValueError(f"range runs backwards: {pair[0]}..{pair[1]}")
    return pair


#: From and to, both included.
SeqRange = Annotated[tuple[Seq, Seq], AfterValidator(_ascending)]
#: A number of things, or bytes: what a store's integer and a JavaScript number hold.
Count = Annotated[int, Field(ge=0, lt=1 << 53)]


class Message(BaseModel):
    """Unknown keys are mistakes, numbers are not guessed from text, and a message does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
