"""Whether the registry has changed: for whoever holds a copy of it in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from store.errors import StoreError
from store.records.feed import Feed

Copy = TypeVar("Copy")

#: What the feed calls rows of the registry (`noun:id`).
NOUNS: Final = frozenset({"firm", "customer", "site", "project", "room", "agent", "device", "link"})
#: What the directory of who may send rests on.
OF_DIRECTORY: Final = frozenset({"site", "project", "agent", "device"})
_PAGE: Final = 1_000


class Watch:
    """Begins with the whole: at first it has changed. What was asked before something was committed tells of
    it the next time, so that the copy is read after the question."""

    def __init__(self, feed: Feed, nouns: frozenset[str]) -> None:
        self._feed = feed
        self._nouns = nouns
        self._seen: int | None = None

    def moved(self) -> bool:
        """Whether something has changed since it was last asked. Blocking; raises StoreError."""
        if self._seen is None:
            self._seen = self._feed.last()
            return True
        found = False
        while said := self._feed.read(self._seen, _PAGE):
            self._seen = said[-1].id
            found = found or any(one.key.partition(":")[0] in self._nouns for one in said)
        return found

    def forget(self) -> None:
        """What was to be read then could not be: it has changed the next time, too."""
        self._seen = None


def followed(feed: Feed, nouns: frozenset[str], read: Callable[[], Copy]) -> Callable[[], Copy | None]:
    """To be asked again and again: what `read` gives where something of `nouns` has changed since, else None.
    Blocking; raises StoreError."""
    watch = Watch(feed, nouns)

    def newest() -> Copy | None:
        if not watch.moved():
            return None
        try:
            return read()
        except StoreError:
            watch.forget()
            raise

    return newest
