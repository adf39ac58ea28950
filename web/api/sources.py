"""What the API answers from, and the way a route gets at it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request

from store.log.contract import Log
from store.records.contract import Records
from store.records.registry import Registry
from store.timeseries.contract import TimeSeries


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the server is: `well`, and counters of its parts. Names nobody."""

    well: bool
    counts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sources:
    """The stores. `clock` gives UTC milliseconds."""

    registry: Registry
    log: Log
    timeseries: TimeSeries
    records: Records
    clock: Callable[[], int]
    vitals: Callable[[], Awaitable[Vitals]]


def sources_of(request: Request) -> Sources:
    """The sources that the API was created with."""
    found: Sources = request.app.state.sources
    return found


From = Annotated[Sources, Depends(sources_of)]
