"""A stream of staff is over with the session or the rights it was opened with."""

from __future__ import annotations

import contextlib
import time
from typing import Final

from store.errors import StoreError
from store.records.access import Access
from store.threads import PAGES
from web.access.gate import Gate
from web.access.principal import access_of
from web.live.audience import Stream

#: Who listens is looked up so often at most, and at each beat.
LOOK_EVERY_S: Final = 2.0
#: So often a stream without news wakes, and for so long at most goes on without its right.
BEAT_S: Final = 5.0


async def while_allowed(
    changes: Stream, gate: Gate, secret: str, access: Access, every_s: float = LOOK_EVERY_S
) -> Stream:
    """`changes`, as long as the session of `secret` comes to this access: with another one, page and stream
    are to be asked for anew."""
    looked_at = time.monotonic()
    async with contextlib.aclosing(changes):
        async for news in changes:
            if time.monotonic() - looked_at >= every_s:
                if not await _is_as_before(gate, secret, access):
                    return
                looked_at = time.monotonic()
            yield news


async def _is_as_before(gate: Gate, secret: str, access: Access) -> bool:
    try:
        member = await PAGES.run(gate.lookup, secret)
    except StoreError:
        return True  # not known for a moment; the stream's own end is near
    return member is not None and access_of(member) == access
