"""The spool's file on the disk, with what SQLite puts beside it: closed to others, or out of the way."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

_BESIDE: Final = ("-wal", "-shm", "-journal")


def close_to_others(path: Path) -> None:
    """Make it for its owner alone, or close one that an older version made; SQLite gives what it puts beside
    a database the mode of the database (sqlite.org/wal.html). Raises OSError."""
    path.touch(mode=0o600, exist_ok=True)
    for suffix in ("", *_BESIDE):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).chmod(0o600)


def set_aside(path: Path, now_ms: int) -> Path:
    """Keep it as `<name>.broken-<now_ms>`, which is given back. Raises OSError."""
    aside = path.with_name(f"{path.name}.broken-{now_ms}")
    for suffix in (*_BESIDE, ""):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside
