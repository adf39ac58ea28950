"""All sites at a glance, in memory: the registry by the feed, what is known of each site by its row, judged
for the firms that are looked at. Blocking; safe to call from several threads.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from analytics.follower import READER
from analytics.situation.glance import StateKeeper
from analytics.situation.judge import Glance, glance
from analytics.situation.place import Place
from parts.part import Part
from parts.progress import Progress
from store.errors import StoreError
from store.log.contract import Log
from store.records.access import Access, Noun
from store.records.fleet import SiteOfFleet
from store.records.records import Records
from store.records.site_now import SiteNow
from store.records.watch import followed
from store.threads import PAGES

#: What was judged is good for so long: a page that is made meanwhile shows the same. While somebody looks, it
#: is judged anew before that is over, so that no page waits for it.
GOOD_FOR_S: Final = 2.0
#: A reader of the log that is so far behind does not know how the sites are now.
BEHIND_MS: Final = 30_000
#: Nobody has looked for so long: the copy is kept warm more slowly.
_WARM_FOR_S: Final = 60.0
_TEND_S: Final = 1.0
_TEND_IDLE_S: Final = 15.0
#: Of the registry all that stands at a site.
_OF_SITES: Final = frozenset({"site", "project", "room", "agent", "device"})
#: What tells how many people are at a site.
_OF_PEOPLE: Final[tuple[Noun, ...]] = ("reading", "event")


@dataclass(frozen=True, slots=True)
class Seen:
    """One site: what is there, what is known of it, and what may be said of it."""

    listed: SiteOfFleet
    place: Place
    known: SiteNow
    glance: Glance


@dataclass(frozen=True, slots=True)
class Sight:
    """All sites of a firm that somebody may see, at `now` (UTC ms). `behind`: what came after that is not in
    it yet, for the reader of the log stands still."""

    now: int
    behind: bool
    sites: tuple[Seen, ...]


class Overview:
    """One a process."""

    def __init__(self, log: Log, records: Records, clock: Callable[[], int]) -> None:
        self._log = log
        self._records = records
        self._clock = clock
        self._lock = threading.Lock()
        self._newest_registry = followed(records.feed, _OF_SITES, records.fleet.by_firm)
        self._listed: dict[str, dict[str, SiteOfFleet]] = {}
        self._places: dict[str, Place] = {}
        self._known: dict[str, SiteNow] = {}
        self._moved = 0
        self._states = StateKeeper()
        self._sights: dict[str, tuple[float, Sight]] = {}
        self._asked_at_s: dict[str, float] = {}
        self._progress = Progress()

    def part(self) -> Part:
        """What keeps it warm, as a part of a process."""
        return Part("sites at a glance", self._tend, self.counts, self._progress.well)

    def counts(self) -> dict[str, int]:
        """For the health page."""
        return {"sites": len(self._known), "firms_looked_at": len(self._sights)}

    def of(self, access: Access) -> Sight:
        """What somebody may see now. Raises StoreError."""
        with self._lock:
            self._asked_at_s[access.firm] = time.monotonic()
            whole = self._sight(access.firm)
        sites = (one for one in whole.sites if access.may("site", "see", site=one.place.site))
        return Sight(whole.now, whole.behind, tuple(_as_seen_by(access, one) for one in sites))

    def site(self, access: Access, site: str) -> Seen | None:
        """One site as it is now, None where there is none for this access. Raises StoreError."""
        return next((one for one in self.of(access).sites if one.place.site == site), None)

    def forget(self) -> None:
        """Nothing is in memory any more but the registry: the next who asks reads every site anew."""
        with self._lock:
            self._sights.clear()
            self._moved = 0

    def _sight(self, firm: str) -> Sight:
        judged_at_s, known = self._sights.get(firm, (0.0, None))
        if known is not None and time.monotonic() - judged_at_s < GOOD_FOR_S:
            return known
        self._read()
        sight = self._judged(firm)
        self._sights[firm] = time.monotonic(), sight
        return sight

    def _read(self) -> None:
        """What has changed in the registry, and of the sites."""
        if (listed := self._newest_registry()) is not None:
            self._listed = listed
            self._places = {site: _place(one) for sites in listed.values() for site, one in sites.items()}
            self._states.clear()
        for one in self._records.sites_now.moved(self._moved):
            self._known[one.site] = one
            self._moved = max(self._moved, one.moved)

    def _judged(self, firm: str) -> Sight:
        now, listening_since = self._clock(), self._log.listening_since()
        unread = self._log.read(self._records.readers.position(READER), 1)
        behind = bool(unread) and now - unread[0].accepted_at > BEHIND_MS
        as_of = unread[0].accepted_at if behind else now
        return Sight(
            as_of,
            behind,
            tuple(self._seen(one, as_of, listening_since) for one in self._listed.get(firm, {}).values()),
        )

    def _seen(self, listed: SiteOfFleet, now: int, listening_since: int | None) -> Seen:
        place = self._places[listed.site.id]
        known = self._known.get(place.site) or SiteNow(place.site)
        state = self._states.at(place, known, listed.agents, listening_since, now)
        return Seen(listed, place, known, glance(state, now))

    async def _tend(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            self._progress.begin()
            try:
                await PAGES.run(self.warm)
                self._progress.done()
            except StoreError as error:
                self._progress.failed(error)
            await _pause(stop, _TEND_S if self._is_looked_at() else _TEND_IDLE_S)

    def warm(self) -> None:
        """Have in memory what is there, and judge it for those who look. Raises StoreError."""
        with self._lock:
            self._read()
            for firm in list(self._asked_at_s):
                if self._is_looked_at(firm):
                    self._sights[firm] = time.monotonic(), self._judged(firm)
                else:
                    del self._asked_at_s[firm]
                    self._sights.pop(firm, None)

    def _is_looked_at(self, firm: str | None = None) -> bool:
        asked = self._asked_at_s.values() if firm is None else [self._asked_at_s[firm]]
        return any(time.monotonic() - at_s < _WARM_FOR_S for at_s in asked)


def _as_seen_by(access: Access, one: Seen) -> Seen:
    """How many people are there is for who may see readings or passes of the site."""
    if any(access.may(noun, "see", site=one.place.site) for noun in _OF_PEOPLE):
        return one
    return replace(one, glance=replace(one.glance, people=None))


def _place(one: SiteOfFleet) -> Place:
    started = min((project.started for project in one.projects), default="1970-01-01")
    day = dt.date.fromisoformat(started)
    return Place(one.site.id, one.site.timezone, day, one.closes, one.rooms, one.devices)


async def _pause(stop: asyncio.Event, length_s: float) -> None:
    try:
        async with asyncio.timeout(length_s):
            await stop.wait()
    except TimeoutError:
        return
