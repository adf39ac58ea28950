"""What the API answers from, and the way a route gets at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from fastapi import Depends, Request

from store.log.contract import Log
from store.records.accounts import Accounts
from store.records.api_tokens import ApiTokens
from store.records.contract import Quarantined
from store.scoped import SiteRecords, SiteSeries

Status = Literal["ok", "starting", "failing"]


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the process is: the names of the parts that do not do their work (`starting`: not yet), and of each
    part how it is with its counters. Names nobody."""

    failing: list[str]
    parts: dict[str, dict[str, Any]]
    starting: bool = False

    @property
    def status(self) -> Status:
        """In a word."""
        if not self.failing:
            return "ok"
        return "starting" if self.starting else "failing"

    @property
    def status_code(self) -> int:
        """As HTTP says it: who watches has nothing to do while it starts."""
        return 503 if self.status == "failing" else 200


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
    tokens: ApiTokens
    clock: Callable[[], int]
    vitals: Callable[[], Vitals]
    replay: Callable[[Quarantined], Replayed] | None = None


def sources_of(request: Request) -> Sources:
    """The sources that the API was created with."""
    found: Sources = request.app.state.sources
    return found


From = Annotated[Sources, Depends(sources_of)]
