"""How many bytes each site may have in quarantine, and what is kept of what comes beyond that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from store.records.contract import Beyond
from store.records.schema import QUARANTINE, QUARANTINE_BEYOND, QUARANTINE_USE
from store.records.statements import Row, put

#: Of one site; of what names no site all together. A site of thirty devices of which everything is set aside
#: fills it in a day, and one that is set right in time loses nothing.
QUARANTINE_BYTES: Final = 64 * 1024 * 1024
#: What a row takes beside its payload.
_ROW_BYTES: Final = 512


def within(connection: Connection, rows: Sequence[Row], quota_bytes: int) -> list[Row]:
    """Those of `rows` that may be kept. What is there already is left out, what does not fit is counted."""
    rows = _new(connection, rows)
    use: dict[str, int] = {row.site: row.bytes for row in connection.execute(select(QUARANTINE_USE))}
    kept: list[Row] = []
    beyond: list[Row] = []
    changed: dict[str, int] = {}
    for row in rows:
        site = row["site"] or ""
        size = len(row["payload"]) + _ROW_BYTES
        if use.get(site, 0) + size > quota_bytes:
            beyond.append(row)
            continue
        use[site] = changed[site] = use.get(site, 0) + size
        kept.append(row)
    put(connection, QUARANTINE_USE, [{"site": site, "bytes": held} for site, held in changed.items()])
    _count(connection, beyond)
    return kept


def _new(connection: Connection, rows: Sequence[Row]) -> list[Row]:
    """Without those that are there, and each digest once."""
    latest = {row["digest"]: row for row in rows}
    query = select(QUARANTINE.c.digest).where(QUARANTINE.c.digest.in_(list(latest)))
    held = set(connection.scalars(query))
    return [row for digest, row in latest.items() if digest not in held]


def _count(connection: Connection, rows: Sequence[Row]) -> None:
    groups: defaultdict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["site"] or "", row["agent"] or "", row["reason"]].append(row)
    for (site, agent, reason), group in groups.items():
        before = _held(connection, site, agent, reason)
        size = sum(len(row["payload"]) for row in group)
        received = [row["received"] for row in group]
        row = {
            "site": site, "agent": agent, "reason": reason, "digest": group[-1]["digest"],
            "count": len(group) + (before.count if before else 0),
            "bytes": size + (before.bytes if before else 0),
            "first": before.first if before else min(received),
            "last": max(received),
        }  # fmt: skip
        put(connection, QUARANTINE_BEYOND, [row])


def _held(connection: Connection, site: str, agent: str, reason: str) -> Beyond | None:
    columns = QUARANTINE_BEYOND.c
    query = select(QUARANTINE_BEYOND).where(
        columns.site == site, columns.agent == agent, columns.reason == reason
    )
    found = connection.execute(query).one_or_none()
    return None if found is None else Beyond(**found._asdict())


def beyond(connection: Connection, site: str | None) -> list[Beyond]:
    """All that came beyond a quota, of one site or of all."""
    query = select(QUARANTINE_BEYOND)
    if site is not None:
        query = query.where(QUARANTINE_BEYOND.c.site == site)
    return [Beyond(**row._asdict()) for row in connection.execute(query)]


def measure_anew(connection: Connection) -> None:
    """After rows went."""
    site: Any = func.coalesce(QUARANTINE.c.site, "")
    size = func.sum(func.length(QUARANTINE.c.payload) + _ROW_BYTES)
    connection.execute(delete(QUARANTINE_USE))
    connection.execute(
        insert(QUARANTINE_USE).from_select(["site", "bytes"], select(site, size).group_by(site))
    )
