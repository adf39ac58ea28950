"""The installation's own key: 256 random bits in a file for its owner alone, made at the first start."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from store import private
from store.errors import StoreError

NAME: Final = "secrets.key"
BYTES: Final = 32


def read_or_make(folder: Path) -> bytes:
    """The key in a data folder. Of several processes that make one at once, one's stands. Raises StoreError
    for a file that holds none, OSError."""
    path = folder / NAME
    if not path.exists():
        _make(path)
    private.close_file(path)
    return read(path)


def read(path: Path) -> bytes:
    """The key in this file. Raises StoreError for a file that holds none, OSError."""
    key = path.read_bytes()
    if len(key) != BYTES:
        raise StoreError(f"{path}: {len(key)} bytes, a key has {BYTES}: put the one of your backup there")
    return key


def _make(path: Path) -> None:
    """Written whole under another name first: nobody ever reads half a key."""
    private.folder(path.parent)
    made = path.with_name(f"{NAME}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, private.FILE), "wb") as file:
        file.write(secrets.token_bytes(BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            path.hardlink_to(made)
    finally:
        made.unlink()
