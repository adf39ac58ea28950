"""How a spool fails: SQLite's errors as ours, each naming the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

#: SQLite's primary result codes (sqlite.org/rescode.html).
_BROKEN: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_PRIMARY_MASK: Final = 0xFF


class SpoolError(Exception):
    """The disk did not take or give what was asked. Nothing of the call has happened; it may be repeated."""


class SpoolFull(SpoolError):  # noqa: N818  # the words of the field: a disk is full
    """No space left on the disk."""


class SpoolBroken(SpoolError):  # noqa: N818
    """The file is damaged. Opening it again sets it aside and starts a new stream."""


class SpoolInUse(SpoolError):  # noqa: N818
    """Another process has the file open."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raises SQLite's errors as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise _kind_of(error)(f"{path}: {error}") from error


def _kind_of(error: sqlite3.Error) -> type[SpoolError]:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY_MASK
    if code in _BROKEN:
        return SpoolBroken
    if code == sqlite3.SQLITE_BUSY:
        return SpoolInUse
    return SpoolFull if code == sqlite3.SQLITE_FULL else SpoolError
