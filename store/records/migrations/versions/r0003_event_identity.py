"""An event is what happened, not who told it: of one passage told by two agents one row stays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0003"
down_revision: Final = "0002"

_WORD: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_PAGE: Final = 5_000
_KEY: Final = ("site", "time", "kind", "digest")
#: What an event says beside its time, as revision 0003 knows it: a later version of the code may know more.
_IDENTITY: Final = ("device", "kind", "badge", "direction", "quantity", "reason")

_OLD: Final = sa.table("event_0002", *(sa.column(name) for name in ("agent", "body", *_KEY)))
_NEW: Final = sa.table("event", *(sa.column(name) for name in ("agent", "body", *_KEY)))


def upgrade() -> None:
    """Move the rows into a new table under their new key."""
    op.drop_index("ix_event_time", "event")
    op.rename_table("event", "event_0002")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE event_0002 RENAME CONSTRAINT pk_event TO pk_event_0002")
    op.create_table(
        "event",
        sa.Column("site", _WORD, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("agent", _WORD, nullable=False),
        sa.Column("body", _WORD, nullable=False),
        sa.PrimaryKeyConstraint(*_KEY, name="pk_event"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_event_time", "event", ["time"])
    _move(op.get_bind())
    op.drop_table("event_0002")


def _move(bind: sa.Connection) -> None:
    """Page after page by the old key, so that memory is bounded; in its order an event's twins are neighbours
    in time, and the one that says most is kept."""
    order = [_OLD.c.site, _OLD.c.time]
    after: tuple[str, int] | None = None
    while True:
        query = sa.select(_OLD).order_by(*order).limit(_PAGE)
        if after is not None:
            query = query.where(sa.tuple_(*order) > sa.tuple_(*after))
        rows = [row._asdict() for row in bind.execute(query)]
        if not rows:
            return
        last = (rows[-1]["site"], rows[-1]["time"])
        if len(rows) == _PAGE:  # the last moment may go on beyond the page
            at_last = sa.select(_OLD).where(_OLD.c.site == last[0], _OLD.c.time == last[1])
            rows = [row for row in rows if (row["site"], row["time"]) != last]
            rows += [row._asdict() for row in bind.execute(at_last)]
        bind.execute(sa.insert(_NEW), _once(rows))
        after = last


def _once(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: (len(row["body"]), row["agent"]), reverse=True):
        new = row | {"digest": _digest(row["body"])}
        kept[tuple(new[name] for name in _KEY)] = kept.get(tuple(new[name] for name in _KEY), new)
    return list(kept.values())


def _digest(body: str) -> bytes:
    said = json.loads(body)
    identity = json.dumps([said.get(name) for name in _IDENTITY], ensure_ascii=False)
    return hashlib.blake2b(identity.encode(), digest_size=16).digest()
