"""The spool's promise on a failing disk: what has a seq and no receipt is there; no seq comes twice."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge_agent.spool.spool import Spool
from tests.edge_agent.spool.spool_faults import BOUND_BYTES, NOW_MS, counter_of, number_of, reading

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.processes
def test_whichever_disk_operation_fails_nothing_promised_is_missing(
    failing_disk: Path, tmp_path: Path
) -> None:
    environment = {**os.environ, "LD_PRELOAD": str(failing_disk), "PYTHONPATH": str(ROOT)}
    program = Path(__file__).with_name("spool_faults.py")
    done = subprocess.run(
        [sys.executable, str(program), str(tmp_path)], env=environment, check=True, capture_output=True
    )
    verdict = json.loads(done.stdout)
    assert verdict["wrong"] == []
    assert verdict["operations"] > 50, "the shim must see the spool's writes"
    assert verdict["lives"] >= 3 * verdict["operations"]


def _crashed_spool(folder: Path, appended: int) -> Path:
    """A spool as SIGKILL leaves it: everything still in the write-ahead log."""
    live = folder / "live"
    spool = Spool.open(live / "spool.db", BOUND_BYTES, NOW_MS)
    for counter in range(1, appended + 1):
        spool.append([reading(counter)], [], NOW_MS)
    crashed = folder / "crashed"
    shutil.copytree(live, crashed)
    spool.close()
    return crashed


def test_a_write_ahead_log_cut_anywhere_still_opens_with_a_prefix(tmp_path: Path) -> None:
    crashed = _crashed_spool(tmp_path, appended=12)
    whole = (crashed / "spool.db-wal").read_bytes()
    found_lengths = set()
    for cut in [*range(0, len(whole), 512), len(whole)]:
        torn = tmp_path / "torn"
        shutil.copytree(crashed, torn)
        (torn / "spool.db-wal").write_bytes(whole[:cut])
        spool = Spool.open(torn / "spool.db", BOUND_BYTES, NOW_MS + 1)
        counters = [counter_of(batch) for batch in spool.unsent(0, 100)]
        assert counters == list(range(1, len(counters) + 1))
        assert spool.append([reading(99)], [], NOW_MS) == len(counters) + 1
        assert [number_of(one, spool.streams) for one in spool.unsent(0, 100)] == [
            *counters,
            len(counters) + 1,
        ]
        found_lengths.add(len(counters))
        spool.close()
        shutil.rmtree(torn)
    assert found_lengths == set(range(13)), "every number of whole batches is met by some cut"


def test_garbage_at_the_end_of_the_write_ahead_log_is_passed_over(tmp_path: Path) -> None:
    crashed = _crashed_spool(tmp_path, appended=3)
    with (crashed / "spool.db-wal").open("ab") as wal:
        wal.write(os.urandom(3000))
    spool = Spool.open(crashed / "spool.db", BOUND_BYTES, NOW_MS + 1)
    assert [number_of(one, spool.streams) for one in spool.unsent(0, 100)] == [1, 2, 3]
    assert [batch.seq for batch in spool.unsent(0, 100)] == [1, 2, 3]
    spool.close()
