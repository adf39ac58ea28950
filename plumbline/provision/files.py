"""Files that are there whole or not at all, and secret ones readable by their owner alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

PRIVATE: Final = 0o600
PUBLIC: Final = 0o644


def write(path: Path, content: bytes, mode: int) -> None:
    """Make or replace `path`, durable when it returns; never with more rights than `mode`. Raises OSError."""
    made = path.with_name(path.name + ".new")
    made.unlink(missing_ok=True)
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    made.rename(path)


def readable_by_others(path: Path) -> bool:
    """Whether group or others have any right to it."""
    return bool(path.stat().st_mode & 0o077)
