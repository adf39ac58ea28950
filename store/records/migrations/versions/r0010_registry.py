"""The registry is the one truth: customers, links, every change with its author, the feed."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0010"
down_revision: Final = "0040"

_WORD: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ROW_ID: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TABLES: Final = ("firm", "site", "room", "agent", "device")


def upgrade() -> None:
    """Rows that are there have version 0: who entered them nobody noted. The first import counts them."""
    for table in _TABLES:
        op.add_column(table, _version())
    for table in ("room", "device"):
        op.add_column(table, sa.Column("listed", sa.BigInteger, nullable=False, server_default="0"))
    _create_customers()
    _create_links()
    _create_changes()


def _create_customers() -> None:
    op.create_table(
        "customer",
        *_words("firm", "id", "name_zh", "name_en"),
        _number("retired", optional=True),
        _version(),
        sa.PrimaryKeyConstraint("firm", "id", name="pk_customer"),
        _of_firm("customer"),
    )
    with op.batch_alter_table("project") as project:
        project.add_column(_word("customer", optional=True))
        project.add_column(_word("handover", optional=True))
        project.add_column(_word("part", optional=True))
        project.add_column(sa.Column("closes", _WORD, nullable=False, server_default="20:00"))
        project.add_column(_version())
        project.create_foreign_key("fk_project_customer", "customer", ["firm", "customer"], ["firm", "id"])


def _create_links() -> None:
    op.create_table(
        "link",
        _row_id(),
        *_words("firm", "project", "whom"),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        _word("author"),
        _number("created"),
        _number("expires", optional=True),
        _number("revoked", optional=True),
        sa.Column("openings", sa.BigInteger, nullable=False, server_default="0"),
        _version(),
        sa.PrimaryKeyConstraint("id", name="pk_link"),
        sa.ForeignKeyConstraint(["firm", "project"], ["project.firm", "project.id"], name="fk_link_project"),
        sa.UniqueConstraint("digest", name="uq_link_digest"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_link_firm_project", "link", ["firm", "project"])


def _create_changes() -> None:
    op.create_table(
        "registry_change",
        _row_id(),
        *_words("firm", "noun"),
        _word("site", optional=True),
        _word("key"),
        _number("version"),
        *_words("what", "body", "author"),
        _number("at"),
        sa.PrimaryKeyConstraint("id", name="pk_registry_change"),
        _of_firm("registry_change"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_registry_change_firm_noun_key", "registry_change", ["firm", "noun", "key"])
    op.create_index("ix_registry_change_firm_site", "registry_change", ["firm", "site"])
    op.create_table(
        "registry_import",
        _word("firm"),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        _word("author"),
        _number("at"),
        _number("change"),
        sa.PrimaryKeyConstraint("firm", name="pk_registry_import"),
        _of_firm("registry_import"),
    )
    op.create_table(
        "feed",
        _row_id(),
        *_words("firm", "topic", "key"),
        _number("at"),
        sa.PrimaryKeyConstraint("id", name="pk_feed"),
        _of_firm("feed"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_feed_at", "feed", ["at"])


def _row_id() -> sa.Column[int]:
    return sa.Column("id", _ROW_ID, nullable=False)


def _word(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, _WORD, nullable=optional)


def _words(*names: str) -> list[sa.Column[str]]:
    return [_word(name) for name in names]


def _number(name: str, *, optional: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=optional)


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.BigInteger, nullable=False, server_default="0")


def _of_firm(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["firm"], ["firm.id"], name=f"fk_{table}_firm")
