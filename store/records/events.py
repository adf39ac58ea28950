"""What happened on sites. It concerns people: a retention of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, get_args

from sqlalchemy import bindparam, delete, select

from store.records.contract import SiteEvent
from store.records.schema import EVENT
from store.records.session import Session
from store.records.statements import Row, add_new
from wire import batch as wire_batch
from wire.batch import EventKind

#: The reader of the log that keeps them.
READER: Final = "events"
#: Events of kinds that a newer version stored are left out.
_KINDS: Final = get_args(EventKind)
#: Made once: a statement costs more to make than to run.
_SPAN: Final = (
    select(EVENT.c.agent, EVENT.c.body)
    .where(
        EVENT.c.site == bindparam("site"),
        EVENT.c.time >= bindparam("start"),
        EVENT.c.time < bindparam("end"),
    )
    .order_by(EVENT.c.time, EVENT.c.kind, EVENT.c.agent, EVENT.c.body)
)
_BETWEEN: Final = _SPAN.where(EVENT.c.kind.in_(_KINDS))
_OF_KIND: Final = _SPAN.where(EVENT.c.kind == bindparam("kind"))


class Events:
    """By site and time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, events: Sequence[SiteEvent]) -> None:
        """What has happened already changes nothing, whoever tells it (`wire.batch.identity_of`)."""
        rows = [_row(one) for one in events]
        with self._session.write() as connection:
            add_new(connection, EVENT, rows)

    def between(
        self, site: str, start: int, end: int, kind: str | None = None, *, limit: int | None = None
    ) -> list[SiteEvent]:
        """Events with start <= time < end (UTC ms), by time; the first `limit` of them."""
        query = _BETWEEN if kind is None else _OF_KIND
        bound = {"site": site, "start": start, "end": end} | ({} if kind is None else {"kind": kind})
        with self._session.read() as connection:
            rows = connection.execute(query if limit is None else query.limit(limit), bound).all()
        events = wire_batch.EVENT.of_texts([body for _, body in rows])
        return [SiteEvent(site, row.agent, event) for row, event in zip(rows, events, strict=True)]

    def forget(self, before: int) -> int:
        """Delete what happened before UTC ms `before`; how many."""
        with self._session.write() as connection:
            return connection.execute(delete(EVENT).where(EVENT.c.time < before)).rowcount

    def erase(self, site: str) -> None:
        """Delete a site's."""
        with self._session.write() as connection:
            connection.execute(delete(EVENT).where(EVENT.c.site == site))


def _row(one: SiteEvent) -> Row:
    return {
        "site": one.site,
        "time": one.event.time,
        "kind": one.event.kind,
        "agent": one.agent,
        "digest": wire_batch.identity_of(one.event),
        "body": wire_batch.EVENT.text(one.event),
    }
