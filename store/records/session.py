"""How a repository gets at its tables: each call a transaction of its own, or all within one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from sqlalchemy import Connection

from store.engine import SqlDatabase


class Session(Protocol):
    """Connections for a repository. Raises StoreError where the database will not."""

    def read(self) -> AbstractContextManager[Connection]:
        """For reading."""

    def write(self) -> AbstractContextManager[Connection]:
        """For writing; durable at its end, or at the end of the transaction it is part of."""


class Held:
    """Everything within one transaction, which somebody else commits."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """What this transaction has written is seen."""
        yield self._connection

    write = read


class Each:
    """Each call a transaction of its own."""

    def __init__(self, database: SqlDatabase) -> None:
        self._database = database

    def read(self) -> AbstractContextManager[Connection]:
        """See Session."""
        return self._database.read()

    def write(self) -> AbstractContextManager[Connection]:
        """See Session."""
        return self._database.write()
