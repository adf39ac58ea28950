"""What stands in a log of batches, apart from what changed of who sends them."""

from __future__ import annotations

from store.log.contract import Log, Record

_EVERYTHING = 1_000_000


def batches(log: Log) -> list[Record]:
    """The batches of a log, in order."""
    return [record for record in log.read(0, _EVERYTHING) if record.entry.kind == "batch"]
