"""A log that a stranger cannot fill: of what is said again and again, enough to know, and how often."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: So many lines of one kind within so many seconds; what is more is counted.
MOST_LINES: Final = 20
WITHIN_S: Final = 60.0
#: Kinds remembered; beyond it the one longest quiet is forgotten.
MOST_KINDS: Final = 1_000
_KIND_CHARACTERS: Final = 80


@dataclass(slots=True)
class _Kind:
    since_s: float
    lines: int = 0
    left_out: int = 0


class Sparing(logging.Filter):
    """A filter for a handler. Of one kind are the lines of one logger and level that begin alike before their
    figures are filled in."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._monotonic = monotonic
        self._kinds: OrderedDict[tuple[str, int, str], _Kind] = OrderedDict()
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is written; the first after a pause says how many were not."""
        with self._lock:
            kind = self._kind(record)
            kind.lines += 1
            if kind.lines > MOST_LINES:
                kind.left_out += 1
                return False
            if kind.left_out:
                record.msg = f"{record.getMessage()} ({kind.left_out:,} more like it were left out)"
                record.args = None
                kind.left_out = 0
            return True

    def _kind(self, record: logging.LogRecord) -> _Kind:
        key = (record.name, record.levelno, str(record.msg)[:_KIND_CHARACTERS])
        now = self._monotonic()
        kind = self._kinds.pop(key, None) or _Kind(now)
        if now - kind.since_s >= WITHIN_S:
            kind.since_s, kind.lines = now, 0
        self._kinds[key] = kind
        if len(self._kinds) > MOST_KINDS:
            self._kinds.popitem(last=False)
        return kind
