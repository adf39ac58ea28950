"""What is taken out of the files is retired, its past kept.

Agents that are there stay until they are revoked: nobody noted whether the settings or `plumbline provision`
had entered them.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"

_TABLES: Final = ("site", "project", "room", "agent", "device")


def upgrade() -> None:
    """Columns are added, tables are not built anew: rows refer to them."""
    for table in _TABLES:
        op.add_column(table, sa.Column("retired", sa.BigInteger, nullable=True))
    op.add_column("agent", sa.Column("provisioned", sa.Boolean, nullable=False, server_default=sa.true()))
