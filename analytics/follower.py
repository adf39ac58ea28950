"""The reader of the log for what it means: it keeps what is known of each site. Alerts will come of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from analytics import fold
from analytics.situation.headcount import Passage
from analytics.situation.place import local_day
from parts.part import Part
from parts.progress import Progress
from parts.turn import Turn
from store.errors import StoreError
from store.log.change import Change
from store.log.contract import Log, Record
from store.log.decoder import Decoder
from store.log.hint import Hint
from store.log.reader import Taken, read_on
from store.records.events import READER as EVENTS
from store.records.fleet import SiteOfFleet
from store.records.records import Records, Transaction
from store.records.site_now import SiteNow
from store.records.watch import followed
from store.threads import ANALYTICS
from wire.batch import Batch

LOGGER = logging.getLogger("plumbline.analytics")

READER: Final = "analytics"
#: A step of the follower, in batches.
STEP_BATCHES: Final = 500
#: A position is a transaction: not one for every batch that trickles in.
LINGER_S: Final = 1.0
#: What of the registry it asks: whose a site is, and when its day begins and closes.
_ASKED: Final = frozenset({"site", "project"})


@dataclass(slots=True)
class FollowerCounters:
    """Since the process started; `position` is a log offset."""

    batches: int = 0
    position: int = 0
    store_failures: int = 0
    undecodable: int = 0
    registered: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """An entry and what it says; None: nothing of a site, or nothing that can be read."""

    record: Record
    said: Batch | Change | None


class Follower:
    """Reads the log in order from where it last was, behind the reader that keeps events: so that it can ask
    for all passages of a day. A store that fails is asked again, ever more slowly."""

    def __init__(self, log: Log, records: Records, hint: Hint) -> None:
        self._log = log
        self._records = records
        self._hint = hint
        self._decoder = Decoder(records)
        self._progress = Progress()
        self._sites: dict[str, SiteOfFleet] = {}
        self._newest_sites = followed(records.feed, _ASKED, self._every_site)
        self.counters = FollowerCounters()

    def part(self, lease: Turn | None = None) -> Part:
        """It as a part of a process; `lease`: where several processes might do its work."""
        return Part("analytics", self.run, lambda: asdict(self.counters), self._progress.well, lease)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; a step that has begun is finished."""
        await read_on(ANALYTICS, self.step, self._failed, self._progress, self._hint, LINGER_S, stop)

    def _failed(self, error: StoreError) -> None:
        self.counters.store_failures += 1
        LOGGER.error("%s; the log waits", error)

    def step(self) -> Taken:
        """Read on and keep the place. The log waits for who has one, so it is taken before the first step.
        Blocking; raises StoreError."""
        if not self.counters.registered:
            self._records.readers.move(READER, 0)
            self.counters.registered = True
        positions = self._records.readers.positions()
        records = self._log.read(positions[READER], STEP_BATCHES)
        kept = [record for record in records if record.offset <= positions.get(EVENTS, 0)]
        if kept:
            self._take([_Read(record, self._said(record)) for record in kept])
        return Taken(len(kept), full=len(kept) == STEP_BATCHES)

    def _every_site(self) -> dict[str, SiteOfFleet]:
        return {site: one for sites in self._records.fleet.by_firm().values() for site, one in sites.items()}

    def _said(self, record: Record) -> Batch | Change | None:
        """Before the transaction: what cannot be read is set aside in one of its own."""
        kind = record.entry.kind
        return self._decoder.batch(record) if kind == "batch" else self._decoder.change(record)

    def _take(self, entries: Sequence[_Read]) -> None:
        if (changed := self._newest_sites()) is not None:
            self._sites = changed
        reached = entries[-1].record.offset
        with self._records.begin() as done:
            known = done.sites_now.of({one.record.entry.site for one in entries if one.said is not None})
            for one in entries:
                self._fold(known, one, done)
            self._count(known, entries, done)
            done.sites_now.put(list(known.values()))
            done.readers.move(READER, reached)
        self.counters.position = reached
        self.counters.batches += len(entries)
        self.counters.undecodable = self._decoder.undecodable

    def _fold(self, known: dict[str, SiteNow], one: _Read, done: Transaction) -> None:
        entry, said = one.record.entry, one.said
        if said is None:
            return
        site = known[entry.site]
        site.moved = one.record.offset
        if not isinstance(said, Change):
            fold.take_batch(site, entry.agent, said, one.record.accepted_at)
            return
        fold.take_change(site, entry.agent, said)
        if (owner := self._sites.get(entry.site)) is not None:
            done.feed.say(
                owner.site.firm, f"site:{entry.site}", f"agent:{entry.agent}", one.record.accepted_at
            )

    def _count(self, known: dict[str, SiteNow], entries: Sequence[_Read], done: Transaction) -> None:
        """Who is there, of sites at which somebody passed a badge reader: by all passages of their day."""
        passed = {one.record.entry.site: one.record.accepted_at for one in entries if _passes(one.said)}
        for site, at in passed.items():
            if (listed := self._sites.get(site)) is None:
                continue
            day = local_day(listed.site.zone, listed.closes, at)
            found = (one.event for one in done.events.between(site, day.start, day.end, "badge"))
            passages = [Passage(one.time, one.badge, one.direction) for one in found if one.badge is not None]
            fold.count(known[site], passages, day)


def _passes(said: Batch | Change | None) -> bool:
    return said is not None and any(event.kind == "badge" for event in said.events)
