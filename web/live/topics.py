"""What pages of staff listen to: that something of a site, a project or the firm has changed, and what.

A page is told keys, not values: it asks for what it shows by the way it was shown first, and so sees what it
may. A topic belongs to a firm: another firm's of the same name is another one.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Final

from store.records.access import Access, Denied
from web.live.audience import Audience, News, Stream
from web.live.seats import Seats
from web.live.versions import Seen, Versions

#: Readings of two hundred sites come in every second: a page hears of them together, so often at most.
PUSH_EVERY_S: Final = 1.0
#: A topic nobody listens to is kept so long, so that a page that comes back is told what it missed.
KEEP_IDLE_S: Final = 600.0
#: An office of a few hundred people behind one address.
_MOST_STREAMS: Final = 1_000
_MOST_PER_ADDRESS: Final = 250


class Topic:
    """One of a firm's. Lives in the event loop."""

    def __init__(self, house: Seats | None = None) -> None:
        self.audience: Final = Audience(Seats(_MOST_STREAMS, _MOST_PER_ADDRESS, house))
        self.audience.used_at = asyncio.get_running_loop().time()
        self._versions = Versions()
        self._waiting: set[str] = set()
        self._push_due: asyncio.TimerHandle | None = None
        self._pushed_at = -PUSH_EVERY_S
        #: Encoded once for all who are as far and see the same sites.
        self._encoded: dict[tuple[Seen | None, frozenset[str] | None], News] = {}

    @property
    def here(self) -> Seen:
        """From where a page that is made now goes on listening."""
        return self._versions.here

    def change(self, keys: Iterable[str]) -> None:
        """These have changed: told at once, or as soon as the rate allows."""
        self._waiting.update(keys)
        if self._push_due is None:
            loop = asyncio.get_running_loop()
            wait_s = self._pushed_at + PUSH_EVERY_S - loop.time()
            self._push_due = loop.call_later(max(0.0, wait_s), self._push)

    def since(self, seen: Seen | None, sites: frozenset[str] | None) -> News | None:
        """What changed after `seen` for whoever sees `sites` (None: all of the firm)."""
        if seen == self.here:
            return None
        if (found := self._encoded.get((seen, sites))) is None:
            found = self._encoded[seen, sites] = self._encode(seen, sites)
        return found

    def close(self) -> None:
        """Let every stream end."""
        if self._push_due is not None:
            self._push_due.cancel()
        self.audience.close()

    def _push(self) -> None:
        self._push_due = None
        self._pushed_at = asyncio.get_running_loop().time()
        self._encoded.clear()
        self._versions.change(sorted(self._waiting))
        self._waiting.clear()
        self.audience.wake()

    def _encode(self, seen: Seen | None, sites: frozenset[str] | None) -> News:
        newer = self._versions.since(seen)
        told = sorted(key for key in newer or () if _is_seen(key, sites))
        data = f'"whole":{json.dumps(newer is None)},"keys":{json.dumps(told, separators=(",", ":"))}'
        return News(self.here, "changed", data.encode())


class Topics:
    """All that somebody listens to, by firm and name: `firm:…`, `site:…`, `project:…`."""

    def __init__(self, house: Seats | None = None) -> None:
        self._house = house
        self._open: dict[tuple[str, str], Topic] = {}

    def __len__(self) -> int:
        return len(self._open)

    @property
    def listeners(self) -> int:
        """Open streams."""
        return sum(len(topic.audience.seats) for topic in self._open.values())

    def change(self, firm: str, name: str, keys: Iterable[str]) -> None:
        """These of a topic have changed. Where nobody listens nothing is kept."""
        if (topic := self._open.get((firm, name))) is not None:
            topic.change(keys)

    def open(self, access: Access, name: str) -> Topic:
        """The topic, from now on told what changes. Raises Denied where the access does not reach it."""
        _admit(access, name)
        return self._open.setdefault((access.firm, name), Topic(self._house))

    def subscribe(
        self, access: Access, name: str, seen: Seen | None, beat_s: float, address: str = ""
    ) -> Stream:
        """What is sent to whoever listens, see Audience.listen. Raises Denied."""
        topic = self.open(access, name)
        return topic.audience.listen(address, seen, lambda had: topic.since(had, access.sites), beat_s)

    def forget_idle(self) -> None:
        """Those nobody has listened to for long."""
        now = asyncio.get_running_loop().time()
        for key, topic in list(self._open.items()):
            if not len(topic.audience.seats) and now - topic.audience.used_at > KEEP_IDLE_S:
                topic.close()
                del self._open[key]

    def close(self) -> None:
        """Let every stream end."""
        for topic in self._open.values():
            topic.close()
        self._open.clear()


def _admit(access: Access, name: str) -> None:
    kind, _, id_ = name.partition(":")
    if kind == "site" and id_:
        access.need("site", "see", site=id_)
    elif kind == "project" and id_:
        access.need("project", "see", project=id_)
    elif name != f"firm:{access.firm}" or access.scope("site", "see") is None:
        raise Denied("firm", "see", held=False)


def _is_seen(key: str, sites: frozenset[str] | None) -> bool:
    kind, _, id_ = key.partition(":")
    return sites is None or kind != "site" or id_ in sites
