"""Processes apart: a change that another process has committed wakes who follows the feed."""

from __future__ import annotations

import asyncio

from store.log.follow import Following
from store.log.hint import Hint
from store.records.access import operator
from store.records.feed import CHANNEL
from store.records.records import Records
from store.records.registry import Firm, Registration
from tests.registered import register
from web.live.audience import News
from web.live.feed import FeedReader
from web.live.topics import Topics


async def test_a_change_elsewhere_is_a_hint_here_and_is_told(postgres_dsn: str) -> None:
    here, elsewhere, hint = Records(postgres_dsn), Records(postgres_dsn), Hint()
    following = asyncio.create_task(Following(postgres_dsn, hint, CHANNEL, "feed").run())
    assert await hint.wait(20), "does not listen"
    topics, stop = Topics(), asyncio.Event()
    register(here, Registration(firms=[Firm("f", "Fenglin")]))
    seen = topics.open(operator("f"), "firm:f").here
    stream = topics.subscribe(operator("f"), "firm:f", seen, beat_s=30)
    reader = FeedReader(here.feed, topics, hint)
    await reader.step()  # from here on
    reading, count = asyncio.create_task(reader.run(stop)), hint.count
    register(elsewhere, Registration(firms=[Firm("f", "Fenglin & Sons")]))
    assert await hint.wait(5, count), "the other process's commit is a hint"
    async with asyncio.timeout(10):
        news = await anext(stream)
    assert isinstance(news, News)
    assert b'"keys":["firm:f"]' in news.data
    stop.set()
    await reading
    following.cancel()
    await stream.aclose()
    topics.close()
    for records in (here, elsewhere):
        records.close()
