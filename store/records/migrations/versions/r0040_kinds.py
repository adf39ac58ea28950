"""One word for one thing: devices are called as everywhere else."""

from __future__ import annotations

from typing import Final

from alembic import op

revision: Final = "0040"
down_revision: Final = "0020"


def upgrade() -> None:
    """What was `climate` and `gate` is `climate_sensor` and `badge_reader`."""
    op.execute("UPDATE device SET kind = 'climate_sensor' WHERE kind = 'climate'")
    op.execute("UPDATE device SET kind = 'badge_reader' WHERE kind = 'gate'")
