"""Links of projects, as far as an access reaches."""

from __future__ import annotations

from store.records.access import Access, Denied, Verb
from store.records.changes import By
from store.records.links import Link, Links
from store.records.projects import Projects
from store.records.schema import LINK, PROJECT
from store.records.tenancy import seen_rows


class SeenLinks:
    """See `store.records.seen`. Raises Denied where the right is not held at all, ValueError where a digest
    is another link's already."""

    def __init__(self, links: Links, projects: Projects, access: Access) -> None:
        self._links = links
        self._projects = projects
        self._access = access

    def all(self, project: str | None = None) -> list[Link]:
        """Of a project or of all one sees, also those that are over, by id."""
        query = seen_rows(LINK, self._access, "link", "see").order_by(LINK.c.id)
        return self._links.rows(query if project is None else query.where(LINK.c.project == project))

    def get(self, link: int) -> Link | None:
        """One of them."""
        return self._reached("see", link)

    def add(self, project: str, whom: str, digest: bytes, expires: int | None, at: int) -> Link:
        """A new one. Raises Denied where the project is out of reach."""
        access = self._access
        if not self.may_add(project):
            raise Denied("link", "add", held=True)
        return self._links.add(access.firm, project, whom, digest, expires, By(access.who, at))

    def may_add(self, project: str) -> bool:
        """Whether there is such a project within reach. Raises Denied where the right is not held at all."""
        query = seen_rows(PROJECT, self._access, "link", "add").where(PROJECT.c.id == project)
        return bool(self._projects.rows(query))

    def revoke(self, link: int, at: int) -> Link | None:
        """It opens nothing from now on; as it is then, None where there is none that opens."""
        if self._reached("remove", link) is None:
            return None
        return self._links.revoke(self._access.firm, link, By(self._access.who, at))

    def end(self, link: int, expires: int | None, at: int) -> Link | None:
        """Another end, for whoever may make links; as `revoke`."""
        if self._reached("add", link) is None:
            return None
        return self._links.end(self._access.firm, link, expires, By(self._access.who, at))

    def _reached(self, verb: Verb, link: int) -> Link | None:
        query = seen_rows(LINK, self._access, "link", verb).where(LINK.c.id == link)
        found = self._links.rows(query)
        return found[0] if found else None
