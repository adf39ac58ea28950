"""What has changed since when: how a stream says how far it has come, and what it has missed.

*Is*: the keys of one thing people look at, with the version at which each last changed. Whoever comes back
with the version it has seen is told the keys that changed since; a slow reader skips what is already out of
date. So nothing is queued per viewer, and nothing overflows.

*Is not*: a history. A reader from another life (another epoch), or one too far behind, begins with all.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

#: Keys remembered; beyond it the one longest unchanged is forgotten, and who has not heard of it gets all.
MOST_KEYS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a stream has come: the life of what it listens to, and the version seen."""

    epoch: str
    version: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.version}"

    @staticmethod
    def parse(text: str | None) -> Seen | None:
        """What a Last-Event-ID says, None where there is none."""
        epoch, _, version = (text or "").rpartition("-")
        return Seen(epoch, int(version)) if epoch and version.isdecimal() and len(version) < 16 else None


class Versions:
    """The keys of one thing, in the order in which they last changed."""

    def __init__(self, most: int = MOST_KEYS) -> None:
        self._epoch = secrets.token_hex(4)
        self._version = 0
        self._most = most
        self._changed: OrderedDict[str, int] = OrderedDict()
        #: Up to this version a key may have been forgotten.
        self._forgotten = 0

    @property
    def here(self) -> Seen:
        """Now."""
        return Seen(self._epoch, self._version)

    def change(self, keys: Iterable[str]) -> None:
        """These change now, together."""
        self._version += 1
        for key in keys:
            self._changed[key] = self._version
            self._changed.move_to_end(key)
        while len(self._changed) > self._most:
            _, self._forgotten = self._changed.popitem(last=False)

    def since(self, seen: Seen | None) -> set[str] | None:
        """The keys that changed after `seen`; None where it takes everything to go on from there."""
        if seen is None or seen.epoch != self._epoch:
            return None
        if not self._forgotten <= seen.version <= self._version:
            return None
        newer = []
        for key, version in reversed(self._changed.items()):
            if version <= seen.version:
                break
            newer.append(key)
        return set(newer)
