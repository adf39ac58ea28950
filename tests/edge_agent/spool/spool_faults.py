"""Run as a child with `failing_disk` preloaded: a spool whose n-th disk operation fails, for n = 1, 2, 3 ….

Each life of the spool is a process of its own that ends without closing the file, as after SIGKILL. Prints
one JSON object: how many operations a life without a fault has, how many lives there were, what was wrong.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from edge_agent.spool.contents import Sealed
from edge_agent.spool.errors import SpoolError
from edge_agent.spool.spool import Spool
from edge_agent.spool.streams import Streams
from wire.batch import Frame, decode

NOW_MS = 1_764_000_000_000
BOUND_BYTES = 1 << 20
ONE, FROM_THEN_ON, TORN = 0, 1, 2
DISK = ctypes.CDLL(None)


def arm(folder: Path, at: int, error: int, kind: int) -> None:
    """Make operation `at` (0: none) on files of `folder` fail."""
    DISK.disk_arm(str(folder).encode(), ctypes.c_long(at), error, kind)


def reading(counter: int) -> Frame:
    """A frame whose value is an increasing counter."""
    times = [NOW_MS + counter * 1000 + at for at in range(40)]
    return Frame(device="m", time=times, values={"active_energy_import": [float(counter)] * 40})


def live(folder: Path) -> dict[str, Any]:
    """One life: append, acknowledge, close (which checkpoints) and open again; go on after each failure.

    Returns what the caller was told.
    """
    told: dict[str, Any] = {"sealed": {}, "acknowledged": [], "failures": 0}
    spool = None
    for counter in range(1, 13):
        try:
            spool = spool or Spool.open(folder / "spool.db", BOUND_BYTES, NOW_MS)
            seq = spool.append([reading(counter)], [], NOW_MS + counter)
            told["sealed"].setdefault(str(seq), []).append(counter)
            if counter % 4 == 0:
                told["acknowledged"].append([seq - 2, seq])
                spool.acknowledge([(seq - 2, seq)])
            if counter % 5 == 0:
                spool.close()
                spool = None
        except SpoolError:
            told["failures"] += 1
    told["operations"] = DISK.disk_operations()
    return told


def in_a_process_of_its_own(folder: Path, at: int, error: int, kind: int) -> dict[str, Any]:
    """Fork, live, die without farewell."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            arm(folder, at, error, kind)
            os.write(write_end, json.dumps(live(folder)).encode())
        finally:
            os._exit(0)
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    told: dict[str, Any] = json.loads(text)
    return told


def wrongs(folder: Path, told: dict[str, Any]) -> list[str]:
    """What the next life finds that contradicts what the last one was told."""
    spool = Spool.open(folder / "spool.db", BOUND_BYTES, NOW_MS + 60_000)
    present = {batch.seq: counter_of(batch) for batch in spool.unsent(0, 1000)}
    found = [f"{path.name} appeared" for path in folder.glob("*.broken-*")]
    if any(batch.seq != number_of(batch, spool.streams) for batch in spool.unsent(0, 1000)):
        found.append("a stream was forgotten")
    for text, counters in told["sealed"].items():
        seq = int(text)
        if len(counters) > 1:
            found.append(f"seq {seq} was given twice")
        asked_to_forget = any(first <= seq <= last for first, last in told["acknowledged"])
        if not asked_to_forget and present.get(seq) != counters[0]:
            found.append(f"seq {seq}: {present.get(seq)} instead of {counters[0]}")
    following = spool.append([reading(99)], [], NOW_MS)
    if following <= max([*map(int, told["sealed"]), *present], default=0):
        found.append(f"seq {following} is given again")
    spool.close()
    return found


def number_of(batch: Sealed, streams: Streams) -> int | None:
    """The number in the spool by the name the batch has on the wire."""
    said = decode(batch.payload)
    numbers = streams.numbers(said.stream, [(said.seq, said.seq)]).pairs()
    return numbers[0][0] if numbers else None


def counter_of(batch: Sealed) -> int:
    """The counter in a sealed batch."""
    value = decode(batch.payload).frames[0].values["active_energy_import"][0]
    return int(value or 0)


def main() -> None:
    """Every n, with each kind of failure, until a life meets none."""
    lives, wrong, operations = 0, [], 0
    for error, kind in ((errno.EIO, ONE), (errno.ENOSPC, TORN), (errno.ENOSPC, FROM_THEN_ON)):
        at = 0
        while True:
            at += 1
            with tempfile.TemporaryDirectory(dir=sys.argv[1]) as name:
                folder = Path(name).resolve()
                told = in_a_process_of_its_own(folder, at, error, kind)
                lives += 1
                wrong += [f"n={at} {errno.errorcode[error]}/{kind}: {one}" for one in wrongs(folder, told)]
            if told["operations"] < at:
                operations = told["operations"]
                if told["failures"]:
                    wrong.append(f"n={at}: {told['failures']} failures without a fault")
                break
    print(json.dumps({"operations": operations, "lives": lives, "wrong": wrong}))


if __name__ == "__main__":
    main()
