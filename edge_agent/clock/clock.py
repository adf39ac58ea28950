"""Where time comes from. Everything else is given a `Clock`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

#: UTC milliseconds since 1970. It may jump, also backwards: never wait by it.
Clock = Callable[[], int]


#: What the wire takes (see wire.model.Milliseconds): a clock that is wild must not stop the agent.
_LATEST_MS: Final = 4_102_444_800_000 - 1


def utc_ms() -> int:
    """The system's clock, held to the years the wire knows."""
    return min(max(time.time_ns() // 1_000_000, 0), _LATEST_MS)
