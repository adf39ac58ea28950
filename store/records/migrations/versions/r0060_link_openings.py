"""Browsers in which a customer's link was opened."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0060"
down_revision: Final = "0010"

_WORD: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """A new table. Links of before stay; each browser opens its own once more."""
    op.create_index("ix_link_firm_id", "link", ["firm", "id"], unique=True)
    op.create_table(
        "link_opening",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("firm", _WORD, nullable=False),
        sa.Column("link", sa.BigInteger, nullable=False),
        *(sa.Column(name, _WORD, nullable=False) for name in ("device", "network")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("opened", "seen")),
        sa.PrimaryKeyConstraint("digest", name="pk_link_opening"),
        sa.ForeignKeyConstraint(["firm", "link"], ["link.firm", "link.id"], name="fk_link_opening_link"),
    )
    op.create_index("ix_link_opening_firm_link", "link_opening", ["firm", "link"])
    op.create_index("ix_link_opening_seen", "link_opening", ["seen"])
