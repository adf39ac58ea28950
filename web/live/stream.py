"""Updates as server-sent events (html.spec.whatwg.org §9.2)."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Final

from fastapi.responses import StreamingResponse

from web.live.channel import Crowded, Update
from wire.durations import MINUTE_MS

#: Proxies cut a silent connection after 30 s or more; half of that keeps it.
HEARTBEAT_S: Final = 15.0
#: How long a browser waits before it comes back (ms).
RETRY_MS: Final = 2_000
#: The same of one whose seat others needed more.
CROWDED_RETRY_MS: Final = MINUTE_MS


def stream(changes: AsyncGenerator[Update | Crowded | None], clock: Callable[[], int]) -> StreamingResponse:
    """The response that goes on as long as `changes` does. `clock` gives UTC ms."""
    return StreamingResponse(
        _events(changes, clock), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


async def _events(
    changes: AsyncGenerator[Update | Crowded | None], clock: Callable[[], int]
) -> AsyncIterator[bytes]:
    """`snapshot`, then `figures`; `chart`: read again; `beat` while nothing changes."""
    yield f"retry: {RETRY_MS}\n\n".encode()
    async with contextlib.aclosing(changes):
        async for update in changes:
            if isinstance(update, Crowded):
                yield f"retry: {CROWDED_RETRY_MS}\nevent: crowded\ndata: {CROWDED_RETRY_MS}\n\n".encode()
            else:
                yield _beat(clock()) if update is None else _event(update, clock())


def _beat(now: int) -> bytes:
    """A comment for proxies, an event for the page: scripts see no comments, and must know the line holds."""
    return f': still here\nevent: beat\ndata: {{"now":{now}}}\n\n'.encode()


def _event(update: Update, now: int) -> bytes:
    data = {"now": now, "figures": [dataclasses.asdict(figure) for figure in update.figures]}
    name = "snapshot" if update.whole else "figures"
    text = f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n"
    if update.chart and not update.whole:
        text += f"id: {update.cursor}\n\nevent: chart\ndata: {{}}\n"
    return f"{text}id: {update.cursor}\n\n".encode()
