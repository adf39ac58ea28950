"""What is known of each site now, in a row; the reader that keeps it begins anew with what the log holds."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0070"
down_revision: Final = "0060"


def upgrade() -> None:
    """The reader had a place and made nothing of what it read."""
    word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "site_now",
        sa.Column("site", word, primary_key=True),
        sa.Column("moved", sa.BigInteger, nullable=False),
        sa.Column("body", word, nullable=False),
        sqlite_with_rowid=False,
    )
    op.execute("UPDATE reader SET position = 0 WHERE name = 'analytics'")
