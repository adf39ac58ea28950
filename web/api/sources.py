"""What the API answers from, and the way a route gets at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from fastapi import Depends, Request

from parts.vitals import Vitals
from store.log.contract import Log
from store.records.accounts import Accounts
from store.records.contract import Quarantined
from store.records.tokens import Tokens
from store.scoped import SiteRecords, SiteSeries


class Replayed(Protocol):
    """What judging an item of quarantine again came to; `reason` and `detail` say what still waits."""

    @property
    def outcome(self) -> Literal["taken", "partly_taken", "waiting"]: ...

    @property
    def readings(self) -> int: ...

    @property
    def events(self) -> int: ...

    @property
    def reason(self) -> str: ...

    @property
    def detail(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """The stores. `clock` gives UTC milliseconds; `replay` judges an item again, blocking (in a thread)."""

    log: Log
    timeseries: SiteSeries
    records: SiteRecords
    accounts: Accounts
    tokens: Tokens
    clock: Callable[[], int]
    vitals: Callable[[], Vitals]
    replay: Callable[[Quarantined], Replayed] | None = None


def sources_of(request: Request) -> Sources:
    """The sources that the API was created with."""
    found: Sources = request.app.state.sources
    return found


From = Annotated[Sources, Depends(sources_of)]
