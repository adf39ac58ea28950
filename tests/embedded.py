"""The embedded broker as the cloud keeps it: started again when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from plumbline.embedded_broker import Credentials, EmbeddedBroker


@asynccontextmanager
async def kept(folder: Path, users: Mapping[str, Credentials]) -> AsyncIterator[EmbeddedBroker]:
    """At work for the length of an `async with`."""
    broker = EmbeddedBroker(folder, users)
    await broker.start()
    keeping = asyncio.create_task(broker.keep_running())
    try:
        yield broker
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await broker.stop()
