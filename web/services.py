"""What pages and API work with: made once by whoever composes a process, found by every route."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import Depends, Request

from parts.part import Part
from parts.progress import Progress
from parts.vitals import Vitals
from store.log.contract import Log
from store.log.decoder import Decoder
from store.log.hint import Hint
from store.records.contract import Quarantined
from store.records.records import Records
from store.timeseries.contract import TimeSeries
from web.access.gate import Gate
from web.access.seal import Seal
from web.api.sources import Replayed
from web.customer.keeping import Look, keep
from web.customer.project import Project, Projects
from web.customer.stored_days import Days
from web.http.assets import Assets
from web.http.guesses import Guesses
from web.http.rate import Buckets, Rate
from web.kit.once import Recent
from web.live.hub import Hub
from web.live.overview import Overview
from web.live.stored import StoredSites
from web.settings import WebOptions

#: A family opens its link again from the chat each time; nobody does so every second for long.
OPENINGS: Final = Rate(per_s=0.2, burst=30)
#: An office behind one address comes to work; each way to a provider is a row and a question of ours to it.
DEPARTURES: Final = Rate(per_s=0.2, burst=30)


def _all_is_well() -> Vitals:
    return Vitals([], {})


@dataclass(frozen=True, slots=True)
class Services:
    """`clock` gives UTC milliseconds; `vitals` how the process is (never blocks); `replay` judges an item of
    quarantine again, blocking, None where this process cannot."""

    clock: Callable[[], int]
    log: Log
    hint: Hint
    timeseries: TimeSeries
    records: Records
    stored: StoredSites
    days: Days
    projects: Projects
    live: Hub
    overview: Overview
    gate: Gate
    settings: WebOptions = field(default_factory=WebOptions)
    vitals: Callable[[], Vitals] = _all_is_well
    replay: Callable[[Quarantined], Replayed] | None = None
    assets: Assets = field(default_factory=Assets)
    guesses: Guesses = field(default_factory=Guesses)
    #: How often a link may be opened from one address.
    entries: Buckets = field(default_factory=lambda: Buckets(OPENINGS))
    #: How often one may be sent on to another provider from one address.
    departures: Buckets = field(default_factory=lambda: Buckets(DEPARTURES))
    #: The newest links that were made, so that a form sent twice shows the same one again.
    made_links: Recent = field(default_factory=lambda: Recent(1_000))

    def parts(self, look: Look | None = None) -> list[Part]:
        """What is to run beside the application. `look` says when the projects have changed."""
        links = () if look is None else (self._links(look),)
        return [*self.live.parts(), self.overview.part(), self.gate.sights.part(), *links]

    def _links(self, look: Look) -> Part:
        """What keeps the links in step with the office."""
        progress = Progress()
        return Part(
            "links",
            lambda _: keep(self.projects, self.live, look, progress),
            lambda: {"projects": len(self.projects.all), "guesses_refused": self.guesses.refused},
            progress.well,
            heeds_stop=False,
        )


def compose(
    log: Log,
    timeseries: TimeSeries,
    records: Records,
    hint: Hint,
    clock: Callable[[], int],
    projects: Iterable[Project] = (),
    *,
    settings: WebOptions | None = None,
    seal: Seal | None = None,
    vitals: Callable[[], Vitals] = _all_is_well,
    replay: Callable[[Quarantined], Replayed] | None = None,
    feed_hint: Hint | None = None,
) -> Services:
    """The services over these stores. `hint` says that the log has grown, `feed_hint` that the feed has."""
    stored = StoredSites(timeseries, records)
    hub = Hub(log, stored, hint, clock, Decoder(records), records.feed, feed_hint)
    settings = settings or WebOptions()
    days = Days(timeseries, records, settings.kept.events_days)
    return Services(
        clock, log, hint, timeseries, records, stored, days, Projects(projects), hub,
        Overview(log, records, clock),
        Gate(records, clock, settings, seal=seal), settings, vitals, replay,
    )  # fmt: skip


async def services_of(request: Request) -> Services:
    """Those the application was created with. A coroutine: FastAPI would call a function in a thread."""
    found: Services = request.app.state.services
    return found


Here = Annotated[Services, Depends(services_of)]
