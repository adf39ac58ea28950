"""The one filter between firms: whoever reads or changes rows of a firm gets the statement from here.

A test refuses any other statement over these tables, and any other maker of a `SiteRef`
(tests/architecture/guards.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NewType

from sqlalchemy import ColumnElement, Delete, Select, Table, Update, delete, select, update

from store.records.schema_access import METADATA

#: A site that somebody may ask about: it came out of the registry, for its firm. What faces people or
#: programs asks the stores with this and not with any string (`store.scoped`).
SiteRef = NewType("SiteRef", str)

#: What belongs to no firm by itself: the firms; what sites send, who are known by their ids (see schema);
#: what people say of their meters; positions of readers; passes, of which the first owner's is
#: of no firm yet.
WITHOUT_FIRM = frozenset(
    {
        "firm",
        "event",
        "agent_state",
        "quarantine",
        "meter_exchange",
        "reader",
        "one_time_pass",
        "quarantine_use",
        "quarantine_beyond",
    }
)
OF_FIRMS = frozenset(METADATA.tables) - WITHOUT_FIRM


def site_ref(site: str) -> SiteRef:
    """For who enters a site into the registry or names one to it."""
    return SiteRef(site)


def rows_of(table: Table, firm: str, site: str | None = None, *, retired: bool = False) -> Select[Any]:
    """A table's rows that belong to `firm`, of one site where that is given; `retired`: also what is no
    more. All columns but that one."""
    query = select(*(column for column in table.c if column.name != "retired"))
    if "retired" in table.c and not retired:
        query = query.where(table.c.retired.is_(None))
    return query.where(*_belongs(table, firm, site))


def whole_of(table: Table, firm: str) -> Select[Any]:
    """All columns of all rows that belong to `firm`, also of what is no more."""
    return select(table).where(*_belongs(table, firm, None))


def retired_of(table: Table, firm: str, site: str | None = None) -> Select[Any]:
    """As `rows_of`, what is no more alone."""
    return rows_of(table, firm, site, retired=True).where(table.c.retired.is_not(None))


def change_of(table: Table, firm: str | None, site: str | None = None) -> Update:
    """To change rows that belong to `firm` (None: to none yet); the caller says which, and to what."""
    return update(table).where(*_belongs(table, firm, site))


def delete_of(table: Table, firm: str, site: str | None = None) -> Delete:
    """To delete rows that belong to `firm`; the caller may say which."""
    return delete(table).where(*_belongs(table, firm, site))


def across_firms(table: Table) -> Select[Any]:
    """Rows of every firm, all columns: for what serves them all. A test lists who may."""
    return select(table)


def delete_older(table: Table, before: datetime) -> Delete:
    """Retention, of every firm: what bears a moment (`at`) before."""
    return delete(table).where(table.c.at < before)


def _belongs(table: Table, firm: str | None, site: str | None) -> list[ColumnElement[bool]]:
    one_firm = [table.c.firm == firm]
    return one_firm if site is None else [*one_firm, table.c.site == site]
