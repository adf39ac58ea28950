"""SQLAlchemy engines as the stores want them: SQLite or PostgreSQL by the address, one kind of error."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from store import private
from store.errors import StoreError

#: How long a transaction waits for another one, of this process or of others.
_BUSY_S: Final = 10
#: A server that is gone is noticed within about this, also where no reset ever comes (a cut cable).
_GONE_S: Final = 15
#: For libpq (postgresql.org/docs/current/libpq-connect.html).
POSTGRESQL_OPTIONS: Final[dict[str, Any]] = {
    "connect_timeout": 5,
    "tcp_user_timeout": _GONE_S * 1000,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "application_name": "plumbline",
}
#: The server's side of the same: a client that is gone holds no lock for longer. A commit is on disk when it
#: returns, whatever the server's default; a stronger one (a replica has it too) stays.
POSTGRESQL_SESSION: Final = f"""
SET lock_timeout = '{_BUSY_S}s';
SET idle_in_transaction_session_timeout = '60s';
SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 3; SET tcp_keepalives_count = 3;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""
_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
)
_BEGIN: Final = "sqlite_begin"


def sqlite_url(path: Path) -> str:
    """The address of an SQLite file."""
    return URL.create("sqlite", database=str(path.absolute())).render_as_string()


class SqlDatabase:
    """A database by its address: `sqlite:////folder/records.db` or `postgresql://user:password@host/name`.

    Thread-safe; every `write` is one transaction, durable when it ends. Both `write` and `read` raise
    StoreError, naming the database without its password, where it will not.
    """

    def __init__(self, url: str, pool_size: int = 5) -> None:
        """Raises StoreError where the address is none. No connection is made yet."""
        try:
            address = make_url(url)
            self.engine = _engine(address, pool_size)
        except (ArgumentError, NoSuchModuleError, KeyError) as error:
            raise StoreError(f"{error}: write sqlite:////path/file.db or postgresql://host/name") from error
        self.name = address.render_as_string(hide_password=True)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writing = self.engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        # Each query of a reading connection sees its own moment there anyway: without a transaction around
        # them two ways to the server and back are saved, of five.
        self._reading = (
            self.engine if self.is_sqlite else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )
        # SQLite has one writer; waiting in line here is fairer than its busy handler, and wakes at once.
        self._line = threading.Lock() if self.is_sqlite else nullcontext()
        self._closed = False
        if self.is_sqlite and address.database:
            with self.translated("open"):
                private.folder_of(Path(address.database))
                private.database(Path(address.database))

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection inside a transaction, committed at the end and rolled back on any error."""
        with self._line, self.translated("write"), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def rebuild(self) -> Iterator[Connection]:
        """As `write`, for building tables anew: on SQLite foreign keys would be in the way, and are switched
        off outside of a transaction only (sqlite.org/lang_altertable.html, "Making Other Kinds Of Table
        Schema Changes"). They are checked before the end."""
        if not self.is_sqlite:
            with self.write() as connection:
                yield connection
            return
        with self._line, self.translated("write"), self._writing.connect() as connection:
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys = OFF")
            try:
                with connection.begin():
                    yield connection
                    self._check_references(connection)
            finally:
                driver.execute("PRAGMA foreign_keys = ON")

    def _check_references(self, connection: Connection) -> None:
        found = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if found is not None:
            raise StoreError(
                f"{self.name}: a row of {found[0]} refers to none of {found[2]}; nothing was changed"
            )

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading. On SQLite its queries see the same moment, on PostgreSQL each its own."""
        with self.translated("read"), self._reading.connect() as connection:
            yield connection

    @contextmanager
    def translated(self, doing: str) -> Iterator[None]:
        """Every error of the database as a StoreError that says what was being done where."""
        if self._closed:
            raise StoreError(f"{doing} {self.name}: closed")
        try:
            yield
        except (SQLAlchemyError, psycopg.Error, OSError) as error:
            raise StoreError(f"{doing} {self.name}: {_reason(error)}") from error

    @contextmanager
    def closed_on_error(self) -> Iterator[None]:
        """For opening it: what fails then leaves no connection behind."""
        try:
            yield
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close every connection that is not on loan (those close when they come back)."""
        self._closed = True
        self.engine.dispose()


def _reason(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return str(cause).strip().replace("\n", "; ")


def _engine(address: URL, pool_size: int) -> Engine:
    kind = address.get_backend_name()
    if kind == "sqlite":
        engine = create_engine(address, connect_args={"timeout": _BUSY_S}, pool_size=pool_size)
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if kind == "postgresql":
        # A ping before use: after a restart of the server the pool is full of dead connections.
        engine = create_engine(
            address.set(drivername="postgresql+psycopg"),
            connect_args=POSTGRESQL_OPTIONS,
            pool_pre_ping=True,
            pool_size=pool_size,
        )
        event.listen(engine, "connect", _open_postgresql)
        return engine
    raise ArgumentError(f"{kind} is no database we know")


def _open_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # Else the driver begins transactions by itself, and never IMMEDIATE ones.
    connection.isolation_level = None
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


def _open_postgresql(connection: psycopg.Connection[Any], _record: object) -> None:
    connection.execute(POSTGRESQL_SESSION, prepare=False)
    connection.commit()
