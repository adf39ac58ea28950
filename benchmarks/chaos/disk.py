"""Disks that can be filled: a small file system in memory, or, where we may not mount, the shim's ENOSPC."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
from pathlib import Path
from typing import Final, Literal, Protocol

from benchmarks.chaos.shim import Shim

Way = Literal["tmpfs", "shim", "none"]
_BALLAST: Final = "ballast"
_STEP_BYTES: Final = 4 * 1024 * 1024


class Disk(Protocol):
    """A folder whose disk can be full."""

    folder: Path

    def fill(self) -> None:
        """Nothing more fits from now on."""

    def free(self) -> None:
        """There is room again."""

    def close(self) -> None:
        """Give it back; what is in it may be gone."""


class Tmpfs:
    """A tmpfs of `size_mb` on `folder`. Raises OSError where we may not mount."""

    def __init__(self, folder: Path, size_mb: int) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        words = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0755", "plumbline-chaos", str(folder)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise OSError(done.stderr.strip())

    def fill(self) -> None:
        """With a file that takes all that is left."""
        handle = os.open(self.folder / _BALLAST, os.O_WRONLY | os.O_CREAT, 0o600)
        step, at = _STEP_BYTES, 0
        try:
            while step >= 1:
                try:
                    os.posix_fallocate(handle, at, step)
                    at += step
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    step //= 4
        finally:
            os.close(handle)

    def free(self) -> None:
        (self.folder / _BALLAST).unlink(missing_ok=True)

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=False, capture_output=True)


class ShimDisk:
    """A plain folder; the process that has the shim cannot write to it while it is full."""

    def __init__(self, folder: Path, shim: Shim) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._shim = shim

    def fill(self) -> None:
        self._shim.fill_disk(full=True)

    def free(self) -> None:
        self._shim.fill_disk(full=False)

    def close(self) -> None:
        """Nothing to give back."""


def way_to_fill(folder: Path, *, shim: bool) -> Way:
    """What is possible on this machine; `folder` is for trying."""
    with contextlib.suppress(OSError):
        Tmpfs(folder / "try", 1).close()
        return "tmpfs"
    return "shim" if shim else "none"


def make(way: Way, folder: Path, size_mb: int, shim: Shim) -> Disk:
    """A disk of the way that is possible."""
    return Tmpfs(folder, size_mb) if way == "tmpfs" else ShimDisk(folder, shim)
