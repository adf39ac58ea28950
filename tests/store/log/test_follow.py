"""Hints between processes."""

from __future__ import annotations

import asyncio

from benchmarks.servers import Postgres
from store.log.contract import Entry
from store.log.follow import Following
from store.log.hint import Hint
from store.log.postgresql import PostgresqlLog

STREAM = "01K" + "A" * 23


async def listening(hint: Hint, since: int = 0) -> int:
    """Until it listens (which is a hint of its own); the count then."""
    assert await hint.wait(20, since), "does not listen"
    return hint.count


async def test_an_append_elsewhere_is_a_hint_here(postgres_dsn: str) -> None:
    hint = Hint()
    following = asyncio.create_task(Following(postgres_dsn, hint).run())
    count = await listening(hint)
    log = PostgresqlLog(postgres_dsn)
    await asyncio.to_thread(log.append, [Entry("s", "a", STREAM, 1, b"1")], 1)
    assert await hint.wait(5, count)
    assert len(log.read(0, 10)) == 1, "with the hint, what it is about can be read"
    following.cancel()
    log.close()


async def test_what_was_there_already_is_no_news(postgres_dsn: str) -> None:
    log = PostgresqlLog(postgres_dsn)
    log.append([Entry("s", "a", STREAM, 1, b"1")], 1)
    hint = Hint()
    following = asyncio.create_task(Following(postgres_dsn, hint).run())
    count = await listening(hint)
    await asyncio.to_thread(log.append, [Entry("s", "a", STREAM, 1, b"1")], 1)
    await asyncio.to_thread(log.append, [Entry("s", "a", STREAM, 2, b"2")], 1)
    assert await hint.wait(5, count)
    assert hint.count == count + 1
    following.cancel()
    log.close()


async def test_it_listens_again_after_the_server_was_away(
    postgres_dsn: str, postgres_cluster: Postgres
) -> None:
    hint = Hint()
    following = asyncio.create_task(Following(postgres_dsn, hint).run())
    count = await listening(hint)
    await asyncio.to_thread(postgres_cluster.stop)
    await asyncio.to_thread(postgres_cluster.start)
    count = await listening(hint, count)
    log = PostgresqlLog(postgres_dsn)
    await asyncio.to_thread(log.append, [Entry("s", "a", STREAM, 1, b"1")], 1)
    assert await hint.wait(5, count)
    following.cancel()
    log.close()
