"""What the agents of all sites say that somebody looks at: one question for all of them, now and then.

That one came, went or failed is told by the log at once; what is read here is what no entry says: how much
waits on site, what was lost, and when it was heard last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from store.records.contract import AgentState
from store.threads import PAGES

#: What was read is good for so long, unless the log says that something has changed: some beats of an agent.
GOOD_FOR_S: Final = 15.0

Said = Mapping[str, Sequence[AgentState]]


class Agents:
    """Lives in the event loop. Whoever asks while it is good is told the same."""

    def __init__(self, read: Callable[[Sequence[str]], Said]) -> None:
        """`read` gives what is said at each of these sites; it blocks and may raise StoreError."""
        self._read = read
        self._sites: set[str] = set()
        self._reading: asyncio.Task[Said] | None = None
        self._began_s = 0.0

    async def at(self, site: str) -> list[AgentState]:
        """Of one site. Raises what reading raises."""
        now_s = asyncio.get_running_loop().time()
        known = site in self._sites
        if self._reading is None or not known or now_s - self._began_s >= GOOD_FOR_S:
            self._sites.add(site)
            self._began_s = now_s
            self._reading = asyncio.create_task(self._all(), name="live pages: agents")
        return list((await asyncio.shield(self._reading)).get(site, ()))

    def changed(self) -> None:
        """Something has: the next who asks is told anew."""
        self._began_s = -GOOD_FOR_S

    def forget(self, site: str) -> None:
        """Nobody looks at it any more."""
        self._sites.discard(site)

    async def _all(self) -> Said:
        return await PAGES.run(self._read, sorted(self._sites))
