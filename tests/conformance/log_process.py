"""A process of its own on a log: `python -m tests.conformance.log_process KIND ADDRESS FIRST LAST`.

It appends FIRST..LAST ten at a time and writes a line of the seqs it was given offsets for, once `append` has
returned.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from store.log.contract import Entry, Log
from store.log.postgresql import PostgresqlLog
from store.log.sqlite import SqliteLog

LOGS: Final[dict[str, Callable[[str], Log]]] = {
    "sqlite": lambda path: SqliteLog(Path(path)),
    "postgresql": PostgresqlLog,
}
STREAM: Final = "01K" + "P" * 23
SITE: Final = "of-processes"


def group(first: int) -> list[Entry]:
    """Ten batches of 3 kB."""
    return [Entry(SITE, "pi-1", STREAM, seq, b"%06d" % seq * 500) for seq in range(first, first + 10)]


def main(kind: str, address: str, first: str, last: str) -> None:
    """See the module."""
    log = LOGS[kind](address)
    for start in range(int(first), int(last) + 1, 10):
        entries = group(start)
        offsets = log.append(entries, 1)
        taken = [str(one.seq) for one, at in zip(entries, offsets, strict=True) if at is not None]
        print(*taken, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
