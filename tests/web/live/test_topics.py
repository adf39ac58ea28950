"""Topics: who is told what, how it is resumed, and from where it comes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from parts.supervisor import Supervisor
from store.log.hint import Hint
from store.records.access import Access, Denied, operator
from tests.registered import projects_in
from tests.web.services import services_over
from tests.web.site_day import PROJECTS, SITE, Stand, now_frames
from web.live.audience import Crowded, News, Stream
from web.live.seats import Seats
from web.live.topics import Topics
from web.live.versions import Seen

FIRM = "firm"
ALL = operator(FIRM)
FOREMAN = Access(FIRM, "member:foreman", {("site", "see"): "site"}, frozenset({SITE}), frozenset())


def said(news: News | Crowded | None) -> dict[str, Any]:
    assert isinstance(news, News)
    found: dict[str, Any] = json.loads(b"{%b}" % news.data)
    return found


async def next_of(stream: Stream) -> dict[str, Any]:
    async with asyncio.timeout(10):
        return said(await anext(stream))


def listen(topics: Topics, access: Access, name: str, seen: Seen | None) -> Stream:
    return topics.subscribe(access, name, seen, beat_s=30)


async def test_a_page_hears_what_changed_after_it_was_made() -> None:
    topics = Topics()
    made_at = topics.open(ALL, f"firm:{FIRM}").here
    stream = listen(topics, ALL, f"firm:{FIRM}", made_at)
    topics.change(FIRM, f"firm:{FIRM}", ["site:a", "site:b"])
    assert await next_of(stream) == {"whole": False, "keys": ["site:a", "site:b"]}
    await stream.aclose()


async def test_a_page_that_says_not_how_far_it_has_come_looks_at_everything() -> None:
    topics = Topics()
    topics.open(ALL, "site:a").change(["device:x"])
    assert await next_of(listen(topics, ALL, "site:a", None)) == {"whole": True, "keys": []}


async def test_who_sees_one_site_hears_of_no_other() -> None:
    topics = Topics()
    made_at = topics.open(FOREMAN, f"firm:{FIRM}").here
    stream = listen(topics, FOREMAN, f"firm:{FIRM}", made_at)
    topics.change(FIRM, f"firm:{FIRM}", [f"site:{SITE}", "site:elsewhere"])
    assert (await next_of(stream))["keys"] == [f"site:{SITE}"]


async def test_a_topic_of_the_same_name_is_another_one_in_another_firm() -> None:
    topics = Topics()
    ours = listen(topics, ALL, "project:p", topics.open(ALL, "project:p").here)
    theirs = operator("lvjia")
    made_at = topics.open(theirs, "project:p").here
    topics.change(FIRM, "project:p", ["link:1"])
    assert (await next_of(ours))["keys"] == ["link:1"]
    assert topics.open(theirs, "project:p").here == made_at


@pytest.mark.parametrize("name", ["site:elsewhere", "project:p", "firm:lvjia", "site:", "nothing", ""])
async def test_what_an_access_does_not_reach_it_cannot_listen_to(name: str) -> None:
    with pytest.raises(Denied):
        Topics().open(FOREMAN, name)


async def test_many_changes_are_told_together_and_each_key_once() -> None:
    topics = Topics()
    stream = listen(topics, ALL, "site:a", topics.open(ALL, "site:a").here)
    for _ in range(500):
        topics.change(FIRM, "site:a", ["readings"])
    assert await next_of(stream) == {"whole": False, "keys": ["readings"]}
    assert topics.open(ALL, "site:a").here.version == 1


async def test_what_is_told_to_many_is_encoded_once() -> None:
    topics = Topics()
    topic = topics.open(ALL, "site:a")
    made_at = topic.here
    streams = [listen(topics, ALL, "site:a", made_at) for _ in range(3)]
    topics.change(FIRM, "site:a", ["readings"])
    news = [await anext(stream) for stream in streams]
    assert news[0] is news[1] is news[2]


async def test_the_house_bounds_all_topics_together() -> None:
    topics = Topics(Seats(most=2, most_per_address=2))
    streams = [topics.subscribe(ALL, f"site:{n}", None, 30, "192.0.2.1") for n in range(3)]
    for stream in streams:
        await anext(stream)
    async with asyncio.timeout(10):
        assert isinstance(await anext(streams[0]), Crowded)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - over what no one tells
            await asyncio.sleep(0.02)


async def test_batches_of_the_log_and_rows_of_the_feed_are_heard(stand: Stand) -> None:
    projects_in(stand.records, PROJECTS)
    services = services_over(stand, hint=Hint())
    stop = asyncio.Event()
    running = asyncio.create_task(Supervisor(services.parts()).run(stop))
    topics = services.live.topics
    stream = listen(topics, ALL, f"site:{SITE}", topics.open(ALL, f"site:{SITE}").here)
    heard: set[str] = set()

    async def hear() -> None:
        async for news in stream:
            heard.update(said(news)["keys"])

    hearing = asyncio.create_task(hear())
    stand.append(now_frames(stand))
    await until(lambda: "readings" in heard)
    with stand.records.begin() as done:
        done.feed.say(FIRM, f"site:{SITE}", "device:meter-main", stand.clock())
    await until(lambda: "device:meter-main" in heard)
    stop.set()
    await running
    await hearing
