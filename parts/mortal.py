"""Child processes that never outlive their parent. Linux only (prctl(2))."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable
from typing import Final

#: linux/prctl.h
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int) -> Callable[[], None]:
    """What the child does between fork and exec, or first of all, so that it never outlives `parent`.

    The signal comes when the starting thread ends: the child has to be started by the main thread, or by one
    of a pool that lives as long as the process.
    """

    def prepare() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
