"""/quantities: the table of what is measured."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field, TypeAdapter

from web.api.identity import AnyToken
from web.api.models import Answer, QuantityName, Unit
from web.api.tables import JsonOnly
from web.api.unchanging import Unchanging
from wire.quantities import QUANTITIES, QuantityKind

routes = APIRouter(tags=["quantities"], dependencies=[JsonOnly])


class QuantityAnswer(Answer):
    """One row of the table."""

    name: QuantityName
    unit: Unit
    display_unit: Annotated[str, Field(description="What people read.", examples=["W"])]
    kind: Annotated[
        QuantityKind,
        Field(description="gauge: a value at a moment; counter: only grows, resets apart; state: 0 or 1."),
    ]
    low: Annotated[float, Field(description="Least plausible value, in `unit`.", examples=[-500_000.0])]
    high: Annotated[float, Field(description="Greatest plausible value, in `unit`.", examples=[500_000.0])]
    zh: Annotated[str, Field(description="Chinese label.", examples=["有功功率"])]
    en: Annotated[str, Field(description="English label.", examples=["active power"])]


class QuantityTable(Answer):
    """The whole table: it is short, so it comes in one page."""

    items: list[QuantityAnswer]
    next: Annotated[None, Field(description="Always null.")] = None


def _table() -> Unchanging:
    rows = [
        QuantityAnswer(
            name=q.name, unit=q.unit, display_unit=q.display_unit, kind=q.kind, low=q.low, high=q.high,
            zh=q.zh, en=q.en,
        )
        for q in QUANTITIES.values()
    ]  # fmt: skip
    return Unchanging(TypeAdapter(QuantityTable).dump_json(QuantityTable(items=rows)), "application/json")


_TABLE = _table()


@routes.get("/quantities", summary="The table of quantities", response_model=QuantityTable)
def list_quantities(request: Request, _who: AnyToken) -> Response:
    """Name, unit, kind, plausible range and labels. The same for everybody, for a token of any scope; it
    carries an ETag."""
    return _TABLE.answer(request)
