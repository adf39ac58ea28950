"""What is known of each site now: one small row, kept by the reader of the log in the transaction of its
place.

*Is*: facts, folded from batches and changes of agents in the order of the log; a page of a thousand sites
reads a thousand rows. *Is not*: a judgement: whether a site is silent depends on the clock of who looks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, select

from store.records.schema import SITE_NOW
from store.records.session import Session
from store.records.statements import put
from wire.batch import FaultReason

#: Of how many hours is kept in which a device spoke.
HOURS: Final = 24


class Heard(NamedTuple):
    """When a device spoke: the first and the newest time (UTC ms), and in which hours up to that of the
    newest: bit n of `hours` is the hour n before it."""

    first: int
    time: int
    hours: int


class AgentSaid(NamedTuple):
    """What of an agent counts (`store.log.change`): since when (UTC ms of our clock), when it wrote it by its
    own clock, whether it was found quiet after that, and what is wrong with each device it reads."""

    received: int
    sent: int
    online: bool
    quiet: bool
    devices: dict[str, FaultReason | None]


@dataclass(slots=True)
class SiteNow:
    """`alarms`: (device, quantity) -> time and value of its newest reading, of quantities that ring; `stays`:
    of the newest local day with a passage, start and end (UTC ms), without who. `moved`: the log's offset."""

    site: str
    moved: int = 0
    devices: dict[str, Heard] = field(default_factory=dict)
    alarms: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)
    stays: list[tuple[int, int]] = field(default_factory=list)
    agents: dict[str, AgentSaid] = field(default_factory=dict)


class SitesNow:
    """One row a site. Blocking; raises StoreError where the database will not."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, sites: Iterable[str]) -> dict[str, SiteNow]:
        """What is known of these sites; of one never heard of, nothing."""
        found = {site: SiteNow(site) for site in sites}
        query = select(SITE_NOW).where(SITE_NOW.c.site.in_(sorted(found)))
        with self._session.read() as connection:
            rows = connection.execute(query).all() if found else []
        return found | {row.site: _read(row.site, row.moved, row.body) for row in rows}

    def moved(self, after: int) -> list[SiteNow]:
        """Those that an entry of the log after this offset has changed, of all firms."""
        query = select(SITE_NOW).where(SITE_NOW.c.moved > after)
        with self._session.read() as connection:
            rows = connection.execute(query).all()
        return [_read(row.site, row.moved, row.body) for row in rows]

    def put(self, sites: Sequence[SiteNow]) -> None:
        """Keep them instead of what was there."""
        rows = [{"site": one.site, "moved": one.moved, "body": _written(one)} for one in sites]
        with self._session.write() as connection:
            put(connection, SITE_NOW, rows)

    def erase(self, site: str) -> None:
        """Delete a site's."""
        with self._session.write() as connection:
            connection.execute(delete(SITE_NOW).where(SITE_NOW.c.site == site))


def _written(one: SiteNow) -> str:
    body = {
        "devices": {device: (said.first, said.time, said.hours) for device, said in one.devices.items()},
        "alarms": [(*series, *said) for series, said in one.alarms.items()],
        "stays": one.stays,
        "agents": {
            agent: (said.received, said.sent, said.online, said.quiet, said.devices)
            for agent, said in one.agents.items()
        },
    }
    return json.dumps(body, separators=(",", ":"))


def _read(site: str, moved: int, text: str) -> SiteNow:
    body: dict[str, Any] = json.loads(text)
    return SiteNow(
        site,
        moved,
        {device: Heard(*said) for device, said in body["devices"].items()},
        {(device, quantity): (time, value) for device, quantity, time, value in body["alarms"]},
        [(start, end) for start, end in body["stays"]],
        {agent: AgentSaid(*said) for agent, said in body["agents"].items()},
    )
