"""The records as one access sees and changes them: what rooms and programs ask, instead of a repository and a
firm.

`records.seen_by(access)` knows the firm, so nobody can forget it; how far a right reaches within it is part
of each query, so that a row out of reach is as absent as one that does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sqlalchemy import Select

from store.records.access import Access, Denied, Verb
from store.records.access import Noun as RightNoun
from store.records.changes import By, Change
from store.records.noun import Noun
from store.records.registry import RegisteredProject
from store.records.schema import PROJECT
from store.records.seen_links import SeenLinks
from store.records.tenancy import SiteRef, seen_rows

if TYPE_CHECKING:
    from store.records.records import Repositories

Row = TypeVar("Row")
#: Rows of one answer, where nobody asks for fewer.
MOST: Final = 1_000


class SeenRows(Generic[Row]):
    """One noun of the registry. Keys are without the firm: `id`, or `site, id`. Blocking. Raises Denied where
    the right is not held at all, StoreError where the database will not."""

    def __init__(self, noun: Noun[Row], access: Access) -> None:
        self._noun = noun
        self._access = access

    def all(
        self, site: str | None = None, *, after: str = "", limit: int = MOST, retired: bool = False
    ) -> list[Row]:
        """As the noun is listed, site by site; from the one after `after`: by id. `retired`: also those that
        are no more."""
        query = self._query("see", site, retired=retired).limit(limit)
        table = self._noun.table
        if after:
            return self._noun.rows(query.where(table.c.id > after).order_by(table.c.id))
        by_site = [table.c.site] if site is None and "site" in self._noun.keys else []
        return self._noun.rows(query.order_by(*by_site, *self._noun.order()))

    def retired(self, site: str | None = None) -> frozenset[str]:
        """The ids of those that are no more."""
        gone = self._query("see", site, retired=True).where(self._noun.table.c.retired.is_not(None))
        return frozenset(row.id for row in self._noun.rows(gone))  # type: ignore[attr-defined]  # every noun has one

    def get(self, *key: str) -> Row | None:
        """One row, also one that is no more."""
        return self._reached("see", *key)

    def may(self, verb: Verb, *key: str) -> bool:
        """Whether a row is there to be changed or taken out: what decides if a page offers it."""
        held = self._access.scope(self._noun.name, verb) is not None
        return held and self._reached(verb, *key) is not None

    def put(self, rows: Sequence[Row], at: int) -> list[Change]:
        """Add and change, as `Noun.put`: by the access, and in its firm whatever a row says. Raises Denied
        where a row is out of reach as it was, or as it would be."""
        own: list[Row] = [replace(row, firm=self._access.firm) for row in rows]  # type: ignore[type-var]
        for row in own:
            self._need(row)
        return self._noun.put(own, By(self._access.who, at))

    def retire(self, *key: str, at: int) -> Change | None:
        """It is no more from now on; None where there was none."""
        if self._reached("remove", *key) is None:
            return None
        return self._noun.retire(self._access.firm, *key, by=By(self._access.who, at))

    def _reached(self, verb: Verb, *key: str) -> Row | None:
        *site, name = key
        query = self._query(verb, *site, retired=True).where(self._noun.table.c.id == name)
        found = self._noun.rows(query)
        return found[0] if found else None

    def _query(self, verb: Verb, site: str | None = None, *, retired: bool) -> Select[Any]:
        noun = self._noun
        return seen_rows(noun.table, self._access, noun.name, verb, site, retired=retired)

    def _need(self, row: Row) -> None:
        firm, *key = self._noun.key(row)
        name, site = self._noun.name, self._noun.site_of(row)
        new = self._noun.get(firm, *key) is None
        if not new and self._reached("change", *key) is None:
            raise Denied(name, "change", held=True)
        if new or site is not None:
            project = key[0] if name == "project" else None
            self._access.need(name, "add" if new else "change", site=site, project=project)


class Seen:
    """What one access sees of the records."""

    def __init__(self, records: Repositories, access: Access) -> None:
        self.access: Final = access
        self._projects = records.projects
        self.customers = SeenRows(records.customers, access)
        self.sites = SeenRows(records.sites, access)
        self.projects = SeenRows(records.projects, access)
        self.rooms = SeenRows(records.rooms, access)
        self.agents = SeenRows(records.agents, access)
        self.devices = SeenRows(records.devices, access)
        self.links = SeenLinks(records.links, records.projects, access)

    def work_at_sites(self) -> list[RegisteredProject]:
        """The projects of the sites one sees: what is done there is part of what a site is."""
        return self._projects.rows(seen_rows(PROJECT, self.access, "site", "see").order_by(PROJECT.c.id))

    def at(self, site: str, noun: RightNoun, verb: Verb = "see") -> SiteRef:
        """The site, to ask what it has sent (readings, events, statuses, quarantine) by. Raises Denied where
        the right does not reach it, or there is no such site."""
        found = self.sites.get(site)
        if found is None:
            raise Denied(noun, verb, held=True)
        self.access.need(noun, verb, site=site)
        return found.id
