"""What we keep is for its owner alone: files 0600, folders 0700, also those an older version made wider.

Readings tell when people are at home and events when they come and go; backups and exports hold both.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

FILE: Final = 0o600
FOLDER: Final = 0o700
_OTHERS: Final = 0o077
#: What SQLite puts beside a database; it makes them with the database's own mode (sqlite.org/wal.html).
_BESIDE: Final = ("", "-wal", "-shm", "-journal")


@contextmanager
def umask() -> Iterator[None]:
    """Whatever this process and its children make within is for its owner alone (umask(2))."""
    before = os.umask(_OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def folder(path: Path) -> Path:
    """Make it, with the folders above it, or close it to others. Raises OSError."""
    with umask():
        path.mkdir(parents=True, exist_ok=True)
    _close(path, FOLDER)
    return path


def folder_of(path: Path) -> None:
    """Make the folders above a file, for their owner alone; those that are there stay. Raises OSError."""
    with umask():
        path.parent.mkdir(parents=True, exist_ok=True)


def database(path: Path) -> None:
    """Make an empty file for a database of SQLite, or close the one that is there. Raises OSError."""
    path.touch(mode=FILE, exist_ok=True)
    for suffix in _BESIDE:
        with suppress(FileNotFoundError):
            _close(path.with_name(path.name + suffix), FILE)


def close_file(path: Path) -> None:
    """Close a file to others. Raises OSError."""
    _close(path, FILE)


def mend(root: Path) -> list[Path]:
    """Close a folder and all in it to others, links not followed; what is not ours to close, still open."""
    left = []
    for path in (root, *sorted(root.rglob("*"))):
        try:
            if not path.is_symlink():
                _close(path, FOLDER if path.is_dir() else FILE)
        except FileNotFoundError:
            continue  # a write-ahead log comes and goes
        except PermissionError:
            left.append(path)
    return left


def is_open(path: Path) -> bool:
    """Whether others than its owner have any right to it. Raises OSError."""
    return bool(path.stat().st_mode & _OTHERS)


def _close(path: Path, mode: int) -> None:
    if is_open(path):
        path.chmod(path.stat().st_mode & mode)
