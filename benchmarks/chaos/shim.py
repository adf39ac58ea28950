"""The preloaded library that sets a process' clock and, where nothing can be mounted, fills its disk."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Final

_SOURCE: Final = Path(__file__).with_name("shim.c")
_LAYOUT: Final = struct.Struct("qq")


def build(folder: Path) -> Path | None:
    """Compile it into `folder`; None where there is no C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "shim.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", library, _SOURCE, "-ldl"], check=True)
    return library


class Shim:
    """What one process is made to see. Its settings outlive the process, as a set clock does."""

    def __init__(self, library: Path | None, control: Path) -> None:
        """`library` None: nothing can be done to the process."""
        self._library = library
        self._control = control
        control.write_bytes(_LAYOUT.pack(0, 0))
        with control.open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), _LAYOUT.size)

    def environment(self, disk: Path | None = None) -> dict[str, str]:
        """What the process needs to be started with; `disk`: the folder that can be full."""
        if self._library is None:
            return {}
        found = {"LD_PRELOAD": str(self._library), "PLUMBLINE_CHAOS": str(self._control)}
        return found | ({"PLUMBLINE_CHAOS_DISK": str(disk)} if disk else {})

    @property
    def shifted_ms(self) -> int:
        """How far off the clock is."""
        return int(struct.unpack("q", self._page[:8])[0]) // 1_000_000

    def shift_clock(self, by_ms: int) -> None:
        """The clock is so far off from now on; 0: it is right."""
        self._page[:8] = struct.pack("q", by_ms * 1_000_000)

    def fill_disk(self, *, full: bool) -> None:
        """Every write to the folder fails with ENOSPC."""
        self._page[8:] = struct.pack("q", full)

    def close(self) -> None:
        """Let go of the control page."""
        self._page.close()
