"""What may be asked of the stores about one site, by whoever faces people or programs.

The same methods as in the contracts, with a `SiteRef` where those take any string: who asks has the site from
the registry, for its firm, and not out of an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from store.records.access import Access
from store.records.contract import AgentState, Quarantined, SiteEvent
from store.records.exchanges import MeterExchange
from store.records.seen import Seen
from store.records.tenancy import SiteRef
from store.timeseries.contract import Aggregate, Latest, Window
from store.timeseries.counter import Exchange


class SiteSeries(Protocol):
    """Of `store.timeseries.contract.TimeSeries`."""

    def devices(self, site: SiteRef) -> dict[str, list[str]]: ...

    def latest(self, site: SiteRef, until: int | None = None) -> dict[tuple[str, str], Latest]: ...

    def raw(
        self, site: SiteRef, device: str, quantity: str, start: int, end: int, *, limit: int | None = None
    ) -> tuple[list[int], list[float]]: ...

    def window(
        self,
        site: SiteRef,
        device: str,
        quantity: str,
        start: int,
        end: int,
        step_ms: int,
        aggregates: Sequence[Aggregate],
        exchanges: Sequence[Exchange] = (),
    ) -> Window: ...


class SiteEvents(Protocol):
    """Of `store.records.events.Events`."""

    def between(
        self, site: SiteRef, start: int, end: int, kind: str | None = None, *, limit: int | None = None
    ) -> list[SiteEvent]: ...


class SiteAgentStates(Protocol):
    """Of `store.records.agent_states.AgentStates`."""

    def of(self, site: SiteRef) -> list[AgentState]: ...


class SiteQuarantine(Protocol):
    """Of `store.records.quarantine.Quarantine`."""

    def items(
        self,
        limit: int = 100,
        after_id: int = 0,
        *,
        site: SiteRef,
        reason: str | None = None,
        waiting: bool = False,
    ) -> list[Quarantined]: ...

    def item(self, item_id: int) -> Quarantined | None: ...

    def counts(self, site: SiteRef | None = None) -> dict[tuple[str | None, str], int]:
        """Without a site it names those of others: to be held against one's own, not told."""


class SiteExchanges(Protocol):
    """Of `store.records.exchanges.Exchanges`."""

    def add(self, said: MeterExchange) -> MeterExchange: ...

    def of(self, site: SiteRef, *, undone: bool = False) -> list[MeterExchange]: ...

    def undo(self, site: SiteRef, exchange_id: int, at: int, by: str) -> bool: ...


class SiteRecords(Protocol):
    """Of `store.records.records.Records`."""

    @property
    def events(self) -> SiteEvents: ...

    @property
    def agent_states(self) -> SiteAgentStates: ...

    @property
    def quarantine(self) -> SiteQuarantine: ...

    @property
    def exchanges(self) -> SiteExchanges: ...

    def seen_by(self, access: Access) -> Seen: ...
