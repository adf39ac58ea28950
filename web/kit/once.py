"""An act that is sent twice is done once: the second POST with the same key gets the first one's result.

*Is*: the rule, and a memory of one process for what may be forgotten with it. *Is not*: durable; what
must not happen twice after a crash keeps its key in the same transaction as its act (see Results).
"""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

#: The hidden field of every form.
KEY_FIELD: Final = "once"
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{22}")


class Results(Protocol):
    """Where results are kept by who did it (so that nobody gets another's) and key."""

    def of(self, who: str, key: str) -> str | None:
        """The result of the first time, None where there was none."""

    def keep(self, who: str, key: str, result: str) -> None:
        """Keep it, in the transaction of the act where there is one."""


def new_key() -> str:
    """A key for a form that is being made: 128 bits."""
    return secrets.token_urlsafe(16)


def is_key(text: str) -> bool:
    """Whether `text` can be a key of ours; anything else is treated as none."""
    return _KEY.fullmatch(text) is not None


def once(results: Results, who: str, key: str, act: Callable[[], str]) -> str:
    """The result of `act` (an address to go to), done only the first time. Where it fails nothing is kept."""
    if not is_key(key):
        return act()
    if (known := results.of(who, key)) is not None:
        return known
    result = act()
    results.keep(who, key, result)
    return result


class Recent:
    """The newest results, in memory: at most `most`, the oldest go first. Safe between threads."""

    def __init__(self, most: int = 10_000) -> None:
        self._most: Final = most
        self._kept: Final[OrderedDict[tuple[str, str], str]] = OrderedDict()
        self._lock: Final = threading.Lock()

    def of(self, who: str, key: str) -> str | None:
        with self._lock:
            return self._kept.get((who, key))

    def keep(self, who: str, key: str, result: str) -> None:
        with self._lock:
            self._kept[who, key] = result
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
