"""What people say of exchanged meters."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"

_WORD: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ROW_ID: Final = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """A new table."""
    op.create_table(
        "meter_exchange",
        sa.Column("id", _ROW_ID, nullable=False),
        *(sa.Column(name, _WORD, nullable=False) for name in ("site", "device", "quantity")),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("old_last", sa.Float(53), nullable=True),
        sa.Column("new_first", sa.Float(53), nullable=True),
        sa.Column("author", _WORD, nullable=False),
        sa.Column("entered", sa.BigInteger, nullable=False),
        sa.Column("undone", sa.BigInteger, nullable=True),
        sa.Column("undone_by", _WORD, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_meter_exchange"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_meter_exchange_site", "meter_exchange", ["site"])
