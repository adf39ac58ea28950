"""Writing a file so that a power cut leaves the old one or the new one, never a part."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

#: Of a new file: the installer's group may read it.
_USUAL_MODE: Final = 0o640


def write_whole(path: Path, content: str | bytes, mode: int | None = None) -> None:
    """All of it on the disk under its name, or nothing (rename(2), fsync(2)); with `mode`, else that of the
    file it replaces. Raises OSError."""
    fresh = path.with_name(f".{path.name}.part")
    fresh.unlink(missing_ok=True)
    if mode is None:
        mode = path.stat().st_mode & 0o777 if path.exists() else _USUAL_MODE
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
