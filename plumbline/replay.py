"""`plumbline replay`: a recording goes through the real path, as an agent that had no link would send it."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge_agent.broker import Broker
from edge_agent.clock.clock import utc_ms
from edge_agent.gather.badges import PEPPER_BYTES
from edge_agent.link.status import spool_status
from edge_agent.link.uplink import Uplink
from edge_agent.recording.backfill import fill
from edge_agent.recording.reader import read_recording
from edge_agent.spool.spool import Spool
from edge_agent.spool.thread import SpoolThread
from edge_agent.tasks.together import Together, leaves
from store.threads import WRITING
from wire.status import Status

#: The spool of a replay is scratch: it may be as large as the recording.
_BOUND_MB: Final = 64 * 1024
_LOOK_EVERY_S: Final = 0.1


class ReplayError(Exception):
    """The recording was not taken in; the message says how far it came."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What went over the wire and was answered by a receipt."""

    readings: int
    batches: int
    refused: int


async def replay(
    recording: Path,
    site: str,
    agent: str,
    broker: Broker,
    pepper: bytes | None,
    patience_s: float,
    progress: Callable[[int, int], None],
) -> Replayed:
    """Send a recording as (site, agent) and wait for every receipt. Readings that are stored already change
    nothing. `progress(batches answered, batches)` is called as it goes.

    Badge numbers become pseudonyms by `pepper`, by one made up for this replay where it is None; those that
    are pseudonyms stay. Raises RecordingError, SpoolError; ReplayError when for `patience_s` nothing is
    answered.
    """
    with tempfile.TemporaryDirectory(prefix="plumbline-replay-") as folder:
        path = Path(folder) / "spool.db"
        hours = read_recording(recording)
        readings = await WRITING.run(
            fill, path, pepper or secrets.token_bytes(PEPPER_BYTES), hours, _BOUND_MB
        )
        spool = SpoolThread(Spool.open(path, _BOUND_MB << 20, utc_ms()))
        batches = spool.batches
        uplink = Uplink(site, agent, broker, spool, _status(spool), utc_ms)

        async def drained() -> None:
            try:
                await _drained(spool, batches, patience_s, progress)
            finally:
                uplink.stop()

        together = Together()
        together.start("uplink", uplink.run(), may_return=True)
        together.start("drained", drained(), may_return=True)
        try:
            await together.run()
        except BaseExceptionGroup as group:
            if (error := next((e for e in leaves(group) if isinstance(e, ReplayError)), None)) is not None:
                raise error from None
            raise
        finally:
            await spool.close()
        return Replayed(readings, batches, uplink.counters().refused)


def _status(spool: SpoolThread) -> Callable[[bool], Awaitable[Status]]:
    async def status(online: bool) -> Status:
        depth, _ = await spool.state()
        return Status(online=online, sent=utc_ms(), stream=spool.stream, spool=spool_status(depth))

    return status


async def _drained(
    spool: SpoolThread, batches: int, patience_s: float, progress: Callable[[int, int], None]
) -> None:
    loop = asyncio.get_running_loop()
    left, since_s = batches, loop.time()
    while spool.batches:
        if spool.batches != left:
            left, since_s = spool.batches, loop.time()
            progress(batches - left, batches)
        if loop.time() - since_s > patience_s:
            raise ReplayError(
                f"{left} of {batches} batches have no receipt after {patience_s:g} s of silence: is "
                "`plumbline serve` (or `ingest`) running, and may this account publish for this site?"
            )
        await asyncio.sleep(_LOOK_EVERY_S)
    progress(batches, batches)
