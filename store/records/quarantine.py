"""What could not be accepted, whole, with its reason, until it is replayed or its time is over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Select, delete, func, select, update

from store.records import quota
from store.records.contract import Beyond, Quarantined
from store.records.schema import QUARANTINE, QUARANTINE_BEYOND, QUARANTINE_USE
from store.records.session import Session
from store.records.statements import Row, add_new

_ITEM: Final = select(
    *(QUARANTINE.c[name] for name in Quarantined.__dataclass_fields__)  # in the order of the dataclass
)


class Quarantine:
    """Items by id. Each site has a quota of bytes."""

    def __init__(self, session: Session, quota_bytes: int) -> None:
        self._session = session
        self._quota_bytes = quota_bytes

    def add(self, items: Sequence[Quarantined]) -> None:
        """Durable when it returns; the same payload from the same topic is kept once. Of what is beyond the
        quota of its site only the number, the size and the last digest are kept. `id` is not looked at."""
        rows = [_row(item) for item in items]
        if not rows:
            return
        with self._session.write() as connection:
            add_new(connection, QUARANTINE, quota.within(connection, rows, self._quota_bytes))

    def beyond_quota(self, site: str | None = None) -> list[Beyond]:
        """What came beyond the quota, of one site or of all."""
        with self._session.read() as connection:
            return quota.beyond(connection, site)

    def items(
        self,
        limit: int = 100,
        after_id: int = 0,
        *,
        site: str | None = None,
        reason: str | None = None,
        waiting: bool = False,
    ) -> list[Quarantined]:
        """By id; `waiting` leaves out what was replayed."""
        columns = QUARANTINE.c
        query = _ITEM.where(columns.id > after_id)
        if site is not None:
            query = query.where(columns.site == site)
        if reason is not None:
            query = query.where(columns.reason == reason)
        if waiting:
            query = query.where(columns.replayed.is_(None))
        return self._items(query.order_by(columns.id).limit(limit))

    def item(self, item_id: int) -> Quarantined | None:
        """One by its id."""
        found = self._items(_ITEM.where(QUARANTINE.c.id == item_id))
        return found[0] if found else None

    def _items(self, query: Select[Any]) -> list[Quarantined]:
        with self._session.read() as connection:
            return [Quarantined(*row) for row in connection.execute(query)]

    def counts(self, site: str | None = None) -> dict[tuple[str | None, str], int]:
        """(site, reason) -> how many wait."""
        columns = QUARANTINE.c
        query = select(columns.site, columns.reason, func.count()).where(columns.replayed.is_(None))
        if site is not None:
            query = query.where(columns.site == site)
        with self._session.read() as connection:
            rows = connection.execute(query.group_by(columns.site, columns.reason)).all()
        return {(where, reason): count for where, reason, count in rows}

    def mark_replayed(self, item_id: int, replayed: int) -> None:
        """The item was taken in at UTC ms `replayed`; it is kept until retention takes it."""
        self._change(item_id, {"replayed": replayed})

    def narrow(self, item_id: int, reason: str, detail: str) -> None:
        """A replay took a part: the item still waits, now for this reason."""
        self._change(item_id, {"reason": _storable(reason), "detail": _storable(detail)})

    def _change(self, item_id: int, changes: Row) -> None:
        with self._session.write() as connection:
            connection.execute(update(QUARANTINE).where(QUARANTINE.c.id == item_id).values(changes))

    def forget(self, before: int) -> int:
        """Delete what was received before UTC ms `before`, replayed or not; how many."""
        with self._session.write() as connection:
            items = connection.execute(delete(QUARANTINE).where(QUARANTINE.c.received < before))
            connection.execute(delete(QUARANTINE_BEYOND).where(QUARANTINE_BEYOND.c.last < before))
            quota.measure_anew(connection)
            return items.rowcount

    def erase(self, site: str) -> None:
        """Delete a site's."""
        with self._session.write() as connection:
            for table in (QUARANTINE, QUARANTINE_USE, QUARANTINE_BEYOND):
                connection.execute(delete(table).where(table.c.site == site))


def _row(item: Quarantined) -> Row:
    row = {
        name: _storable(value) if isinstance(value, str) else value for name, value in asdict(item).items()
    }
    del row["id"]
    topic = item.topic.encode(errors="replace")
    length = len(topic).to_bytes(8, "big")
    row["digest"] = hashlib.blake2b(length + topic + item.payload, digest_size=16).digest()
    return row


def _storable(text: str) -> str:
    """Without what a database refuses in text: NUL (PostgreSQL) and halves of surrogate pairs (both). What
    came is whole in the payload."""
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
