"""Firms and what is theirs, what sites send, quarantine, how far readers of the log are."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None

_WORD: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ROW_ID: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _word(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, _WORD, nullable=optional)


def _words(*names: str) -> list[sa.Column[str]]:
    return [_word(name) for name in names]


def _number(name: str, *, optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=optional)


def _bytes(name: str) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary, nullable=False)


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _refers(table: str, columns: list[str], other: str, to: list[str]) -> sa.ForeignKeyConstraint:
    places = [f"{other}.{column}" for column in to]
    return sa.ForeignKeyConstraint(columns, places, name=f"fk_{table}_{other}")


def _of_firm(table: str) -> sa.ForeignKeyConstraint:
    return _refers(table, ["firm"], "firm", ["id"])


def _of_site(table: str) -> sa.ForeignKeyConstraint:
    return _refers(table, ["firm", "site"], "site", ["firm", "id"])


def upgrade() -> None:
    """From nothing."""
    _create_people()
    _create_places()
    _create_tokens()
    _create_what_sites_send()
    _create_quarantine()


def _create_people() -> None:
    op.create_table("firm", *_words("id", "name"), _primary("firm", "id"))
    op.create_table(
        "member", *_words("firm", "id", "name"), _primary("member", "firm", "id"), _of_firm("member")
    )
    op.create_table(
        "member_role",
        *_words("firm", "member", "role"),
        _primary("member_role", "firm", "member", "role"),
        _refers("member_role", ["firm", "member"], "member", ["firm", "id"]),
    )


def _create_places() -> None:
    op.create_table(
        "site",
        *_words("id", "firm", "timezone"),
        _primary("site", "id"),
        _of_firm("site"),
        sa.UniqueConstraint("firm", "id", name="uq_site_firm_id"),
    )
    op.create_table(
        "project",
        *_words("firm", "id", "site", "name_zh", "name_en", "started"),
        _primary("project", "firm", "id"),
        _of_site("project"),
    )
    op.create_table(
        "room",
        *_words("firm", "site", "id", "name_zh", "name_en"),
        _primary("room", "firm", "site", "id"),
        _of_site("room"),
    )
    op.create_table(
        "agent", *_words("firm", "site", "id"), _primary("agent", "firm", "site", "id"), _of_site("agent")
    )
    op.create_table(
        "device",
        *_words("firm", "site", "id", "kind"),
        _word("room", optional=True),
        sa.Column("interval_s", sa.Float(53)),
        _primary("device", "firm", "site", "id"),
        _of_site("device"),
        _refers("device", ["firm", "site", "room"], "room", ["firm", "site", "id"]),
    )


def _create_tokens() -> None:
    op.create_table(
        "token",
        sa.Column("id", _ROW_ID, nullable=False),
        *_words("firm", "name", "scopes"),
        _bytes("digest"),
        _number("created"),
        _number("expires", optional=True),
        _number("revoked", optional=True),
        _primary("token", "id"),
        _of_firm("token"),
        sa.UniqueConstraint("digest", name="uq_token_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_token_firm", "token", ["firm"])


def _create_what_sites_send() -> None:
    op.create_table(
        "event",
        _word("site"),
        _number("time"),
        *_words("kind", "agent"),
        _bytes("digest"),
        _word("body"),
        _primary("event", "site", "time", "kind", "agent", "digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_event_time", "event", ["time"])
    op.create_table(
        "agent_state",
        *_words("site", "agent"),
        _number("received"),
        _word("status"),
        _primary("agent_state", "site", "agent"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reader", _word("name"), _number("position"), _primary("reader", "name"), sqlite_with_rowid=False
    )


def _create_quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("id", _ROW_ID, nullable=False),
        _number("received"),
        _word("topic"),
        _bytes("payload"),
        _bytes("digest"),
        *_words("reason", "detail"),
        *(_word(name, optional=True) for name in ("site", "agent", "stream")),
        _number("seq", optional=True),
        _number("replayed", optional=True),
        _primary("quarantine", "id"),
        sa.UniqueConstraint("digest", name="uq_quarantine_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_quarantine_site_id", "quarantine", ["site", "id"])
    op.create_index("ix_quarantine_received", "quarantine", ["received"])
