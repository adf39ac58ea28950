"""News as server-sent events (html.spec.whatwg.org §9.2)."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

from fastapi.responses import StreamingResponse

from web.live.audience import Crowded, News, Stream
from wire.durations import MINUTE_MS

#: Proxies cut a silent connection after 30 s or more; half of that keeps it.
HEARTBEAT_S: Final = 15.0
#: How long a browser waits before it comes back (ms).
RETRY_MS: Final = 2_000
#: The same of one whose seat others needed more.
CROWDED_RETRY_MS: Final = MINUTE_MS


def stream(changes: Stream, clock: Callable[[], int], longest_s: float = math.inf) -> StreamingResponse:
    """The response that goes on as long as `changes` does, `longest_s` at most. `clock` gives UTC ms."""
    headers = {"X-Accel-Buffering": "no"}
    events = _events(changes, clock, time.monotonic() + longest_s)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


async def _events(changes: Stream, clock: Callable[[], int], until_s: float) -> AsyncIterator[bytes]:
    """`snapshot`, then `figures`; `day`: read again; `changed`; `beat` while nothing is."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    async with contextlib.aclosing(changes):
        async for news in changes:
            if isinstance(news, Crowded):
                yield f"retry: {CROWDED_RETRY_MS}\nevent: crowded\ndata: {CROWDED_RETRY_MS}\n\n".encode()
            else:
                yield _beat(clock()) if news is None else _event(news, clock())
            if time.monotonic() >= until_s:
                return


def _beat(now: int) -> bytes:
    """A comment for proxies, an event for the page: scripts see no comments, and must know the line holds."""
    return f': still here\nevent: beat\ndata: {{"now":{now}}}\n\n'.encode()


def _event(news: News, now: int) -> bytes:
    """The server's time is put in here, where it is sent: the rest may have been encoded a while ago."""
    id_ = f"id: {news.seen}\n\n"
    also = "".join(f"event: {name}\ndata: {{}}\n{id_}" for name in news.also)
    return b'event: %b\ndata: {"now":%d,%b}\n%b' % (news.name.encode(), now, news.data, (id_ + also).encode())
