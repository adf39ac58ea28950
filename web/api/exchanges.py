"""/sites/{site}/exchanges: what people say of exchanged meters, which counters are then counted by."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from store.records.exchanges import ExchangeError, MeterExchange, checked
from web.api.identity import MetersSite, MetersToken, TelemetrySite
from web.api.models import Answer, DeviceName, QuantityName, SiteName, TimeMs
from web.api.moments import Moment
from web.api.series import Quantity, series_of
from web.api.sources import From
from web.api.tables import JsonOnly
from web.http.problem_details import Problem, rule
from wire.identifiers import DeviceId

routes = APIRouter(tags=["readings"], dependencies=[JsonOnly])

Register = Annotated[float | None, Query(ge=0, le=1e12, description="In the unit of the quantity.")]


class ExchangeAnswer(Answer):
    """A meter was exchanged: readings from `at` on are the new one's."""

    id: Annotated[int, Field(description="Its number.", examples=[1])]
    site: SiteName
    device: DeviceName
    quantity: QuantityName
    at: TimeMs
    old_last: Annotated[float | None, Field(description="What the old meter showed at last, if known.")]
    new_first: Annotated[float | None, Field(description="What the new one showed at first, if known.")]
    author: Annotated[str, Field(description="Who entered it.", examples=["token 3"])]
    entered: TimeMs
    undone: Annotated[int | None, Field(description="UTC ms since when it does not hold; null: it holds.")]
    undone_by: Annotated[str | None, Field(description="Who has undone it.")]


class ExchangesAnswer(Answer):
    """By time entered."""

    items: Annotated[list[ExchangeAnswer], Field(description="All of them.")]


@routes.get("/sites/{site}/exchanges", summary="Exchanged meters")
def list_exchanges(site: TelemetrySite, sources: From) -> ExchangesAnswer:
    """All that was entered, also what was undone."""
    items = [_answer(one) for one in sources.records.exchanges.of(site.id, undone=True)]
    return ExchangesAnswer(items=items)


@routes.post("/sites/{site}/devices/{device}/exchange", summary="Enter that a meter was exchanged")
def enter_exchange(
    site: MetersSite,
    who: MetersToken,
    device: Annotated[DeviceId, Path(description="The meter.", examples=["meter-main"])],
    sources: From,
    quantity: Annotated[Quantity, Query(description="Of which the registers were read.")],
    at: Annotated[Moment, Query(description="When; taken to the minute.")],
    old_last: Register = None,
    new_first: Register = None,
) -> ExchangeAnswer:
    """`increase` and totals change at once, for the past too. Needs no body. Entered again for the same
    minute it replaces what was entered before."""
    series_of(sources, site, [device], [])
    said = MeterExchange(
        site.id, device, quantity, at, f"token {who.token}", sources.clock(), old_last, new_first
    )
    try:
        stored = sources.records.exchanges.add(checked(said))
    except ExchangeError as error:
        raise rule(error.field, getattr(said, error.field), str(error), "see above") from error
    return _answer(stored)


@routes.post("/sites/{site}/exchanges/{item}/undo", summary="Take back that a meter was exchanged")
def undo_exchange(
    site: MetersSite,
    who: MetersToken,
    item: Annotated[int, Path(ge=1, le=2**62, description="Its id.", examples=[1])],
    sources: From,
) -> ExchangeAnswer:
    """Counted is as if it had not been entered. It may be repeated."""
    sources.records.exchanges.undo(site.id, item, sources.clock(), f"token {who.token}")
    for one in sources.records.exchanges.of(site.id, undone=True):
        if one.id == item:
            return _answer(one)
    raise Problem("not-found", f"Site {site.id} has no exchange {item}; …/exchanges lists them.")


def _answer(one: MeterExchange) -> ExchangeAnswer:
    return ExchangeAnswer.model_validate(one, from_attributes=True)
