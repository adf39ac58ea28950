"""The one filter between firms, and within one between what an access reaches and what it does not: whoever
reads or changes rows of a firm gets the statement from here.

A test refuses any other statement over these tables, and any other maker of a `SiteRef`
(tests/architecture/guards.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NewType

from sqlalchemy import ColumnElement, Delete, Select, Table, Update, delete, false, select, true, update

from store.records.access import Access, Denied, Noun, Scope, Verb
from store.records.schema import CUSTOMER, LINK, PROJECT, REGISTRY_CHANGE, SITE
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
        "site_now",
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


def seen_rows(
    table: Table, access: Access, noun: Noun, verb: Verb, site: str | None = None, *, retired: bool = False
) -> Select[Any]:
    """As `rows_of`, those that a right of the access reaches. Raises Denied where it is not held at all; what
    is out of its reach is no row."""
    scope = access.scope(noun, verb)
    if scope is None:
        raise Denied(noun, verb, held=False)
    query = rows_of(table, access.firm, site, retired=retired)
    return query if scope == "firm" else query.where(_reached(table, access, scope))


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


def delete_unseen(table: Table, before: int) -> Delete:
    """Retention, of every firm: what was last `seen` before UTC ms."""
    return delete(table).where(table.c.seen < before)


def delete_everywhere(table: Table) -> Delete:
    """Retention of every firm: what is over. The caller says which. A test lists who may."""
    return delete(table)


def _belongs(table: Table, firm: str | None, site: str | None) -> list[ColumnElement[bool]]:
    one_firm = [table.c.firm == firm]
    return one_firm if site is None else [*one_firm, table.c.site == site]


def _reached(table: Table, access: Access, scope: Scope) -> ColumnElement[bool]:
    """By the column that says whose a row is: its project, its site, whoever entered it."""
    if table is CUSTOMER:
        return _customers(access, scope)
    if scope == "own":
        return false()
    if table is LINK:
        return _among(LINK.c.project, access.projects)
    if table is PROJECT and scope == "project":
        return _among(PROJECT.c.id, access.projects)
    return _among(table.c.id if table is SITE else table.c.site, access.sites)


def _customers(access: Access, scope: Scope) -> ColumnElement[bool]:
    """Of the projects one is on; one's own are those one entered."""
    if scope == "own":
        entered = REGISTRY_CHANGE.c
        own = rows_of(REGISTRY_CHANGE, access.firm).with_only_columns(entered.key)
        own = own.where(entered.noun == "customer", entered.what == "added", entered.author == access.who)
        return CUSTOMER.c.id.in_(own)
    projects = rows_of(PROJECT, access.firm, retired=True).with_only_columns(PROJECT.c.customer)
    return CUSTOMER.c.id.in_(projects.where(_reached(PROJECT, access, scope)))


def _among(column: ColumnElement[str], those: frozenset[str] | None) -> ColumnElement[bool]:
    return true() if those is None else column.in_(sorted(those))
