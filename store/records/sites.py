"""The places where work goes on."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from store.records import changes
from store.records.changes import By, Change
from store.records.noun import Noun
from store.records.registry import Site
from store.records.schema import SITE
from store.records.tenancy import across_firms, delete_of, rows_of


class Sites(Noun[Site]):
    """A site's id is on the wire, so it is unique over all firms."""

    name = "site"
    table = SITE
    row = Site
    keys = ("firm", "id")

    def of(self, firm: str, *, limit: int = 100, after: str = "", retired: bool = False) -> list[Site]:
        """By id, from the one after `after`; `retired`: also those that are no more."""
        query = rows_of(SITE, firm, retired=retired).where(SITE.c.id > after)
        return self.rows(query.order_by(SITE.c.id).limit(limit))

    def all_sites(self) -> list[Site]:
        """Of all firms, also those that are no more: for whoever keeps the whole."""
        return self.rows(across_firms(SITE).order_by(SITE.c.id))

    def erase(self, firm: str, site: str) -> None:
        """Delete it with its past; what is of it is to be deleted before."""
        with self._session.write() as connection:
            connection.execute(delete_of(SITE, firm).where(SITE.c.id == site))
            changes.forget(connection, firm, site)

    def _put(self, connection: Connection, firm: str, rows: list[Site], by: By) -> list[Change]:
        """Raises ValueError where one belongs to another firm already."""
        own = {row["id"] for row in connection.execute(rows_of(SITE, firm, retired=True)).mappings()}
        if taken := _taken_ids(connection, {site.id for site in rows} - own):
            raise ValueError(
                f"site {min(taken)} belongs to another firm: a site's id is unique over all firms"
            )
        return super()._put(connection, firm, rows, by)

    def _topic(self, row: Site) -> str:
        return f"site:{row.id}"

    def site_of(self, row: Site) -> str:
        """Itself."""
        return row.id


def _taken_ids(connection: Connection, ids: Iterable[str]) -> set[str]:
    return set(connection.scalars(across_firms(SITE).where(SITE.c.id.in_(ids))))
