"""What all answers have in common."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from wire.identifiers import AgentId, DeviceId, SiteId

Item = TypeVar("Item")

TimeMs = Annotated[int, Field(description="UTC milliseconds since 1970.", examples=[1_795_417_920_000])]
AgeMs = Annotated[
    int, Field(ge=0, description="Milliseconds between then and this answer.", examples=[1_200])
]
SiteName = Annotated[SiteId, Field(description="Site.", examples=["fenglin-18"])]
AgentName = Annotated[AgentId, Field(description="Edge agent.", examples=["pi-1"])]
DeviceName = Annotated[DeviceId, Field(description="Device.", examples=["meter-main"])]
QuantityName = Annotated[str, Field(description="Quantity, as in /quantities.", examples=["active_power"])]
Unit = Annotated[str, Field(description="UCUM code.", examples=["W"])]
Column = list[float | None]


class Answer(BaseModel):
    """No key is in an answer that is not in the document."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Answer, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: Annotated[
        str | None,
        Field(description="The cursor of the next page, null on the last; the Link header has its address."),
    ]


def age_ms(then: int, now: int) -> int:
    """How long ago; 0 for what a clock that runs ahead has said."""
    return max(0, now - then)
