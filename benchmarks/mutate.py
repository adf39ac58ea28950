"""Batches spoiled at random, through the whole of ingest's judgement into a real log and real records.

`python -m benchmarks.mutate --count 1000000 --seed 1` takes valid payloads, changes bytes, structure or
values, judges each with `accept`, and stores as ingest does: in groups, quarantine first. In the end every
payload must be in the log (itself, or the clean part of it) or in quarantine, what is set aside of a batch
and what is taken must together be all of it, each value once, everything in the log must read back clean, and
nothing may have been raised. Prints the counts as JSON; exit 1 where one is nowhere, or in two places.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from pydantic_core import from_json

from benchmarks.holdings import holdings
from benchmarks.load import SITE, STREAM
from benchmarks.spoiled_batches import NOW_MS, TOPIC, payloads
from ingest import content
from ingest import judged as judging
from ingest.accept import Accepted, Refused, accept
from ingest.judged import Judged
from ingest.receive import Arrival
from store.engine import sqlite_url
from store.log.contract import Log
from store.log.sqlite import SqliteLog
from store.records.records import Records
from store.records.registry import Directory
from wire import batch as wire_batch
from wire import payload as wire_payload
from wire.topics import Topic

GROUP: Final = 512
#: One of the load's devices is not registered, so that some batches are taken in part.
_DIRECTORY: Final = Directory(devices={SITE: frozenset(f"meter-{number:02d}" for number in range(59))})


@dataclass
class Counts:
    """Each payload is in one of `logged`, `partly` (the clean part in the log, the rest in quarantine) and
    `quarantined`; `conflicts` are among the last; `twins` are payloads that came before byte for byte."""

    payloads: int = 0
    logged: int = 0
    partly: int = 0
    repeated: int = 0
    quarantined: int = 0
    conflicts: int = 0
    twins: int = 0
    lost: int = 0
    #: Batches of which a value is neither taken nor set aside, or both.
    unbalanced: int = 0
    unreadable_in_log: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


class Run:
    """Judges and stores group after group, and keeps count."""

    def __init__(self, log: Log, records: Records) -> None:
        self._log = log
        self._records = records
        self.counts = Counts()
        self._reasons: Counter[str] = Counter()

    def take(self, group: Sequence[tuple[Topic, bytes]]) -> None:
        """As `ingest.service` does, in one thread."""
        judged = [
            Judged(Arrival(topic, payload), NOW_MS, accept(topic, payload, NOW_MS, _DIRECTORY))
            for topic, payload in group
        ]
        self._quarantine(judged)
        accepted = [one for one in judged if isinstance(one.outcome, Accepted)]
        entries = [one.outcome.entry for one in accepted if isinstance(one.outcome, Accepted)]
        offsets = self._log.append(entries, NOW_MS)
        repeats = [one for one, offset in zip(accepted, offsets, strict=True) if offset is None]
        identities = [one.outcome.entry.identity for one in repeats if isinstance(one.outcome, Accepted)]
        conflicts = judging.conflicts(repeats, self._log.standing(identities))
        self._quarantine(conflicts)
        self._count(judged, len(repeats), len(conflicts))

    def _quarantine(self, judged: Sequence[Judged]) -> None:
        items = [item for one in judged if (item := judging.quarantined(one)) is not None]
        self._records.quarantine.add(items)
        self._reasons.update(item.reason for item in items)

    def _count(self, judged: Sequence[Judged], repeats: int, conflicts: int) -> None:
        counts = self.counts
        refused = sum(isinstance(one.outcome, Refused) for one in judged)
        partly = sum(isinstance(one.outcome, Accepted) and bool(one.outcome.set_aside) for one in judged)
        counts.payloads += len(judged)
        counts.partly += partly
        counts.repeated += repeats - conflicts
        counts.conflicts += conflicts
        counts.quarantined += refused + conflicts
        counts.logged += len(judged) - refused - repeats
        counts.reasons = dict(self._reasons)


def audit(log: Log, records: Records, count: int, seed: int) -> Iterator[str]:
    """ "lost", "unbalanced", "unreadable" or "twin", once for each payload or record that is that."""
    set_aside = set(_set_aside(records))
    seen: set[tuple[str, str]] = set()
    group: list[Accepted] = []
    for topic, payload in payloads(count, seed):
        if (key := (str(topic), wire_payload.digest(payload))) in seen:
            yield "twin"
            continue
        seen.add(key)
        outcome = accept(topic, payload, NOW_MS, _DIRECTORY)
        if isinstance(outcome, Refused):
            if key not in set_aside:
                yield "lost"
            continue
        if outcome.set_aside:
            if (str(topic), wire_payload.digest(outcome.rest)) not in set_aside:
                yield "lost"
            if not _is_balanced(payload, outcome):
                yield "unbalanced"
        if (str(topic), wire_payload.digest(outcome.entry.payload)) in set_aside:
            continue  # a conflict
        group.append(outcome)
        if len(group) == GROUP:
            yield from _not_in_log(log, group)
            group.clear()
    yield from _not_in_log(log, group)
    yield from _unreadable(log)


def _is_balanced(payload: bytes, outcome: Accepted) -> bool:
    whole, taken, rest = (
        holdings(from_json(wire_batch.CODEC.unpack(one)))
        for one in (payload, outcome.entry.payload, outcome.rest)
    )
    return whole == taken + rest


def _set_aside(records: Records) -> Iterator[tuple[str, str]]:
    after = 0
    while page := records.quarantine.items(1000, after):
        yield from ((item.topic, wire_payload.digest(item.payload)) for item in page)
        after = page[-1].id


def _not_in_log(log: Log, group: Sequence[Accepted]) -> Iterator[str]:
    """Those whose content stands nowhere in the log."""
    stand = [one.payload for one in log.standing([outcome.entry.identity for outcome in group])]
    for outcome, payload in zip(group, stand, strict=True):
        if payload is None:
            yield "lost"
            continue
        one, other = wire_batch.decode(outcome.entry.payload), wire_batch.decode(payload)
        if content.difference(one, other):
            yield "lost"


def _unreadable(log: Log) -> Iterator[str]:
    after = 0
    while page := log.read(after, 1000):
        for record in page:
            again = accept(TOPIC, record.entry.payload, NOW_MS, _DIRECTORY)
            if isinstance(again, Refused) or again.set_aside:
                yield "unreadable"
        after = page[-1].offset


def run(folder: Path, count: int, seed: int) -> Counts:
    """All of it, with the stores in `folder`."""
    started = time.monotonic()
    log, records = SqliteLog(folder / "log.db"), Records(sqlite_url(folder / "records.db"))
    work = Run(log, records)
    group: list[tuple[Topic, bytes]] = []
    for one in payloads(count, seed):
        group.append(one)
        if len(group) == GROUP:
            work.take(group)
            group = []
    work.take(group)
    found = Counter(audit(log, records, count, seed))
    counts = work.counts
    counts.lost, counts.unbalanced = found["lost"], found["unbalanced"]
    counts.unreadable_in_log, counts.twins = found["unreadable"], found["twin"]
    counts.seconds = round(time.monotonic() - started, 1)
    log.close()
    records.close()
    return counts


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutate", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plumbline-mutate-") as folder:
        counts = run(Path(folder), arguments.count, arguments.seed)
    print(json.dumps({"seed": arguments.seed, "stream": STREAM, **asdict(counts)}, indent=2))
    return 1 if counts.lost or counts.unbalanced or counts.unreadable_in_log else 0


if __name__ == "__main__":
    sys.exit(main())
