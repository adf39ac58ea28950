"""How much of the quarantine each site uses, and what came beyond that."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0005"
down_revision: Final = "0004"

_WORD: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Two new tables; what is in quarantine is counted."""
    op.create_table(
        "quarantine_use",
        sa.Column("site", _WORD, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("site", name="pk_quarantine_use"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "quarantine_beyond",
        *(sa.Column(name, _WORD, nullable=False) for name in ("site", "agent", "reason")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("count", "bytes", "first", "last")),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("site", "agent", "reason", name="pk_quarantine_beyond"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO quarantine_use (site, bytes) SELECT coalesce(site, ''), "
        "sum(length(payload) + 512) FROM quarantine GROUP BY coalesce(site, '')"
    )
