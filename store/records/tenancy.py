"""The one filter between firms: whoever asks for rows of a firm gets them from here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, Table, select

from store.records.schema import METADATA

#: What belongs to no firm by itself: the firms; what sites send, who are known by their ids (see schema);
#: positions of readers.
WITHOUT_FIRM = frozenset({"firm", "event", "agent_state", "quarantine", "reader"})
OF_FIRMS = frozenset(METADATA.tables) - WITHOUT_FIRM


def rows_of(table: Table, firm: str, site: str | None = None, *, retired: bool = False) -> Select[Any]:
    """A table's rows that belong to `firm`, of one site where that is given; `retired`: also what is no
    more. All columns but that one."""
    query = select(*(column for column in table.c if column.name != "retired")).where(table.c.firm == firm)
    if "retired" in table.c and not retired:
        query = query.where(table.c.retired.is_(None))
    return query if site is None else query.where(table.c.site == site)
