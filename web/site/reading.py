"""What the page of a site reads, by what somebody may see. Blocking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analytics.situation.age import AHEAD_AT_MOST_MS
from analytics.situation.agents import Agent, agents_now
from store.records.access import Access
from store.records.contract import SiteEvent
from store.records.tenancy import SiteRef
from store.timeseries.contract import Latest, Window
from web.live.overview import Seen
from web.services import Services
from wire.durations import DAY_MS, MINUTE_MS
from wire.kinds import BADGE_READER

#: The chart of a day has a point every ten minutes.
STEP_MS: Final = 10 * MINUTE_MS
#: Devices that measure the same stand under one another, so many at most.
MOST_CHARTS: Final = 4
MOST_EVENTS: Final = 20

Series = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A day of one series up to `end` (UTC ms)."""

    device: str
    quantity: str
    start: int
    end: int
    window: Window


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is shown of a site; None is what somebody may not see. `latest` is of devices that are no
    more, too; `gone` are those that were taken out of the registry."""

    seen: Seen
    now: int
    latest: dict[Series, Latest] | None
    gone: tuple[str, ...]
    agents: Sequence[Agent] | None
    passages: Sequence[SiteEvent] | None
    set_aside: dict[str, int] | None
    drawn: tuple[Drawn, ...]


def read(here: Services, access: Access, seen: Seen, quantity: str) -> Facts:
    """The site as it is. `quantity` is drawn; where it was never measured, the usual one. Raises
    StoreError."""
    ref, now = seen.listed.site.id, seen.glance.now
    latest = _latest(here, access, ref, now)
    return Facts(
        seen,
        now,
        latest,
        tuple(sorted(here.records.seen_by(access).devices.retired(ref)))
        if access.may("device", "see", site=ref)
        else (),
        _agents(here, access, seen, now),
        _passages(here, access, seen, now),
        _set_aside(here, access, ref),
        _charts(here, ref, now, quantity, latest or {}),
    )


def shown_quantity(latest: dict[Series, Latest], quantity: str) -> str:
    """What is drawn: what was asked for, where it was measured."""
    measured = {one for _, one in latest}
    usual = next((one for one in ("active_power", "temperature") if one in measured), "")
    return quantity if quantity in measured else usual or min(measured, default="")


def _latest(here: Services, access: Access, ref: SiteRef, now: int) -> dict[Series, Latest] | None:
    if not access.may("reading", "see", site=ref):
        return None
    return here.timeseries.latest(ref, now + AHEAD_AT_MOST_MS)


def _agents(here: Services, access: Access, seen: Seen, now: int) -> Sequence[Agent] | None:
    if not access.may("agent", "see", site=seen.place.site):
        return None
    listed = seen.listed.agents
    states = [
        one
        for one in here.records.agent_states.of(seen.listed.site.id)
        if listed is None or one.agent in listed
    ]
    heard = {device: said.time for device, said in seen.known.devices.items()}
    devices = [one.id for one in seen.place.devices]
    return agents_now(states, devices, {}, heard.get, now, here.log.listening_since())


def _passages(here: Services, access: Access, seen: Seen, now: int) -> Sequence[SiteEvent] | None:
    """The newest of today; who may see one's own alone, sees none here: whose a badge is, is not known."""
    ref = seen.listed.site.id
    if not access.may("event", "see", site=ref) or not seen.place.of_kind(BADGE_READER):
        return None
    today = seen.place.local_day(now)
    return here.records.events.between(ref, today.start, now + AHEAD_AT_MOST_MS, "badge")[-MOST_EVENTS:]


def _set_aside(here: Services, access: Access, ref: SiteRef) -> dict[str, int] | None:
    if not access.may("quarantine", "see", site=ref):
        return None
    return {reason: number for (_, reason), number in here.records.quarantine.counts(ref).items()}


def _charts(
    here: Services, ref: SiteRef, now: int, quantity: str, latest: dict[Series, Latest]
) -> tuple[Drawn, ...]:
    shown = shown_quantity(latest, quantity)
    end = now // STEP_MS * STEP_MS + STEP_MS
    start = end - DAY_MS
    devices = sorted(device for device, measured in latest if measured == shown)[:MOST_CHARTS]
    return tuple(
        Drawn(one, shown, start, end, here.timeseries.window(ref, one, shown, start, end, STEP_MS, ["mean"]))
        for one in devices
    )
