"""The records: one repository a noun, one transaction over them all; on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from store.engine import SqlDatabase
from store.records import quota
from store.records.access import Access
from store.records.agent_states import AgentStates
from store.records.agents import Agents
from store.records.changes import Changes
from store.records.customers import Customers
from store.records.devices import Devices
from store.records.events import Events
from store.records.exchanges import Exchanges
from store.records.feed import Feed, OpenFeed
from store.records.firms import Firms
from store.records.fleet import Fleet
from store.records.identities import Identities
from store.records.imports import Imports
from store.records.links import Links
from store.records.migration import migrate
from store.records.projects import Projects
from store.records.quarantine import Quarantine
from store.records.readers import Readers
from store.records.registry import Directory
from store.records.rooms import Rooms
from store.records.seen import Seen
from store.records.session import Each, Held, Session
from store.records.site_now import SitesNow
from store.records.sites import Sites


class Repositories(Identities):
    """All of them, by one way to the tables. Blocking; raises StoreError where the database will not."""

    def __init__(self, session: Session, quarantine_bytes: int) -> None:
        super().__init__(session)
        self.events = Events(session)
        self.agent_states = AgentStates(session)
        self.quarantine = Quarantine(session, quarantine_bytes)
        self.exchanges = Exchanges(session)
        self.readers = Readers(session)
        self.feed = self._feed(session)
        self.changes = Changes(session)
        self.imports = Imports(session)
        self._register(session)
        self.fleet = Fleet(self.sites, self.projects, self.rooms, self.devices, self.agents)
        self.sites_now = SitesNow(session)

    def _register(self, session: Session) -> None:
        """The nouns of the registry, whose changes the feed tells."""
        self.firms = Firms(session, self.feed)
        self.customers = Customers(session, self.feed)
        self.sites = Sites(session, self.feed)
        self.projects = Projects(session, self.feed)
        self.rooms = Rooms(session, self.feed)
        self.agents = Agents(session, self.feed)
        self.devices = Devices(session, self.feed)
        self.links = Links(session, self.feed)

    def _feed(self, session: Session) -> Feed:
        return Feed(session)

    def seen_by(self, access: Access) -> Seen:
        """What an access sees and may change, for whatever faces people or programs."""
        return Seen(self, access)

    def directory(self) -> Directory:
        """Who may send what, of all firms: ingest serves them all."""
        devices = self.devices.present_by_site()
        known: list[str] = [site.id for site in self.sites.everywhere()]
        sites = {site: devices.get(site, frozenset()) for site in known}
        return Directory(
            self.agents.present_by_site(), sites, self.projects.begun(), self.devices.retired_by_site()
        )


class Transaction(Repositories):
    """What is done by these is done together or not at all."""

    feed: OpenFeed

    def _feed(self, session: Session) -> OpenFeed:
        return OpenFeed(session)


class Records(Repositories):
    """`Records(sqlite_url(path))` or `Records("postgresql://user:password@host/name")`. Safe to call from
    several threads. Each call of a repository here is a transaction of its own, durable when it returns."""

    def __init__(self, url: str, quarantine_bytes: int = quota.QUARANTINE_BYTES) -> None:
        """Opening makes the tables or brings them up to date. `quarantine_bytes` is each site's quota of the
        quarantine. Raises StoreError where the database will not."""
        self._database = SqlDatabase(url)
        self._quarantine_bytes = quarantine_bytes
        with self._database.closed_on_error():
            migrate(self._database)
        super().__init__(Each(self._database), quarantine_bytes)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """One transaction, durable at its end and undone by any error. It holds SQLite's one place for a
        writer: nothing slow belongs into it."""
        with self._database.write() as connection:
            transaction = Transaction(Held(connection), self._quarantine_bytes)
            yield transaction
            transaction.feed.write()

    def probe(self) -> None:
        """Take the place of a writer and give it back. Raises StoreError where nothing could be written."""
        with self._database.write() as connection:
            connection.exec_driver_sql("SELECT 1")

    @contextmanager
    def trial(self) -> Iterator[Transaction]:
        """As `begin`, and all of it undone at the end: to see what something would change."""
        with self._database.write() as connection:
            yield Transaction(Held(connection), self._quarantine_bytes)
            connection.rollback()

    def forget(self, events_before: int, quarantine_before: int) -> tuple[int, int]:
        """Retention (invariant 6): delete older events and quarantine items; how many."""
        with self.begin() as done:
            return done.events.forget(events_before), done.quarantine.forget(quarantine_before)

    def forget_access(self, now: int) -> int:
        """Retention of who may enter: sessions, passes and keys of forms that are over; how many."""
        with self.begin() as done:
            return sum(kept.forget(now) for kept in (done.sessions, done.passes, done.forms_done))

    def erase(self, site: str) -> None:
        """Delete what a site left: its events, what is known of it now, agent states, quarantine and
        exchanged meters. The registry is not touched."""
        with self.begin() as done:
            left = (done.events, done.sites_now, done.agent_states, done.quarantine, done.exchanges)
            for repository in left:
                repository.erase(site)

    def close(self) -> None:
        """Close every connection."""
        self._database.close()
