"""Run by Alembic inside the transaction that `store.records.migration` opened."""

from __future__ import annotations

from alembic import context

from store.records.schema_access import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite alters little: Alembic makes the table anew and copies.
    render_as_batch=True,
)
context.run_migrations()
