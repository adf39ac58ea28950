"""All sites of a firm at once, as far as an access reaches: a bounded number of questions, however many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from store.records.access import Access
from store.records.registry import Language, RegisteredProject, Site
from store.records.schema import PROJECT, SITE
from store.records.session import Session
from store.records.tenancy import rows_of


@dataclass(frozen=True, slots=True)
class SiteOfFleet:
    """A site and the work that is done there."""

    site: Site
    projects: Sequence[RegisteredProject]

    def name(self, language: Language) -> str:
        """That of the work, the site's id where there is none."""
        project = next(iter(self.projects), None)
        if project is None:
            return self.site.id
        return project.name_zh if language == "zh" else project.name_en


class Fleet:
    """Blocking; raises StoreError where the database will not."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def seen_by(self, access: Access) -> list[SiteOfFleet]:
        """The sites that an access reaches, by id."""
        with self._session.read() as connection:
            sites = connection.execute(rows_of(SITE, access.firm).order_by(SITE.c.id)).mappings().all()
            projects = connection.execute(rows_of(PROJECT, access.firm).order_by(PROJECT.c.id))
            by_site: defaultdict[str, list[RegisteredProject]] = defaultdict(list)
            for row in projects.mappings():
                by_site[row["site"]].append(RegisteredProject(**row))
        return [
            SiteOfFleet(Site(**row), by_site[row["id"]])
            for row in sites
            if access.may("site", "see", site=row["id"])
        ]
