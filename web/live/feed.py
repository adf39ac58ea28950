"""Follows the feed of records, and tells whoever listens to what has changed."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from parts.part import Part
from parts.progress import Progress
from store.errors import StoreError
from store.log.hint import Hint
from store.records.feed import Feed, Said
from store.threads import LIVE
from web.live.topics import Topics

LOGGER: Final = logging.getLogger("plumbline.web.live")
#: Whoever changes something sees it on the next page anyhow; others hear of it so soon.
POLL_S: Final = 0.25
STEP_ROWS: Final = 500
_AGAIN_S: Final = 1.0


class FeedReader:
    """One a process. Where pages stand it need not remember: a page that comes back asks for everything."""

    def __init__(self, feed: Feed, topics: Topics, hint: Hint | None = None) -> None:
        """`hint`: told when the feed has grown, perhaps by another process; it is polled all the same."""
        self._feed = feed
        self._hint = Hint() if hint is None else hint
        self._topics = topics
        self._progress = Progress()
        self._position: int | None = None
        #: Rows told since the process started.
        self.told = 0

    def part(self) -> Part:
        """It as a part of a process."""
        return Part("feed of pages", self.run, lambda: {"told": self.told}, self._progress.well)

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            count = self._hint.count
            wait_s = await self.step()
            if wait_s == POLL_S:
                await self._hint.wait(POLL_S, count)
            elif wait_s:
                await _pause(stop, wait_s)

    async def step(self) -> float:
        """Tell what is new; how long to wait then (s)."""
        self._progress.begin()
        try:
            said = await LIVE.run(self._read)
        except StoreError as error:
            self._progress.failed(error)
            LOGGER.error("live pages: feed: %s; it goes on in a second", error)  # noqa: TRY400 - the reason is there
            return _AGAIN_S
        self._progress.done()
        for one in said:
            self._tell(one)
        return 0.0 if len(said) == STEP_ROWS else POLL_S

    def _read(self) -> list[Said]:
        if self._position is None:
            self._position = self._feed.last()
        said = self._feed.read(self._position, STEP_ROWS)
        if said:
            self._position = said[-1].id
        return said

    def _tell(self, one: Said) -> None:
        self.told += 1
        self._topics.change(one.firm, one.topic, (one.key,))
        house = f"firm:{one.firm}"
        if one.topic != house:
            self._topics.change(one.firm, house, (one.topic,))


async def _pause(stop: asyncio.Event, length_s: float) -> None:
    try:
        async with asyncio.timeout(length_s):
            await stop.wait()
    except TimeoutError:
        return
