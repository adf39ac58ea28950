"""Tokens in one table: who made one, and when it was used last; forms that were done."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0050"
down_revision: Final = "0070"

_WORD: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """A token's author was in a table of its own; those from the console have none."""
    with op.batch_alter_table("token") as token:
        token.add_column(sa.Column("author", _WORD, nullable=True))
        token.add_column(sa.Column("used", sa.BigInteger, nullable=True))
        token.create_foreign_key("fk_token_member", "member", ["firm", "author"], ["firm", "id"])
    op.execute(
        "UPDATE token SET author = (SELECT member FROM token_author"
        " WHERE token_author.token = token.id AND token_author.firm = token.firm)"
    )
    op.drop_table("token_author")
    op.create_table(
        "form_done",
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("firm", _WORD, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("location", _WORD, nullable=True),
        sa.PrimaryKeyConstraint("digest", name="pk_form_done"),
        sa.ForeignKeyConstraint(["firm"], ["firm.id"], name="fk_form_done_firm"),
    )
    op.create_index("ix_form_done_at", "form_done", ["at"])
