"""Leases (`parts.turn.Lease`): of several processes one does a piece of work."""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path
from typing import TextIO

import psycopg

from store.engine import POSTGRESQL_OPTIONS, POSTGRESQL_SESSION
from store.errors import StoreError


class FileLease:
    """Among the processes of one machine: a locked file. The system unlocks it when its process dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def hold(self) -> bool:
        """See the protocol. Raises StoreError where the file cannot be made."""
        if self._file is not None:
            return True
        try:
            file = self._path.open("w")
        except OSError as error:
            raise StoreError(f"lease {self._path}: {error.strerror}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """See the protocol."""
        if self._file is not None:
            self._file.close()
            self._file = None


class PostgresqlLease:
    """Among the processes of one PostgreSQL database: an advisory lock, held as long as its connection
    (postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS)."""

    def __init__(self, dsn: str, name: str) -> None:
        self._dsn = dsn
        self._key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None

    def hold(self) -> bool:
        """See the protocol. Raises StoreError where the server is away; the lease is then lost."""
        try:
            if self._connection is not None:
                self._connection.execute("SELECT 1")
                return True
            return self._take()
        except psycopg.Error as error:
            self.release()
            raise StoreError(f"lease: {str(error).strip()}") from error

    def _take(self) -> bool:
        connection = psycopg.connect(self._dsn, autocommit=True, **POSTGRESQL_OPTIONS)
        # The server's side too: a holder that is gone (a cut cable) must not keep the lock for hours.
        connection.execute(POSTGRESQL_SESSION, prepare=False)
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (self._key,)).fetchone()
        if row is None or not row[0]:
            connection.close()
            return False
        self._connection = connection
        return True

    def release(self) -> None:
        """See the protocol."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
