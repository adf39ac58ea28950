"""Bringing a database of records to the tables this version wants (Alembic)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from sqlalchemy import Connection

from store.engine import SqlDatabase
from store.errors import StoreError

#: Any number that nothing else in the database takes.
_LOCK: Final = 0x706C_6D67
_SCRIPTS: Final = ScriptDirectory(str(Path(__file__).parent / "migrations"))


def migrate(database: SqlDatabase) -> list[str]:
    """Run what has not been run yet, all of it in one transaction; what that was, oldest first.

    Several processes may do so at once. Raises StoreError where the database will not, or where a newer
    version of Plumbline has been at it.
    """
    with database.read() as connection:
        missing = _missing(database, connection)
    if not missing:
        return []
    with database.rebuild() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        missing = _missing(database, connection)
        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS.dir).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return missing


def missing_migrations(database: SqlDatabase) -> list[str]:
    """What `migrate` would run, oldest first; nothing is changed. Raises StoreError as `migrate`."""
    with database.read() as connection:
        return _missing(database, connection)


def _missing(database: SqlDatabase, connection: Connection) -> list[str]:
    now = MigrationContext.configure(connection).get_current_revision()
    try:
        steps = list(_SCRIPTS.iterate_revisions("head", now or "base"))
    except ResolutionError as error:
        message = f"{database.name} was made by a newer version (its revision is {now}): start that version"
        raise StoreError(message) from error
    return [step.revision for step in reversed(steps)]
