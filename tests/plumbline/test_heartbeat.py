"""A process without pages says that it is well; one that hangs or died says nothing."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path

from parts.vitals import Vitals
from plumbline.heartbeat import STALE_S, Heartbeat, fresh_beats
from tests.servers import wait_until


async def test_it_beats_while_it_runs_and_leaves_nothing_behind(tmp_path: Path) -> None:
    stop, vitals = asyncio.Event(), lambda: Vitals(["log"], {"receipts": {"appended": 7}})
    beat = asyncio.create_task(Heartbeat(tmp_path, "ingest", vitals).run(stop))
    await asyncio.to_thread(wait_until, lambda: bool(fresh_beats(tmp_path, "ingest")), what="a beat")
    (said,) = fresh_beats(tmp_path, "ingest").values()
    assert (said["failing"], said["parts"]["receipts"]["appended"]) == (["log"], 7)
    assert fresh_beats(tmp_path, "analytics") == {}
    stop.set()
    await beat
    assert not any(os.scandir(tmp_path))


def test_an_old_beat_is_none_and_that_of_a_dead_process_goes(tmp_path: Path) -> None:
    hangs, dead = tmp_path / f"ingest-{os.getpid()}.json", tmp_path / "ingest-4194304.json"
    for path in (hangs, dead):
        path.write_text(json.dumps({"time_ms": 0}))
        os.utime(path, (time.time() - 2 * STALE_S,) * 2)
    assert fresh_beats(tmp_path, "ingest") == {}
    assert hangs.exists()
    assert not dead.exists()
